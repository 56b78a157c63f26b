package io.modeltoecs.cloud.elb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryParameters;
import io.modeltoecs.cloud.state.StateFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings and lists of load balancers and target groups. */
class ElbApiTest {
    @TempDir Path folder;
    private final TargetGroups groups = new TargetGroups();
    private ElbApi elb;

    @BeforeEach
    void open() {
        elb = new ElbApi(new StateFile(folder.resolve("elb.json")), groups);
    }

    @AfterEach
    void close() {
        elb.close();
        groups.close();
    }

    private Map<String, ?> call(String action, String... parameters) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < parameters.length; i += 2) {
            all.put(parameters[i], parameters[i + 1]);
        }
        return elb.actions().get(action).run(new QueryParameters(all));
    }

    private static Object first(Map<String, ?> answer, String list, String member) {
        return ((Map<?, ?>) ((List<?>) answer.get(list)).get(0)).get(member);
    }

    private String balancer(String name) {
        return (String)
                first(
                        call("CreateLoadBalancer", "Name", name),
                        "LoadBalancers",
                        "LoadBalancerArn");
    }

    private static Map<String, String> pairs(Map<String, ?> answer) {
        Map<String, String> all = new HashMap<>();
        for (Object one : (List<?>) answer.get("Attributes")) {
            Map<?, ?> pair = (Map<?, ?>) one;
            all.put((String) pair.get("Key"), (String) pair.get("Value"));
        }
        return all;
    }

    private void refused(String message, String action, String... parameters) {
        assertThatThrownBy(() -> call(action, parameters))
                .isInstanceOfSatisfying(
                        AwsError.class, e -> assertThat(e.code()).isEqualTo("ValidationError"))
                .hasMessageContaining(message);
    }

    @Test
    void theIdleTimeoutIsAnAttributeThatIsKept() {
        String arn = balancer("b");
        assertThat(pairs(call("DescribeLoadBalancerAttributes", "LoadBalancerArn", arn)))
                .containsEntry("idle_timeout.timeout_seconds", "60");
        call(
                "ModifyLoadBalancerAttributes",
                "LoadBalancerArn",
                arn,
                "Attributes.member.1.Key",
                "idle_timeout.timeout_seconds",
                "Attributes.member.1.Value",
                "4000");
        elb.close();
        open();
        assertThat(pairs(call("DescribeLoadBalancerAttributes", "LoadBalancerArn", arn)))
                .containsEntry("idle_timeout.timeout_seconds", "4000")
                .containsEntry("deletion_protection.enabled", "false");
    }

    @ParameterizedTest
    @CsvSource({
        "idle_timeout.timeout_seconds, 0, 'idle_timeout.timeout_seconds must be between 1 and 4000, but was 0'",
        "idle_timeout.timeout_seconds, 4001, but was 4001",
        "idle_timeout.timeout_seconds, long, but was long",
        "idle_timeout, 5, Load balancer attribute key 'idle_timeout' is not recognized"
    })
    void wrongAttributesOfABalancerAreRefused(String key, String value, String message) {
        refused(
                message,
                "ModifyLoadBalancerAttributes",
                "LoadBalancerArn",
                balancer("b"),
                "Attributes.member.1.Key",
                key,
                "Attributes.member.1.Value",
                value);
    }

    @Test
    void aTargetGroupHasTheDefaultsOfAws() {
        Map<String, ?> made = call("CreateTargetGroup", "Name", "g");
        Map<String, Object> expected =
                Map.of(
                        "HealthCheckIntervalSeconds", 30,
                        "HealthCheckTimeoutSeconds", 6,
                        "HealthyThresholdCount", 5,
                        "UnhealthyThresholdCount", 2,
                        "HealthCheckPath", "/",
                        "HealthCheckPort", "traffic-port",
                        "Matcher", Map.of("HttpCode", "200"));
        expected.forEach(
                (member, value) ->
                        assertThat(first(made, "TargetGroups", member))
                                .as(member)
                                .isEqualTo(value));
        String arn = (String) first(made, "TargetGroups", "TargetGroupArn");
        assertThat(pairs(call("DescribeTargetGroupAttributes", "TargetGroupArn", arn)))
                .containsEntry("deregistration_delay.timeout_seconds", "300");
    }

    @ParameterizedTest
    @CsvSource({
        "HealthCheckIntervalSeconds, 301, must be between 1 and 300",
        "HealthCheckIntervalSeconds, 6, Health check interval must be greater than the timeout.",
        "HealthCheckTimeoutSeconds, 121, must be between 1 and 120",
        "HealthyThresholdCount, 1, must be between 2 and 10",
        "UnhealthyThresholdCount, 11, must be between 2 and 10"
    })
    void healthChecksOfATargetGroupHaveLimits(String setting, String value, String message) {
        refused(message, "CreateTargetGroup", "Name", "g", setting, value);
        assertThat((List<?>) call("DescribeTargetGroups").get("TargetGroups")).isEmpty();
    }

    @Test
    void theDeregistrationDelayIsAnHourAtMost() {
        String arn =
                (String)
                        first(call("CreateTargetGroup", "Name", "g"), "TargetGroups", "TargetGroupArn");
        for (String delay : new String[] {"3601", "-1", "soon"}) {
            refused(
                    "must be between 0 and 3600, but was " + delay,
                    "ModifyTargetGroupAttributes",
                    "TargetGroupArn",
                    arn,
                    "Attributes.member.1.Key",
                    "deregistration_delay.timeout_seconds",
                    "Attributes.member.1.Value",
                    delay);
        }
    }

    @Test
    void listsComeInPages() {
        List<String> made = List.of(balancer("a"), balancer("b"), balancer("c"));
        List<Object> seen = new ArrayList<>();
        String marker = "0";
        for (int pages = 0; marker != null; pages++) {
            assertThat(pages).isLessThan(3);
            Map<String, ?> page = call("DescribeLoadBalancers", "PageSize", "2", "Marker", marker);
            ((List<?>) page.get("LoadBalancers"))
                    .forEach(b -> seen.add(((Map<?, ?>) b).get("LoadBalancerArn")));
            marker = page.containsKey("NextMarker") ? page.get("NextMarker").toString() : null;
        }
        assertThat(seen).isEqualTo(made);
        refused("PageSize must be between 1 and 400", "DescribeLoadBalancers", "PageSize", "401");
        refused("Marker must be a whole number", "DescribeTargetGroups", "Marker", "x");
    }
}
