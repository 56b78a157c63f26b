// The step under its own name, with its own parameters: see buildServingImage.txt
def call(Map args = [:]) {
    return steps.buildServingImage(args)
}
