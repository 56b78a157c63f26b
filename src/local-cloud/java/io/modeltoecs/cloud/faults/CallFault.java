package io.modeltoecs.cloud.faults;

import io.modeltoecs.cloud.api.AwsError;

/**
 * What befalls one API call.
 *
 * @param delayMillis how much later it is served
 * @param error what it is answered with; null: as ever
 * @param afterwards whether the call is carried out before it is answered so
 */
public record CallFault(long delayMillis, AwsError error, boolean afterwards) {
    static final CallFault NONE = new CallFault(0, null, false);

    /**
     * Waits, and refuses the call where it isn't to be carried out.
     *
     * @throws AwsError the answer
     */
    public void before() {
        if (delayMillis > 0) {
            try {
                Thread.sleep(delayMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (error != null && !afterwards) {
            throw error;
        }
    }

    /**
     * Refuses the call after it was carried out.
     *
     * @throws AwsError the answer
     */
    public void after() {
        if (error != null) {
            throw error;
        }
    }
}
