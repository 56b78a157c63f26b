// A model repository's whole Jenkinsfile: see modelPipeline.txt
def call(Map args = [:]) {
    def own = ['agent', 'deploy', 'triggers', 'notify']
    pipelineKeys.check('modelPipeline', args, own + pipelineKeys.publish())
    pipelineKeys.require('modelPipeline', args, ['name'])
    pipelineKeys.hook('modelPipeline', args.notify)
    def targets = []
    if (args.deploy instanceof List) {
        targets = args.deploy
    } else if (args.deploy != null) {
        targets = [args.deploy]
    }
    for (each in targets) {
        def target = pipelineKeys.map('modelPipeline', 'deploy', each, "[cluster: 'demo', service: 'iris'], or a list of such maps")
        pipelineKeys.check('modelPipeline: deploy', target, pipelineKeys.deploy() - ['spec'])
        pipelineKeys.require('modelPipeline: deploy', target, ['cluster', 'service'])
    }
    def training = args.params == null ? [:] : pipelineKeys.map('modelPipeline', 'params', args.params, '[DEPTH: 3]')
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
        def aliased = args.alias != []
        if (aliased && published.aliases.isEmpty()) {
            echo "a newer build has moved the aliases of ${published.name}: its model is the one to deploy"
        } else if (!targets.isEmpty() && params.DEPLOY) {
            stage('Deploy') {
                for (target in targets) {
                    def whole = pipelineKeys.only(args, pipelineKeys.common()) + target
                    def deployed = pipelineDecision.ask(whole, deploy(whole, published, aliased))
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

// Each training parameter is a build parameter, so that a build can try another value. It is empty
// unless somebody fills it in: a default would still be the last Jenkinsfile's in the build that a
// push of a new one starts.
void declare(Map training, List targets, triggers) {
    def declared = []
    for (name in training.keySet()) {
        declared.add(string(name: name, defaultValue: '', trim: true,
            description: "empty: ${training[name]}, as in the Jenkinsfile".toString()))
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

// A value that the build doesn't set is the Jenkinsfile's, and keeps its type
Map chosen(Map training) {
    def values = [:]
    for (name in training.keySet()) {
        def given = params[name] == null ? '' : params[name].toString()
        values[name] = given == '' ? training[name] : given
    }
    return values
}

// Rolls one service onto the published model; null if there is no such service yet
def deploy(Map target, Map published, aliased) {
    def selector = aliased ? published.aliases[0] : published.version
    def model = "${published.name}@${selector}".toString()
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
