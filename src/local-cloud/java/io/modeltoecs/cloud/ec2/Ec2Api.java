package io.modeltoecs.cloud.ec2;

import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryApi;
import io.modeltoecs.cloud.api.QueryParameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The describe calls of EC2 that deploy tools choose networks by: an account as AWS sets it up,
 * with one default VPC, a subnet in each of three zones and the default security group. What they
 * say has no effect here: all containers are in the cloud's one network.
 */
public final class Ec2Api implements QueryApi {
    private static final String VPC = "vpc-local";
    private static final List<String> ZONES = List.of("a", "b", "c");
    private static final int SUBNET_SIZE = 4091;
    private static final int SUBNET_STEP = 16;

    @Override
    public String signingName() {
        return "ec2";
    }

    @Override
    public String namespace() {
        return "http://ec2.amazonaws.com/doc/2016-11-15/";
    }

    @Override
    public Dialect dialect() {
        return Dialect.EC2;
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of(
                "DescribeVpcs",
                in -> Map.of("vpcSet", chosen(in, List.of(vpc()), "Vpc")),
                "DescribeSubnets",
                in -> Map.of("subnetSet", chosen(in, subnets(), "Subnet")),
                "DescribeSecurityGroups",
                in -> Map.of("securityGroupInfo", chosen(in, List.of(group()), "Group")));
    }

    private static Map<String, Object> vpc() {
        Map<String, Object> vpc = new LinkedHashMap<>();
        vpc.put("vpcId", VPC);
        vpc.put("ownerId", Arns.ACCOUNT);
        vpc.put("state", "available");
        vpc.put("cidrBlock", "172.31.0.0/16");
        vpc.put("dhcpOptionsId", "dopt-local");
        vpc.put("instanceTenancy", "default");
        vpc.put("isDefault", true);
        return vpc;
    }

    private static List<Map<String, Object>> subnets() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (String zone : ZONES) {
            Map<String, Object> subnet = new LinkedHashMap<>();
            String id = all.isEmpty() ? "subnet-local" : "subnet-local-" + zone;
            subnet.put("subnetId", id);
            subnet.put("subnetArn", Arns.of("ec2", "subnet/" + id));
            subnet.put("vpcId", VPC);
            subnet.put("ownerId", Arns.ACCOUNT);
            subnet.put("state", "available");
            subnet.put("cidrBlock", "172.31." + all.size() * SUBNET_STEP + ".0/20");
            subnet.put("availableIpAddressCount", SUBNET_SIZE);
            subnet.put("availabilityZone", Arns.REGION + zone);
            subnet.put("defaultForAz", true);
            subnet.put("mapPublicIpOnLaunch", true);
            all.add(subnet);
        }
        return all;
    }

    private static Map<String, Object> group() {
        Map<String, Object> group = new LinkedHashMap<>();
        group.put("groupId", "sg-local");
        group.put("groupName", "default");
        group.put("groupDescription", "default VPC security group");
        group.put("ownerId", Arns.ACCOUNT);
        group.put("vpcId", VPC);
        return group;
    }

    /** Those that are asked for by id and by filters. */
    private static List<Map<String, Object>> chosen(
            QueryParameters in, List<Map<String, Object>> all, String kind) {
        String idName = Character.toLowerCase(kind.charAt(0)) + kind.substring(1) + "Id";
        List<String> ids = in.flatList(kind + "Id");
        for (String id : ids) {
            if (all.stream().noneMatch(one -> one.get(idName).equals(id))) {
                throw AwsError.of(
                        "Invalid"
                                + kind.replace("Vpc", "VpcID").replace("Subnet", "SubnetID")
                                + ".NotFound",
                        "The " + idName + " '" + id + "' does not exist");
            }
        }
        List<QueryParameters> filters = in.flatStructures("Filter");
        return all.stream()
                .filter(one -> ids.isEmpty() || ids.contains(one.get(idName)))
                .filter(one -> filters.stream().allMatch(f -> passes(one, f)))
                .toList();
    }

    /** Filters are named as members, {@code vpc-id} for {@code vpcId}. */
    private static boolean passes(Map<String, Object> one, QueryParameters filter) {
        StringBuilder member = new StringBuilder();
        for (String word : filter.require("Name").split("-")) {
            member.append(
                    member.isEmpty()
                            ? word
                            : word.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                                    + word.substring(1));
        }
        String name = member.toString().replace("description", "groupDescription");
        if (name.startsWith("tag")) {
            return false;
        }
        if (!one.containsKey(name)) {
            throw AwsError.of(
                    "InvalidParameterValue",
                    "The filter '" + filter.require("Name") + "' is invalid");
        }
        return filter.flatList("Value").contains(String.valueOf(one.get(name)));
    }
}
