// The step under its own name, with its own parameters: see promoteModel.txt
def call(Map args = [:]) {
    return steps.promoteModel(args)
}
