package io.modeltoecs.cloud.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import io.modeltoecs.cloud.api.AwsError;
import java.math.BigDecimal;
import java.util.Locale;

/** The CPU and memory of a task definition, which may be written as numbers or with units. */
final class TaskSize {
    /** CPU units of a vCPU, and mebibytes of a gigabyte. */
    static final int UNITS = 1024;

    private TaskSize() {}

    /**
     * CPU units: {@code 256}, or {@code .25 vCPU}.
     *
     * @throws AwsError where it is neither
     */
    static int cpu(JsonNode definition) {
        return number(definition, "cpu", "VCPU");
    }

    /**
     * Mebibytes: {@code 512}, or {@code 0.5 GB}.
     *
     * @throws AwsError where it is neither
     */
    static int memory(JsonNode definition) {
        return number(definition, "memory", "GB");
    }

    private static int number(JsonNode definition, String member, String unit) {
        String text = definition.path(member).asText().strip().toUpperCase(Locale.ROOT);
        boolean units = text.endsWith(unit);
        try {
            BigDecimal number =
                    new BigDecimal(
                            units
                                    ? text.substring(0, text.length() - unit.length()).strip()
                                    : text);
            return (units ? number.multiply(BigDecimal.valueOf(UNITS)) : number).intValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw AwsError.client("Invalid '" + member + "' setting for task.");
        }
    }
}
