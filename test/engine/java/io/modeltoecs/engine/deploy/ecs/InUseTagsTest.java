package io.modeltoecs.engine.deploy.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.aws.AwsAccess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a service pins has a tag in ECR, so that no lifecycle policy lets it expire. */
class InUseTagsTest {
    private static final String USER = "000000000000.us-east-1.demo.iris";
    private static final String TAG = "in-use-" + USER + "-";

    private final List<String> lines = new ArrayList<>();
    private Demo demo;
    private FakeAws aws;
    private AwsAccess access;
    private InUseTags tags;

    @BeforeEach
    void start() throws IOException {
        demo = new Demo();
        aws = demo.aws;
        access = Run.access(aws);
        tags = new InUseTags(new Images(access, true, lines::add), lines::add);
    }

    @AfterEach
    void stop() {
        access.close();
        demo.close();
    }

    private String image(String tag) {
        return aws.byDigest(aws.image("iris", tag, "{\"config\":{\"User\":\"" + tag + "\"}}"));
    }

    @Test
    void anImageKeepsItsTagWhileItIsInUse() {
        String a = image("a");
        String b = image("b");
        String c = image("c");
        String d = image("d");

        tags.keep(USER, "1", List.of(a));
        assertThat(aws.tags(a)).containsExactly("a", TAG + 0);
        tags.keep(USER, "2", List.of(b, a));
        tags.keep(USER, "3", List.of(c, b));
        assertThat(aws.tags(a)).containsExactly("a");
        assertThat(aws.tags(b)).containsExactly("b", TAG + 1);
        assertThat(aws.tags(c)).containsExactly("c", TAG + 0);
        aws.calls.clear();
        tags.keep(USER, "3", List.of(c, b));
        assertThat(aws.called("PutImage")).isEmpty();
        tags.keep("000000000000.us-east-1.demo.other", "1", List.of(d));
        assertThat(aws.tags(c)).contains(TAG + 0);
    }

    @Test
    void whereTagsCannotMoveTheRevisionNumbersThem() {
        aws.immutable = true;
        String a = image("a");
        String b = image("b");

        tags.keep(USER, "1", List.of(a));
        tags.keep(USER, "9", List.of(b));

        assertThat(aws.tags(a)).contains(TAG + 0);
        assertThat(aws.tags(b)).contains(TAG + 9);
        assertThat(lines).noneMatch(it -> it.startsWith("warning"));
    }

    @Test
    void whatIsRefusedIsAWarning() {
        aws.deny("PutImage");
        tags.keep(USER, "1", List.of(image("a"), "public.ecr.aws/x/y@sha256:" + "0".repeat(64)));
        assertThat(lines).hasSize(1).first().asString().contains("warning", "PutImage", "/iris'");
    }

    @Test
    void anImageThatIsGoneIsPassedOver() {
        String a = image("a");
        String gone = a.substring(0, a.indexOf('@')) + "@sha256:" + "0".repeat(64);
        tags.keep(USER, "1", List.of(gone, a));
        assertThat(aws.tags(a)).contains(TAG + 0);
    }

    @Test
    void aDeploymentTagsWhatItPins() {
        String image = image("new");
        demo.rollsWell();
        Run.deploy(aws, Map.of("image", image, "model", "iris@latest")).all();
        assertThat(aws.tags(image)).contains(TAG + 0);
        List<String> order = aws.calls.stream().map(FakeAws.Call::action).toList();
        assertThat(order.indexOf("PutImage")).isLessThan(order.indexOf("UpdateService"));
    }
}
