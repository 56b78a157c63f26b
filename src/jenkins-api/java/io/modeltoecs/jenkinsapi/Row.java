package io.modeltoecs.jenkinsapi;

/** A row of the table: its kind (J, C, F or M) and its unescaped cells. */
record Row(char kind, String[] cells) {

    static Row parse(String line) {
        String[] cells = line.split("\t", -1);
        for (int i = 0; i < cells.length; i++) {
            cells[i] = cells[i].replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r");
        }
        return new Row(cells[0].charAt(0), cells);
    }

    /** The cell, or null where it is empty: what ASM expects of an absent thing. */
    String cell(int index) {
        return cells[index].isEmpty() ? null : cells[index];
    }

    int access() {
        return Integer.parseInt(cells[1]);
    }

    String name() {
        return cells[2];
    }

    String[] list(int index) {
        return cells[index].isEmpty() ? new String[0] : cells[index].split(",");
    }
}
