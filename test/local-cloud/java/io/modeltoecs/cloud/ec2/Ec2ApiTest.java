package io.modeltoecs.cloud.ec2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryParameters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What EC2's describe calls find, and what they don't. */
class Ec2ApiTest {
    private static List<?> describe(String action, Map<String, String> parameters) {
        Map<String, ?> out =
                new Ec2Api().actions().get(action).run(new QueryParameters(parameters));
        return (List<?>) out.values().iterator().next();
    }

    @ParameterizedTest
    @CsvSource({
        "DescribeVpcs, is-default, true, 1",
        "DescribeVpcs, is-default, false, 0",
        "DescribeVpcs, cidr, 172.31.0.0/16, 1",
        "DescribeVpcs, tag:Name, main, 0",
        "DescribeVpcs, tag-key, Name, 0",
        "DescribeSubnets, vpc-id, vpc-local, 3",
        "DescribeSubnets, vpc-id, vpc-other, 0",
        "DescribeSubnets, availability-zone, us-east-1b, 1",
        "DescribeSubnets, availability-zone, us-east-1?, 3",
        "DescribeSubnets, subnet-id, subnet-*, 3",
        "DescribeSubnets, default-for-az, true, 3",
        "DescribeSecurityGroups, group-name, default, 1",
        "DescribeSecurityGroups, group-name, web, 0",
        "DescribeSecurityGroups, description, default VPC*, 1",
        "DescribeSecurityGroups, vpc-id, vpc-local, 1"
    })
    void filtersFindWhatTheySay(String action, String name, String value, int found) {
        assertThat(describe(action, Map.of("Filter.1.Name", name, "Filter.1.Value.1", value)))
                .hasSize(found);
    }

    @Test
    void allFiltersHoldAndOneValueIsEnough() {
        Map<String, String> in = new HashMap<>();
        in.put("Filter.1.Name", "availability-zone");
        in.put("Filter.1.Value.1", "us-east-1a");
        in.put("Filter.1.Value.2", "us-east-1c");
        assertThat(describe("DescribeSubnets", in)).hasSize(2);
        in.put("Filter.2.Name", "subnet-id");
        in.put("Filter.2.Value.1", "subnet-local");
        assertThat(describe("DescribeSubnets", in)).hasSize(1);
        in.put("Filter.2.Value.1", "subnet-none");
        assertThat(describe("DescribeSubnets", in)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "DescribeVpcs, VpcId.1, vpc-0, InvalidVpcID.NotFound, The vpc ID 'vpc-0' does not exist",
        "DescribeSubnets, SubnetId.1, s, InvalidSubnetID.NotFound, The subnet ID 's' does not exist",
        "DescribeSecurityGroups, GroupId.1, g, InvalidGroup.NotFound, The security group 'g' does not exist",
        "DescribeVpcs, Filter.1.Name, colour, InvalidParameterValue, The filter 'colour' is invalid",
        "DescribeVpcs, MaxResults, 4, InvalidParameterValue, Value ( 4 ) for parameter maxResults is invalid. Expecting a value between 5 and 1000."
    })
    void whatIsNotThereIsAnError(
            String action, String parameter, String value, String code, String message) {
        assertThatThrownBy(() -> describe(action, Map.of(parameter, value)))
                .isInstanceOfSatisfying(
                        AwsError.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessage(message);
    }
}
