// The step under its own name, with its own parameters: see rollbackEcs.txt
def call(Map args = [:]) {
    return steps.rollbackEcs(args)
}
