// Asks somebody about a deployment that paused, and goes on with it: see pipelineDecision.txt
def ask(Map target, Map deployed) {
    def answer = deployed
    while (answer != null && answer.state == 'PAUSED') {
        answer = decided(target, answer)
    }
    return answer
}

def decided(Map target, Map paused) {
    def again = pipelineKeys.only(target, pipelineKeys.deploy() - ['spec', 'runTask'])
    again.resume = paused.deploymentId
    again.decision = 'continue'
    try {
        input(id: 'Rollout', ok: 'Continue',
            message: "${target.cluster}/${target.service} is paused. Continue? Abort sends it back.".toString())
    } catch (Exception e) {
        if (target.onAbort == 'leave') {
            throw e
        }
        again.decision = 'rollback'
        try {
            steps.deployToEcs(again)
        } catch (Exception back) {
            // a deployment that goes back has failed, but it was somebody's will
            echo back.message
        }
        throw e
    }
    return steps.deployToEcs(again)
}
