package io.modeltoecs.cloud.ec2;

import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.QueryApi;
import io.modeltoecs.cloud.api.QueryParameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The describe calls of EC2 that deploy tools choose networks by: an account as AWS sets it up,
 * with one default VPC, a subnet in each of three zones and the default security group. What they
 * say has no effect here: all containers are in the cloud's one network.
 */
public final class Ec2Api implements QueryApi {
    private static final String VPC = "vpc-local";
    private static final List<String> ZONES = List.of("a", "b", "c");
    private static final Map<String, String> OTHER_NAMES =
            Map.of(
                    "cidr", "cidr-block",
                    "description", "group-description");
    private static final int MIN_PAGE = 5;
    private static final int MAX_PAGE = 1000;
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
                in -> page(in, "vpcSet", chosen(in, List.of(vpc()), "Vpc")),
                "DescribeSubnets",
                in -> page(in, "subnetSet", chosen(in, subnets(), "Subnet")),
                "DescribeSecurityGroups",
                in -> page(in, "securityGroupInfo", chosen(in, List.of(group()), "Group")));
    }

    /** There are fewer of each than the smallest page holds. */
    private static Map<String, ?> page(QueryParameters in, String member, List<?> all) {
        int size = in.number("MaxResults", MAX_PAGE);
        if (size < MIN_PAGE || size > MAX_PAGE) {
            throw AwsError.of(
                    "InvalidParameterValue",
                    "Value ( "
                            + size
                            + " ) for parameter maxResults is invalid. Expecting a value between "
                            + MIN_PAGE
                            + " and "
                            + MAX_PAGE
                            + ".");
        }
        return Map.of(member, all);
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
                throw notFound(kind, id);
            }
        }
        List<QueryParameters> filters = in.flatStructures("Filter");
        return all.stream()
                .filter(one -> ids.isEmpty() || ids.contains(one.get(idName)))
                .filter(one -> filters.stream().allMatch(f -> passes(one, f)))
                .toList();
    }

    private static AwsError notFound(String kind, String id) {
        boolean group = kind.equals("Group");
        String what = group ? "security group" : kind.toLowerCase(Locale.ROOT) + " ID";
        return AwsError.of(
                "Invalid" + kind + (group ? "" : "ID") + ".NotFound",
                "The " + what + " '" + id + "' does not exist");
    }

    /**
     * Filters are named as members, {@code vpc-id} for {@code vpcId}, some by another name too;
     * {@code *} and {@code ?} in their values stand for any characters and any one. Nothing here
     * has tags.
     */
    private static boolean passes(Map<String, Object> one, QueryParameters filter) {
        String asked = filter.require("Name");
        if (asked.startsWith("tag:") || asked.equals("tag-key")) {
            return false;
        }
        String name = member(OTHER_NAMES.getOrDefault(asked, asked));
        if (!one.containsKey(name)) {
            throw AwsError.of("InvalidParameterValue", "The filter '" + asked + "' is invalid");
        }
        String value = String.valueOf(one.get(name));
        return filter.flatList("Value").stream().anyMatch(v -> pattern(v).matcher(value).matches());
    }

    private static String member(String filter) {
        StringBuilder member = new StringBuilder();
        for (String word : filter.split("-")) {
            member.append(
                    member.isEmpty()
                            ? word
                            : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return member.toString();
    }

    private static Pattern pattern(String value) {
        String quoted = Pattern.quote(value);
        return Pattern.compile(quoted.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"));
    }
}
