package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.StepException;
import java.nio.file.Path;
import java.util.List;

/** Scans the files that it is given, one line each: ok or why it is refused. For pytest. */
final class ScanFiles {
    private ScanFiles() {}

    public static void main(String[] paths) throws Exception {
        PickleScan scan = new PickleScan(AllowList.shippedAnd(List.of()));
        for (String path : paths) {
            try {
                scan.scan(path, Path.of(path));
                System.out.println("ok " + path);
            } catch (StepException e) {
                System.out.println("refused " + path + ": " + e.getMessage());
            }
        }
    }
}
