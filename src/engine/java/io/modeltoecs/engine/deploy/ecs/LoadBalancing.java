package io.modeltoecs.engine.deploy.ecs;

import io.modeltoecs.engine.aws.AwsAccess;
import io.modeltoecs.engine.progress.Progress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.model.LoadBalancer;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.elasticloadbalancingv2.model.Listener;
import software.amazon.awssdk.services.elasticloadbalancingv2.model.TargetHealthDescription;
import software.amazon.awssdk.services.elasticloadbalancingv2.model.TargetHealthStateEnum;

/** What the load balancer of a service knows: nice to have, so that a refusal only costs a line. */
final class LoadBalancing {
    private final AwsAccess access;
    private final Progress progress;
    private ElasticLoadBalancingV2Client client;
    private boolean refused;

    LoadBalancing(AwsAccess access, Progress progress) {
        this.access = access;
        this.progress = progress;
    }

    /** How many targets of some groups are in which state; empty where nothing is known. */
    Optional<Map<String, Long>> health(List<String> groups) {
        return ask(
                it ->
                        groups.stream()
                                .flatMap(
                                        group ->
                                                it
                                                        .describeTargetHealth(
                                                                r -> r.targetGroupArn(group))
                                                        .targetHealthDescriptions()
                                                        .stream())
                                .collect(
                                        Collectors.groupingBy(
                                                target -> target.targetHealth().stateAsString(),
                                                TreeMap::new,
                                                Collectors.counting())));
    }

    /** The address of the listener that leads to the service, {@code http://host:port}, or null. */
    String url(Service service) {
        return targetGroup(service).map(this::url).orElse(null);
    }

    /** The address of the listener that leads to a target group, or null. */
    String url(String targetGroupArn) {
        return ask(it -> url(it, targetGroupArn)).orElse(null);
    }

    private static String url(ElasticLoadBalancingV2Client client, String group) {
        List<String> balancers =
                client.describeTargetGroups(it -> it.targetGroupArns(group))
                        .targetGroups()
                        .get(0)
                        .loadBalancerArns();
        if (balancers.isEmpty()) {
            return null;
        }
        String balancer = balancers.get(0);
        String host =
                client.describeLoadBalancers(it -> it.loadBalancerArns(balancer))
                        .loadBalancers()
                        .get(0)
                        .dnsName();
        List<Listener> listeners =
                client.describeListeners(it -> it.loadBalancerArn(balancer)).listeners();
        return listeners.stream()
                .filter(it -> forwardsTo(it, group))
                .findFirst()
                .map(it -> url(host, it))
                .orElse(null);
    }

    private static boolean forwardsTo(Listener listener, String group) {
        return listener.defaultActions().stream()
                .anyMatch(
                        action ->
                                group.equals(action.targetGroupArn())
                                        || action.forwardConfig() != null
                                                && action.forwardConfig().targetGroups().stream()
                                                        .anyMatch(
                                                                it ->
                                                                        group.equals(
                                                                                it
                                                                                        .targetGroupArn())));
    }

    private static String url(String host, Listener listener) {
        boolean tls = List.of("HTTPS", "TLS").contains(listener.protocolAsString());
        boolean usual = listener.port() == (tls ? 443 : 80);
        return (tls ? "https://" : "http://") + host + (usual ? "" : ":" + listener.port());
    }

    static Optional<String> targetGroup(Service service) {
        return service.loadBalancers().stream()
                .map(LoadBalancer::targetGroupArn)
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** All groups that tasks of the service may be in: a shift of traffic has two. */
    static List<String> targetGroups(Service service) {
        return service.loadBalancers().stream()
                .flatMap(
                        it ->
                                Stream.of(
                                        it.targetGroupArn(),
                                        it.advancedConfiguration() == null
                                                ? null
                                                : it.advancedConfiguration()
                                                        .alternateTargetGroupArn()))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /**
     * What its checks say of targets that they find unhealthy, as {@code Health checks failed with
     * these codes: [503]}, each once.
     *
     * @see <a
     *     href="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html">
     *     ELB: TargetHealth</a>
     */
    List<String> complaints(Service service) {
        return ask(it ->
                        targetGroups(service).stream()
                                .flatMap(
                                        group ->
                                                it
                                                        .describeTargetHealth(
                                                                r -> r.targetGroupArn(group))
                                                        .targetHealthDescriptions()
                                                        .stream())
                                .map(TargetHealthDescription::targetHealth)
                                .filter(health -> health.state() == TargetHealthStateEnum.UNHEALTHY)
                                .map(
                                        health ->
                                                health.description() == null
                                                        ? health.reasonAsString()
                                                        : health.description())
                                .filter(Objects::nonNull)
                                .map(why -> "the target is unhealthy: " + why)
                                .distinct()
                                .toList())
                .orElse(List.of());
    }

    private <T> Optional<T> ask(Function<ElasticLoadBalancingV2Client, T> question) {
        if (refused) {
            return Optional.empty();
        }
        if (client == null) {
            client = access.loadBalancers();
        }
        try {
            return Optional.ofNullable(question.apply(client));
        } catch (SdkException e) {
            if (!(e instanceof AwsServiceException answer) || AwsCall.mayPass(answer)) {
                return Optional.empty();
            }
            refused = true;
            progress.say("note: the load balancer can't be asked: " + e.getMessage());
            return Optional.empty();
        }
    }
}
