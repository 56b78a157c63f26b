// The step under its own name, with its own parameters: see deployToEcs.txt
def call(Map args = [:]) {
    return steps.deployToEcs(args)
}
