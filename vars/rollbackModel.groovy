// The step under its own name, with its own parameters: see rollbackModel.txt
def call(Map args = [:]) {
    return steps.rollbackModel(args)
}
