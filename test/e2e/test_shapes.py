"""The local cloud's answers against AWS's models of its APIs (shapes.py), for every action that it has."""

import hashlib
import http.client
import json
import socket
import time
import urllib.parse
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import QueryParser

from shapes import Answers

SERVICES = ["ecs", "ecr", "elbv2", "logs", "cloudwatch", "ec2", "sts", "secretsmanager", "ssm"]
NO_SUCH_ACTION = ("UnknownOperationException", "InvalidAction")

# What AWS's query services answer without having it in their models (their "common errors")
COMMON = {"ValidationError", "ValidationException", "SerializationException"}


@pytest.fixture(scope="module")
def answers():
    return Answers()


@pytest.fixture(scope="module")
def clients(cloud, answers):
    return {name: answers.watch(cloud.client(name)) for name in SERVICES}


@pytest.fixture(scope="module")
def name(cloud):
    name = f"shapes-{uuid.uuid4().hex[:8]}"
    yield name
    cloud.remove_service("demo", name)


@pytest.fixture(scope="module")
def implemented(cloud, clients):
    """Calls each action with nothing in it; the error codes of those that the cloud has."""
    found = {}
    for service, client in clients.items():
        model = client.meta.service_model
        with Wire(cloud, model) as wire:
            for action in model.operation_names:
                if service == "ec2" and not action.endswith(("Vpcs", "Subnets", "SecurityGroups")):
                    continue  # of its 800 actions only the network's are of interest
                status, code = wire.call(action)
                assert status != 500, f"{service}:{action} with an empty request is a server error"
                if code not in NO_SUCH_ACTION:
                    found[service, action] = code
    return found


class Wire:
    """An API over one connection, without a client that would refuse what a model does not allow."""

    def __init__(self, cloud, model):
        self.model, self.cloud = model, cloud
        self.query = set(model.metadata["protocols"]) & {"query", "ec2"} and not model.metadata.get("targetPrefix")

    def __enter__(self):
        self.connection = http.client.HTTPConnection(self.cloud.env["AWS_ENDPOINT_URL"].removeprefix("http://"))
        return self

    def __exit__(self, *error):
        self.connection.close()

    def call(self, action, body="{}"):
        """Answers the HTTP status and the error code, if it is an error."""
        scope = f"{self.cloud.env['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/{self.model.signing_name}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        if self.query:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode({"Action": action, "Version": self.model.api_version})
        else:
            headers["Content-Type"] = "application/x-amz-json-1.1"
            headers["X-Amz-Target"] = f"{self.model.metadata['targetPrefix']}.{action}"
        self.connection.request("POST", "/", body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status < 300:
            return answer.status, None
        code = text.partition("<Code>")[2].partition("<")[0] if self.query else json.loads(text)["__type"]
        return answer.status, code


def errors_of(client, action):
    shapes = client.meta.service_model.operation_model(action).error_shapes
    return {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes} | {s.name for s in shapes}


def code_of(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def exercised(cloud, clients, name):
    """Calls each action so that its answer has as much in it as it can have."""
    exercise_repositories(clients["ecr"], cloud, name)
    exercise_alarms(clients["cloudwatch"], name)
    exercise_secrets(clients["secretsmanager"], clients["ssm"], name)
    clients["sts"].get_caller_identity()
    clients["sts"].assume_role(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session")
    exercise_network(clients["ec2"])
    exercise_balancers(clients["elbv2"], name)
    exercise_tasks(cloud, clients["ecs"], clients["logs"], name)
    exercise_services(cloud, clients["ecs"], clients["elbv2"], name)
    exercise_logs(clients["logs"], name)


def exercise_repositories(ecr, cloud, name):
    tags = [{"Key": "a", "Value": "b"}]
    arn = ecr.create_repository(repositoryName=name, tags=tags)["repository"]["repositoryArn"]
    push_image(cloud, ecr, name)
    image = {"imageTag": "v1"}
    missing = {"imageTag": "none"}
    ecr.get_authorization_token()
    ecr.describe_repositories(repositoryNames=[name])
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    ecr.list_images(repositoryName=name)
    ecr.start_image_scan(repositoryName=name, imageId=image)
    ecr.describe_image_scan_findings(repositoryName=name, imageId=image)
    detail = ecr.describe_images(repositoryName=name)["imageDetails"][0]
    assert detail["imageTags"] == ["v1"]
    manifest = ecr.batch_get_image(repositoryName=name, imageIds=[image, missing])["images"][0]["imageManifest"]
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="other")
    ecr.batch_check_layer_availability(repositoryName=name, layerDigests=["sha256:" + "0" * 64, detail["imageDigest"]])
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [], "note": "x" * 100}))
    ecr.get_lifecycle_policy(repositoryName=name)
    ecr.delete_lifecycle_policy(repositoryName=name)
    ecr.set_repository_policy(repositoryName=name, policyText="{}")
    ecr.get_repository_policy(repositoryName=name)
    ecr.delete_repository_policy(repositoryName=name)
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "c", "Value": "d"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "c", "Value": "d"}]
    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[image, missing])
    assert [f["failureCode"] for f in gone["failures"]] == ["ImageNotFound"]
    ecr.delete_repository(repositoryName=name)


def push_image(cloud, ecr, name):
    """The smallest image, pushed as docker does."""
    login = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    headers = {"Authorization": "Basic " + login}
    registry = http.client.HTTPConnection(cloud.env["REGISTRY"])

    def send(method, path, body, kind):
        registry.request(method, path, body, {**headers, "Content-Type": kind})
        answer = registry.getresponse()
        answer.read()
        assert answer.status in (201, 202), f"{method} {path}: {answer.status}"
        return answer.headers.get("Location", "")

    def blob(content, kind):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        at = urllib.parse.urlsplit(send("POST", f"/v2/{name}/blobs/uploads/", b"", "application/octet-stream"))
        send("PUT", f"{at.path}?{at.query}&digest={digest}", content, "application/octet-stream")
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    kind = "application/vnd.oci.image."
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind + "manifest.v1+json",
        "config": blob(b"{}", kind + "config.v1+json"),
        "layers": [blob(b"layer", kind + "layer.v1.tar")],
    }
    send("PUT", f"/v2/{name}/manifests/v1", json.dumps(manifest).encode(), manifest["mediaType"])
    registry.close()


def exercise_alarms(cloudwatch, name):
    cloudwatch.put_metric_alarm(
        AlarmName=name, MetricName="errors", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1.5, ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "service", "Value": name}],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert alarm["StateValue"] == "ALARM" and alarm["Threshold"] == 1.5
    cloudwatch.delete_alarms(AlarmNames=[name])


def exercise_secrets(secrets, ssm, name):
    secrets.create_secret(Name=name, SecretString="one", Tags=[{"Key": "a", "Value": "b"}], Description="d")
    second = secrets.put_secret_value(SecretId=name, SecretBinary=b"two")["VersionId"]
    current = secrets.get_secret_value(SecretId=name)
    assert current["SecretBinary"] == b"two" and current["VersionStages"] == ["AWSCURRENT"]
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=name, VersionId=second)["SecretBinary"] == b"two"
    secrets.update_secret(SecretId=name, Description="e", SecretString="three")
    stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    assert sorted(stages.values()) == [["AWSCURRENT"], ["AWSPREVIOUS"]]
    assert second in stages and stages[second] == ["AWSPREVIOUS"]
    secrets.list_secret_version_ids(SecretId=name)
    secrets.list_secrets()
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    parameter = f"/{name}/p"
    ssm.put_parameter(Name=parameter, Value="v", Type="SecureString")
    ssm.get_parameter(Name=parameter, WithDecryption=True)
    assert ssm.get_parameters(Names=[parameter, "/none"])["InvalidParameters"] == ["/none"]
    assert len(ssm.get_parameters_by_path(Path=f"/{name}", Recursive=True)["Parameters"]) == 1
    ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [parameter]}])
    ssm.delete_parameter(Name=parameter)


def exercise_network(ec2):
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) >= 2
    assert ec2.describe_subnets(SubnetIds=[subnets[0]["SubnetId"]])["Subnets"] == subnets[:1]
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])
    assert groups["SecurityGroups"][0]["VpcId"] == vpc
    assert code_of(ec2.describe_vpcs, VpcIds=["vpc-0000"]) == "InvalidVpcID.NotFound"


def exercise_balancers(elb, name):
    arn = elb.create_load_balancer(Name=name, Subnets=["subnet-local"])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.describe_load_balancers(Names=[name])
    idle = [{"Key": "idle_timeout.timeout_seconds", "Value": "90"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=idle)
    assert idle[0] in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    groups = [
        elb.create_target_group(Name=f"{name}-{i}", Port=80, Protocol="HTTP", TargetType="ip", VpcId="vpc-local")
        ["TargetGroups"][0]["TargetGroupArn"]
        for i in "ab"
    ]
    elb.describe_target_groups(Names=[f"{name}-a"])
    elb.modify_target_group(TargetGroupArn=groups[0], HealthCheckPath="/x")
    elb.modify_target_group_attributes(
        TargetGroupArn=groups[0], Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
    )
    elb.describe_target_group_attributes(TargetGroupArn=groups[0])
    forward = [{"Type": "forward", "TargetGroupArn": groups[0]}]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=free_port(), DefaultActions=forward)
    listener = listener["Listeners"][0]["ListenerArn"]
    elb.describe_listeners(LoadBalancerArn=arn)
    elb.modify_listener(ListenerArn=listener, DefaultActions=forward)
    paths = [{"Field": "path-pattern", "Values": ["/a*"]}]
    rules = [
        elb.create_rule(ListenerArn=listener, Priority=i, Conditions=paths, Actions=forward)["Rules"][0]["RuleArn"]
        for i in (1, 2)
    ]
    elb.describe_rules(ListenerArn=listener)
    elb.modify_rule(RuleArn=rules[0], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": groups[0], "Weight": 1}, {"TargetGroupArn": groups[1], "Weight": 3}]}}])
    elb.modify_rule(RuleArn=rules[1], Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rules[0], "Priority": 2}, {"RuleArn": rules[1], "Priority": 1}])
    before = elb.describe_rules(ListenerArn=listener)["Rules"]
    taken = [{"RuleArn": rules[0], "Priority": 5}, {"RuleArn": rules[1], "Priority": 5}]
    assert code_of(elb.set_rule_priorities, RulePriorities=taken) == "PriorityInUse"
    assert elb.describe_rules(ListenerArn=listener)["Rules"] == before
    elb.register_targets(TargetGroupArn=groups[0], Targets=[{"Id": "127.0.0.1", "Port": 1}])
    elb.describe_target_health(TargetGroupArn=groups[0])
    elb.describe_target_health(TargetGroupArn=groups[0], Targets=[{"Id": "127.0.0.9", "Port": 9}])
    elb.deregister_targets(TargetGroupArn=groups[0], Targets=[{"Id": "127.0.0.1", "Port": 1}])
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "b"}])
    elb.describe_tags(ResourceArns=[arn, groups[0]])
    elb.remove_tags(ResourceArns=[arn], TagKeys=["a"])
    elb.delete_rule(RuleArn=rules[0])
    elb.delete_listener(ListenerArn=listener)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    for group in groups:
        elb.delete_target_group(TargetGroupArn=group)


def definition(cloud, name):
    return {
        "family": name,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
        "taskRoleArn": "arn:aws:iam::000000000000:role/task",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [{
            "name": "app",
            "image": cloud.env["BASE_IMAGE"],
            "command": ["sh", "-c", "echo one; echo two; echo three; sleep 600"],
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "A", "value": "b"}],
            "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 5, "startPeriod": 10},
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": name, "awslogs-stream-prefix": "p", "awslogs-region": "us-east-1"}},
            "stopTimeout": 2,
        }],
        "tags": [{"key": "a", "value": "b"}],
    }


NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-local"], "assignPublicIp": "DISABLED"}}


def exercise_tasks(cloud, ecs, logs, name):
    logs.create_log_group(logGroupName=name)
    made = [ecs.register_task_definition(**definition(cloud, name))["taskDefinition"]["taskDefinitionArn"]
            for _ in range(3)]
    ecs.describe_task_definition(taskDefinition=made[0], include=["TAGS"])
    listed = ecs.list_task_definitions(familyPrefix=name, sort="DESC")["taskDefinitionArns"]
    assert listed == made[::-1]
    ecs.list_task_definition_families(familyPrefix=name)
    ecs.deregister_task_definition(taskDefinition=made[2])
    deleted = ecs.delete_task_definitions(taskDefinitions=[made[2], made[0], f"{name}:99"])
    assert [f["reason"] for f in deleted["failures"]] == ["INVALID", "MISSING"]
    ecs.create_cluster(clusterName=name, tags=[{"key": "a", "value": "b"}])
    ecs.describe_clusters(clusters=[name, "none"], include=["TAGS"])
    ecs.list_clusters()
    ecs.delete_cluster(cluster=name)
    run = ecs.run_task(
        cluster="demo", taskDefinition=name, launchType="FARGATE", networkConfiguration=NETWORK, startedBy="shapes",
        overrides={"containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": "c"}]}]},
        tags=[{"key": "a", "value": "b"}],
    )
    task = run["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_running").wait(cluster="demo", tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    ecs.describe_tasks(cluster="demo", tasks=[task, "0" * 32], include=["TAGS"])
    assert ecs.list_tasks(cluster="demo", startedBy="shapes")["taskArns"] == [task]
    ecs.tag_resource(resourceArn=task, tags=[{"key": "c", "value": "d"}])
    ecs.untag_resource(resourceArn=task, tagKeys=["a"])
    assert ecs.list_tags_for_resource(resourceArn=task)["tags"] == [{"key": "c", "value": "d"}]
    ecs.stop_task(cluster="demo", task=task, reason="seen")
    ecs.get_waiter("tasks_stopped").wait(cluster="demo", tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    stopped = ecs.describe_tasks(cluster="demo", tasks=[task])["tasks"][0]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "seen")


def exercise_services(cloud, ecs, elb, name):
    """Without a task: those are looked at already."""
    balancer = elb.create_load_balancer(Name=name, Subnets=["subnet-local"])["LoadBalancers"][0]["LoadBalancerArn"]
    groups = [
        elb.create_target_group(Name=f"{name}-{i}", Port=80, Protocol="HTTP", TargetType="ip", VpcId="vpc-local")
        ["TargetGroups"][0]["TargetGroupArn"]
        for i in "cd"
    ]
    listener = elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=free_port(),
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[0]}],
    )["Listeners"][0]["ListenerArn"]
    rule = elb.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"]
    shift = {
        "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}],
    }
    made = ecs.create_service(
        cluster="demo", serviceName=name, taskDefinition=name, desiredCount=0, launchType="FARGATE",
        networkConfiguration=NETWORK, deploymentConfiguration=shift, tags=[{"key": "a", "value": "b"}],
        loadBalancers=[{
            "targetGroupArn": groups[0], "containerName": "app", "containerPort": 8080,
            "advancedConfiguration": {
                "alternateTargetGroupArn": groups[1], "productionListenerRule": rule,
                "roleArn": "arn:aws:iam::000000000000:role/r"},
        }],
    )["service"]
    ecs.describe_services(cluster="demo", services=[name, "none"], include=["TAGS"])
    ecs.list_services(cluster="demo")
    ecs.list_tags_for_resource(resourceArn=made["serviceArn"])

    def deployment():
        arn = ecs.list_service_deployments(cluster="demo", service=name)["serviceDeployments"][0]["serviceDeploymentArn"]
        return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]

    paused = until(deployment, lambda d: d.get("lifecycleHookDetails"))
    hook = paused["lifecycleHookDetails"][0]["hookId"]
    ecs.continue_service_deployment(serviceDeploymentArn=paused["serviceDeploymentArn"], hookId=hook)
    until(deployment, lambda d: d["status"] == "SUCCESSFUL")
    ecs.describe_service_revisions(serviceRevisionArns=[paused["targetServiceRevision"]["arn"], made["serviceArn"]])
    ecs.update_service(cluster="demo", service=name, forceNewDeployment=True)
    ecs.stop_service_deployment(serviceDeploymentArn=deployment()["serviceDeploymentArn"], stopType="ROLLBACK")
    until(deployment, lambda d: d["status"].startswith("ROLLBACK_S"))
    ecs.delete_service(cluster="demo", service=name, force=True)
    ecs.describe_services(cluster="demo", services=[name])
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    for group in groups:
        elb.delete_target_group(TargetGroupArn=group)


def until(look, holds):
    for _ in range(100):
        found = look()
        if holds(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"it stayed {found}")


def exercise_logs(logs, name):
    stream = logs.describe_log_streams(logGroupName=name)["logStreams"][0]["logStreamName"]
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    logs.describe_log_groups(logGroupNamePrefix=name)
    page = logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True, limit=2)
    assert [e["message"] for e in page["events"]] == ["one", "two"]
    page = logs.get_log_events(logGroupName=name, logStreamName=stream, nextToken=page["nextForwardToken"])
    assert [e["message"] for e in page["events"]] == ["three"]
    end = logs.get_log_events(logGroupName=name, logStreamName=stream, nextToken=page["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == page["nextForwardToken"]
    found = logs.filter_log_events(logGroupName=name, limit=1, filterPattern="t")
    assert found["events"][0]["message"] == "two"
    found = logs.filter_log_events(logGroupName=name, limit=1, filterPattern="t", nextToken=found["nextToken"])
    assert found["events"][0]["message"] == "three"
    logs.delete_log_group(logGroupName=name)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_answers_are_as_the_models_have_them(exercised, answers):
    assert sorted(set(answers.wrong)) == []


def test_every_action_was_looked_at(exercised, implemented, answers):
    assert sorted(":".join(action) for action in implemented if ":".join(action) not in answers.seen) == []


def test_an_empty_request_gets_an_error_of_the_action(clients, implemented):
    strange = [
        f"{service}:{action} answers {code}"
        for (service, action), code in implemented.items()
        if code and code not in errors_of(clients[service], action) | COMMON
    ]
    assert strange == []


# What no client sends that checks its input; the code that ECS has for it
MALFORMED = [
    ("RunTask", {"taskDefinition": "t", "count": "many"}, "SerializationException"),
    ("RunTask", {"cluster": "demo", "taskDefinition": "t", "launchType": "LAMBDA"}, "InvalidParameterException"),
    ("RegisterTaskDefinition", {"family": ["t"]}, "SerializationException"),
    ("RegisterTaskDefinition", {"family": "t", "networkMode": "wifi"}, "ClientException"),
    ("RegisterTaskDefinition", {"family": "t", "requiresCompatibilities": ["LAMBDA"]}, "ClientException"),
    ("RegisterTaskDefinition", {"family": "t", "containerDefinitions": {"name": "c"}}, "SerializationException"),
    ("RegisterTaskDefinition", {"family": "t", "containerDefinitions": [{"name": "c", "image": "i", "memory": "much"}]},
     "SerializationException"),
    ("CreateService", {"serviceName": "s", "desiredCount": -1}, "InvalidParameterException"),
    ("CreateService", {"serviceName": "s", "schedulingStrategy": "SOME"}, "InvalidParameterException"),
    ("UpdateService", {"service": "s", "availabilityZoneRebalancing": "ON"}, "InvalidParameterException"),
    ("UpdateService", {"service": "s", "propagateTags": "ALL"}, "InvalidParameterException"),
    ("ListTasks", {"cluster": "demo", "desiredStatus": "GONE"}, "InvalidParameterException"),
    ("ListTaskDefinitions", {"sort": "UP"}, "InvalidParameterException"),
    ("ListServices", {"cluster": "demo", "maxResults": 1000}, "InvalidParameterException"),
    ("ListServices", {"cluster": "demo", "nextToken": "x"}, "InvalidParameterException"),
]


@pytest.mark.parametrize("action, request_, code", MALFORMED)
def test_a_malformed_request_gets_the_error_of_ecs(cloud, clients, action, request_, code):
    with Wire(cloud, clients["ecs"].meta.service_model) as wire:
        assert wire.call(action, json.dumps(request_)) == (400, code)


def test_what_a_model_requires_is_required(clients, implemented):
    requiring = {
        (service, action)
        for service, action in implemented
        if getattr(clients[service].meta.service_model.operation_model(action).input_shape, "required_members", None)
    }
    assert sorted(action for action in requiring if implemented[action] is None) == []


def test_an_unknown_action_is_an_unknown_operation(cloud, clients):
    with Wire(cloud, clients["ecs"].meta.service_model) as wire:
        assert wire.call("CreateTaskSet") == (400, "UnknownOperationException")
        assert wire.call("NoSuchThing") == (400, "UnknownOperationException")
    with Wire(cloud, clients["elbv2"].meta.service_model) as wire:
        assert wire.call("NoSuchThing") == (400, "InvalidAction")


def test_alarms_over_the_query_protocol(cloud, name):
    """As clients of 2024 speak to CloudWatch."""

    def call(action, **parameters):
        scope = f"{cloud.env['AWS_ACCESS_KEY_ID']}/20240101/us-east-1/monitoring/aws4_request"
        body = urllib.parse.urlencode({"Action": action, "Version": "2010-08-01", **parameters}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }
        request = urllib.request.Request(cloud.env["AWS_ENDPOINT_URL"] + "/", body, headers)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    call(
        "PutMetricAlarm", AlarmName=name, MetricName="errors", Namespace="n", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold="1.5", ComparisonOperator="GreaterThanThreshold",
        **{"Dimensions.member.1.Name": "service", "Dimensions.member.1.Value": name},
    )
    call("SetAlarmState", AlarmName=name, StateValue="ALARM", StateReason="test")
    answer = call("DescribeAlarms", **{"AlarmNames.member.1": name})
    call("DeleteAlarms", **{"AlarmNames.member.1": name})
    operation = cloud.client("cloudwatch").meta.service_model.operation_model("DescribeAlarms")
    parsed = QueryParser().parse({"status_code": 200, "headers": {}, "body": answer}, operation.output_shape)
    alarm = parsed["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["Threshold"], alarm["Period"]) == ("ALARM", 1.5, 60)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": name}]
    assert alarm["StateUpdatedTimestamp"].year >= 2025
