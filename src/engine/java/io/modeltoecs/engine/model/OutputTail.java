package io.modeltoecs.engine.model;

import java.io.OutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The last lines of an output, as a terminal would show them: of a progress bar, which goes back to
 * the beginning of its line, only what it showed last. Long lines are cut.
 */
public final class OutputTail extends OutputStream implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int MOST_LINES = 20;
    private static final int MOST_BYTES = 500;

    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private final byte[] line = new byte[MOST_BYTES];
    private int length;
    private boolean longer;
    private boolean returned;

    @Override
    public synchronized void write(int b) {
        if (b == '\n') {
            add(lines, current());
            begin();
            return;
        }
        if (returned) {
            begin();
        }
        if (b == '\r') {
            returned = true;
        } else if (length < MOST_BYTES) {
            line[length++] = (byte) b;
        } else {
            longer = true;
        }
    }

    private void begin() {
        length = 0;
        longer = false;
        returned = false;
    }

    private String current() {
        return new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing()
                + (longer ? "..." : "");
    }

    private static void add(ArrayDeque<String> lines, String line) {
        if (!line.isEmpty()) {
            if (lines.size() == MOST_LINES) {
                lines.removeFirst();
            }
            lines.addLast(line);
        }
    }

    /** The last lines that aren't empty, at most 20; one that has no end yet is one of them. */
    public synchronized List<String> lines() {
        ArrayDeque<String> all = lines.clone();
        add(all, current());
        return new ArrayList<>(all);
    }
}
