package io.modeltoecs.cloud.cloudwatch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.state.Json;

/** A CloudWatch alarm. */
final class Alarm {
    String name;
    String state = "INSUFFICIENT_DATA";
    String reason = "Unchecked: Initial alarm creation";
    long stateSince;
    long updatedAt;

    /** In seconds. */
    int period = 60;

    int evaluationPeriods = 1;

    /** Its other members as they were put. */
    ObjectNode settings = Json.object();
}
