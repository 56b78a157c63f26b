package io.modeltoecs.engine.aws;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Writes down which of AWS's actions the tests call, with the room whose tests call it: a line
 * {@code deploy ecs:UpdateService} each. The SDK finds it as a global interceptor, JUnit as a
 * listener; tests run one after the other.
 */
public final class RecordedActions implements ExecutionInterceptor, TestExecutionListener {
    /** Of the module's folder, in which tests run. */
    static final Path FILE = Path.of("target/aws-actions.txt");

    /** IAM's names, where they aren't the API's own. */
    private static final Map<String, String> SERVICES =
            Map.of(
                    "cloudwatchlogs", "logs",
                    "elasticloadbalancingv2", "elasticloadbalancing");

    /** Service authorization reference of S3: which permission an operation takes. */
    private static final Map<String, String> S3 =
            Map.of(
                    "HeadObject", "GetObject",
                    "CreateMultipartUpload", "PutObject",
                    "UploadPart", "PutObject",
                    "CompleteMultipartUpload", "PutObject",
                    "DeleteObjects", "DeleteObject",
                    "HeadBucket", "ListBucket",
                    "ListObjectsV2", "ListBucket",
                    "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration");

    private static final Set<String> SEEN = new ConcurrentSkipListSet<>();
    private static volatile String room = "";

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        if (!isCalledByTheEngine()) {
            return;
        }
        String service =
                attributes
                        .getAttribute(SdkExecutionAttribute.SERVICE_NAME)
                        .toLowerCase(Locale.ROOT);
        String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
        String iam = SERVICES.getOrDefault(service, service);
        SEEN.add(
                "%s %s:%s"
                        .formatted(
                                room,
                                iam,
                                iam.equals("s3")
                                        ? S3.getOrDefault(operation, operation)
                                        : operation));
    }

    /** Tests have clients of their own, to see what was done. */
    private static boolean isCalledByTheEngine() {
        return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .walk(
                        frames ->
                                frames.map(StackWalker.StackFrame::getDeclaringClass)
                                        .filter(it -> it.getName().startsWith("io.modeltoecs."))
                                        .filter(it -> it != RecordedActions.class)
                                        .findFirst())
                .map(it -> it.getProtectionDomain().getCodeSource().getLocation().getPath())
                .filter(it -> !it.endsWith("/test-classes/"))
                .isPresent();
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.getSource().orElse(null) instanceof ClassSource source) {
            // io.modeltoecs.engine.ROOM...
            room = source.getClassName().split("\\.")[3];
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        try {
            if (!SEEN.isEmpty()) {
                Files.write(FILE, SEEN);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
