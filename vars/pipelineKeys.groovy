// What modelPipeline and servicePipeline take, and which step each argument goes to: see pipelineKeys.txt

List common() {
    return ['bucket', 'prefix', 'region', 'credentialsId', 'roleArn', 'externalId', 'endpoint']
}

List publish() {
    return ['name', 'train', 'artifact', 'metrics', 'params', 'requirements', 'python', 'pipCredentialsId', 'alias', 'gates',
            'scan', 'keep', 'kmsKeyId', 'tags', 'storageClass'] + common()
}

List build() {
    return ['repository', 'registry', 'registryCredentialsId', 'app', 'include', 'requirements', 'model', 'pipCredentialsId',
            'allow', 'base', 'platforms', 'dockerfile', 'buildArgs', 'tags', 'labels', 'port', 'sbom', 'signingCredentialsId',
            'failOn', 'immutable', 'createRepository'] + common()
}

List deploy() {
    return ['cluster', 'service', 'image', 'model', 'pinModel', 'container', 'env', 'secrets', 'taskRoleArn',
            'executionRoleArn', 'readiness', 'allow', 'modelEndpoint', 'desiredCount', 'minimumHealthyPercent',
            'maximumPercent', 'strategy', 'force', 'dryRun', 'spec', 'runTask', 'keep', 'timeoutMinutes', 'rollback',
            'onAbort', 'onBusy', 'onPause', 'resume', 'decision', 'verify'] + common()
}

// The arguments that are among the keys
Map only(Map args, List keys) {
    def kept = [:]
    for (name in args.keySet()) {
        if (keys.contains(name)) {
            kept[name] = args[name]
        }
    }
    return kept
}

// Ends the build if an argument has another name, before anything is done
void check(String pipeline, Map args, List known) {
    for (name in args.keySet()) {
        if (!known.contains(name)) {
            def near = nearest(name.toString(), known)
            def hint = near == null ? "it takes ${known.join(', ')}" : "did you mean '${near}'?"
            error("${pipeline}: no parameter '${name}'; ${hint}")
        }
    }
}

// Ends the build if one of the arguments is missing, before anything is done
void require(String pipeline, Map args, List required) {
    for (name in required) {
        if (args[name] == null || args[name] == '') {
            error("${pipeline}: '${name}' is missing")
        }
    }
}

// The value if it is a map; else ends the build, before anything is done
Map map(String pipeline, String name, value, String example) {
    if (!(value instanceof Map)) {
        error("${pipeline}: '${name}' is '${value}', but should be a map, as ${example}")
    }
    return value
}

// Ends the build if 'notify' isn't something to call, before anything is done
void hook(String pipeline, value) {
    if (value != null && !(value instanceof Closure)) {
        error("${pipeline}: 'notify' is '${value}', but should be a closure, as { message -> echo message }")
    }
}

// The known name with the smallest edit distance, if it is near enough to be a slip
@NonCPS
String nearest(String name, List known) {
    String best = null
    int least = name.length() > 8 ? 4 : 3
    for (String candidate : known) {
        int distance = distance(name.toLowerCase(), candidate.toLowerCase())
        if (distance < least) {
            least = distance
            best = candidate
        }
    }
    return best
}

@NonCPS
int distance(String a, String b) {
    List row = []
    for (int j = 0; j <= b.length(); j++) {
        row.add(j)
    }
    for (int i = 1; i <= a.length(); i++) {
        int diagonal = row[0]
        row[0] = i
        for (int j = 1; j <= b.length(); j++) {
            int above = row[j]
            int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1)
            row[j] = Math.min(changed, 1 + Math.min(above, row[j - 1]))
            diagonal = above
        }
    }
    return row[b.length()]
}
