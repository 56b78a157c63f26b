// The step under its own name, with its own parameters: see trainAndPublishModel.txt
def call(Map args = [:]) {
    return steps.trainAndPublishModel(args)
}
