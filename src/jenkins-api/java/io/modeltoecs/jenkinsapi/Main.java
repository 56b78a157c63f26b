package io.modeltoecs.jenkinsapi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes every class of a table of recorded signatures into a folder: {@code Main TABLE FOLDER}.
 */
public final class Main {

    private Main() {}

    /**
     * Writes the classes.
     *
     * @param args the gzipped table and the folder
     * @throws IOException when the table can't be read or the folder not written
     */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[1]);
        Map<String, RecordedClass> classes = RecordedClass.readTable(Path.of(args[0]));
        for (RecordedClass recorded : classes.values()) {
            Path file = folder.resolve(recorded.head().name() + ".class");
            Files.createDirectories(file.getParent());
            Files.write(file, ClassFile.of(recorded, classes));
        }
        System.out.println(classes.size() + " recorded classes written");
    }
}
