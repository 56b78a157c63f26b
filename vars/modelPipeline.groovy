// A model repository's whole Jenkinsfile: see modelPipeline.txt
def call(Map args = [:]) {
    def own = ['agent', 'deploy', 'triggers', 'notify']
    pipelineKeys.check('modelPipeline', args, own + pipelineKeys.publish())
    def targets = []
    if (args.deploy instanceof List) {
        targets = args.deploy
    } else if (args.deploy != null) {
        targets = [args.deploy]
    }
    for (target in targets) {
        pipelineKeys.check('modelPipeline: deploy', target, pipelineKeys.deploy() - ['spec'])
    }
    def training = args.params == null ? [:] : args.params
    declare(training, targets, args.triggers)

    def published = null
    def deployments = []
    try {
        node(args.agent == null ? '' : args.agent) {
            stage('Checkout') {
                checkout scm
            }
            stage('Train and publish') {
                def publish = pipelineKeys.only(args, pipelineKeys.publish())
                publish.params = chosen(training)
                published = steps.trainAndPublishModel(publish)
                currentBuild.description = "${published.name} ${published.version}".toString()
            }
        }
        if (!targets.isEmpty() && params.DEPLOY) {
            stage('Deploy') {
                for (target in targets) {
                    def deployed = deploy(pipelineKeys.only(args, pipelineKeys.common()) + target, published)
                    if (deployed != null) {
                        deployments.add(deployed)
                    }
                }
            }
        }
    } catch (Exception e) {
        tell(args.notify, "${env.JOB_NAME} ${currentBuild.displayName} failed: ${e.message}".toString())
        throw e
    }
    tell(args.notify, "${env.JOB_NAME} ${currentBuild.displayName} published ${currentBuild.description}".toString())
    return [model: published, deployments: deployments]
}

// Each training parameter is a build parameter, so that a build can try another value
void declare(Map training, List targets, triggers) {
    def declared = []
    for (name in training.keySet()) {
        if (training[name] instanceof Boolean) {
            declared.add(booleanParam(name: name, defaultValue: training[name]))
        } else {
            declared.add(string(name: name, defaultValue: training[name].toString(), trim: true))
        }
    }
    if (!targets.isEmpty()) {
        declared.add(booleanParam(name: 'DEPLOY', defaultValue: true, description: 'Roll the services onto the model'))
    }
    def all = []
    if (!declared.isEmpty()) {
        all.add(parameters(declared))
    }
    if (triggers != null) {
        all.add(pipelineTriggers(triggers))
    }
    if (!all.isEmpty()) {
        properties(all)
    }
}

// A value that the build didn't change keeps its type
Map chosen(Map training) {
    def values = [:]
    for (name in training.keySet()) {
        def same = params[name] == null || params[name].toString() == training[name].toString()
        values[name] = same ? training[name] : params[name]
    }
    return values
}

// Rolls one service onto the published model; null if there is no such service yet
def deploy(Map target, Map published) {
    def alias = published.aliases.isEmpty() ? published.version : published.aliases[0]
    def model = "${published.name}@${alias}".toString()
    def deployed = null
    try {
        deployed = steps.deployToEcs([model: model] + target)
    } catch (Exception e) {
        if (e.message == null || !e.message.startsWith('service not found:')) {
            throw e
        }
        echo "no service ${target.cluster}/${target.service} yet: the model is published; push the service repo to deploy it"
    }
    return deployed
}

void tell(hook, String message) {
    if (hook != null) {
        hook(message)
    }
}
