package io.modeltoecs.cloud.sts;

import io.modeltoecs.cloud.Arns;
import io.modeltoecs.cloud.api.Keys;
import io.modeltoecs.cloud.api.QueryApi;
import io.modeltoecs.cloud.api.QueryParameters;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** The part of STS that tells who one is, and gives a role's credentials. */
public final class StsApi implements QueryApi {
    private static final int HOUR_SECONDS = (int) Duration.ofHours(1).toSeconds();

    private final Keys keys;

    public StsApi(Keys keys) {
        this.keys = keys;
    }

    @Override
    public String signingName() {
        return "sts";
    }

    @Override
    public String namespace() {
        return "https://sts.amazonaws.com/doc/2011-06-15/";
    }

    @Override
    public Map<String, Action> actions() {
        return Map.of("GetCallerIdentity", in -> identity(), "AssumeRole", this::assumeRole);
    }

    private static Map<String, ?> identity() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("Arn", "arn:aws:iam::" + Arns.ACCOUNT + ":user/local");
        out.put("UserId", "AIDALOCALCLOUD000000");
        out.put("Account", Arns.ACCOUNT);
        return out;
    }

    /** Every role has the local cloud's one key pair. */
    private Map<String, ?> assumeRole(QueryParameters in) {
        String role = Arns.lastPart(in.require("RoleArn"), ":role/");
        String session = in.require("RoleSessionName");
        int seconds = in.number("DurationSeconds", HOUR_SECONDS);
        Map<String, Object> credentials = new LinkedHashMap<>();
        credentials.put("AccessKeyId", keys.accessKeyId());
        credentials.put("SecretAccessKey", keys.secretAccessKey());
        credentials.put("SessionToken", "local-cloud");
        credentials.put(
                "Expiration",
                Instant.now().plusSeconds(seconds).truncatedTo(ChronoUnit.SECONDS).toString());
        Map<String, Object> user = new LinkedHashMap<>();
        user.put("AssumedRoleId", "AROALOCALCLOUD000000:" + session);
        user.put("Arn", "arn:aws:sts::" + Arns.ACCOUNT + ":assumed-role/" + role + "/" + session);
        return Map.of("Credentials", credentials, "AssumedRoleUser", user);
    }
}
