package io.modeltoecs.engine.pickle;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.Python;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.pickle.AllowList.Use;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pickles that were generated and mutated: whatever CPython's own unpicklers do with one that the
 * scanner lets pass has to be allowed. {@code -Dscan.seed} and {@code -Dscan.pickles} make others,
 * as test/long/scan-fuzz does.
 */
class PickleFuzzTest {
    /** What an unpickler does; pickles.py takes note of it. */
    private enum Event {
        IMPORTED(Use.REFER),
        MADE(Use.MAKE),
        CALLED(Use.CALL),
        STATED(Use.MAKE),
        FILLED(Use.MAKE),
        CALLED_OBJECT(Use.TRUST),
        RESTATED(Use.TRUST),
        PLANTED(Use.TRUST);

        /** What it has to be allowed for. */
        private final Use use;

        Event(Use use) {
            this.use = use;
        }
    }

    private static final int SEED = Integer.getInteger("scan.seed", 5);
    private static final int PICKLES = Integer.getInteger("scan.pickles", 400);

    @TempDir Path folder;

    private final AllowList allowed = AllowList.shippedAnd(List.of());
    private final PickleScan scan = new PickleScan(allowed);

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void whatPythonDoesWasSeenAndAllowed() throws Exception {
        String script;
        try (var in = getClass().getResourceAsStream("pickles.py")) {
            script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        int passed = 0;
        int did = 0;
        for (int seed = SEED, left = PICKLES; left > 0; seed++, left -= 20_000) {
            String lines =
                    Python.run(folder, script, "" + seed, "" + Math.min(left, 20_000));
            for (String line : lines.split("\n")) {
                String[] words = line.split(" ");
                Set<String> seen = scanned(words[0]);
                if (seen != null) {
                    passed++;
                    for (int i = 1; i < words.length; i++) {
                        did++;
                        requireAllowed(words[i], seen, words[0]);
                    }
                }
            }
        }
        assertThat(passed).as("too few pass for this to mean anything").isGreaterThan(PICKLES / 10);
        assertThat(did).isGreaterThan(PICKLES / 10);
    }

    /** The imports that the scanner saw; null if it refused. */
    private Set<String> scanned(String base64) throws Exception {
        byte[] pickle = Base64.getDecoder().decode(base64);
        try {
            scan.scan("m.bin", () -> new ByteArrayInputStream(pickle), false);
            return scan.scan("m.pkl", () -> new ByteArrayInputStream(pickle), true);
        } catch (StepException e) {
            return null;
        } catch (RuntimeException e) {
            throw new AssertionError(base64, e);
        }
    }

    private void requireAllowed(String note, Set<String> seen, String pickle) {
        String[] parts = note.split(":");
        Event event = Event.valueOf(parts[0]);
        String full =
                parts.length < 2
                        ? "."
                        : new String(Base64.getDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        assertThat(seen).as(pickle).contains(full);
        int dot = full.lastIndexOf('.');
        Use use = allowed.use(full.substring(0, dot), full.substring(dot + 1));
        assertThat(use).as("%s %s by %s", event, full, pickle).isGreaterThanOrEqualTo(event.use);
    }
}
