// A service repository's whole Jenkinsfile: see servicePipeline.txt
def call(Map args = [:]) {
    def own = ['agent', 'triggers', 'notify']
    def deployKeys = pipelineKeys.deploy() - ['image']
    pipelineKeys.check('servicePipeline', args, own + pipelineKeys.build() + deployKeys)
    pipelineKeys.require('servicePipeline', args, ['repository', 'cluster', 'service'])
    pipelineKeys.hook('servicePipeline', args.notify)
    declare(args)

    def target = pipelineKeys.only(args, deployKeys)
    def image = null
    def deployed = null
    def model = args.model
    if (model != null && params.MODEL != null && params.MODEL != '') {
        model = params.MODEL
    }
    if (model != null) {
        target.model = model
    }
    try {
        node(args.agent == null ? '' : args.agent) {
            stage('Checkout') {
                checkout scm
            }
            stage('Build image') {
                def build = pipelineKeys.only(args, pipelineKeys.build())
                if (model != null) {
                    build.model = model
                }
                image = steps.buildServingImage(build)
                currentBuild.description = "${image.repository}:${image.tag}".toString()
            }
            if (args.spec != null && params.DEPLOY) {
                // the spec is a file of the workspace
                deployed = deploy(target, image)
            }
        }
        if (args.spec == null && params.DEPLOY) {
            // a deployment needs no executor
            deployed = deploy(target, image)
        }
        deployed = pipelineDecision.ask(target, deployed)
    } catch (Exception e) {
        tell(args.notify, "${env.JOB_NAME} ${currentBuild.displayName} failed: ${e.message}".toString())
        throw e
    }
    tell(args.notify, "${env.JOB_NAME} ${currentBuild.displayName} built ${currentBuild.description}".toString())
    return [image: image, deployment: deployed]
}

// The build's parameters: another model, or no deployment. MODEL is empty unless somebody fills it
// in: a default would still be the last Jenkinsfile's in the build that a push of a new one starts.
void declare(Map args) {
    def declared = []
    if (args.model != null) {
        declared.add(string(name: 'MODEL', defaultValue: '', trim: true,
            description: "name@alias or name@version; empty: ${args.model}, as in the Jenkinsfile".toString()))
    }
    declared.add(booleanParam(name: 'DEPLOY', defaultValue: true, description: 'Roll the service onto the image'))
    def all = [parameters(declared)]
    if (args.triggers != null) {
        all.add(pipelineTriggers(args.triggers))
    }
    properties(all)
}

def deploy(Map target, Map image) {
    def deployed = null
    stage('Deploy') {
        deployed = steps.deployToEcs(target + [image: image.reference])
    }
    return deployed
}

void tell(hook, String message) {
    if (hook != null) {
        hook(message)
    }
}
