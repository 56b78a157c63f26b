package io.modeltoecs.engine.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is to be known of a Dockerfile before it is built.
 *
 * @param declaresBase whether it has {@code ARG BASE} before its first {@code FROM}
 * @param hasDefault whether that argument has a default
 */
record Dockerfile(boolean declaresBase, boolean hasDefault) {
    private static final Pattern FROM = Pattern.compile("(?im)^\\s*FROM\\s");
    private static final Pattern ARG =
            Pattern.compile("(?im)^\\s*ARG\\s+(?:\\S+\\s+)*?BASE(=\\S+)?=?\\s*?(?:\\s.*)?$");

    static Dockerfile read(Path file) throws IOException {
        String text = Files.readString(file);
        Matcher from = FROM.matcher(text);
        // only what stands before the first FROM can be used in one
        Matcher base = ARG.matcher(from.find() ? text.substring(0, from.start()) : text);
        boolean declares = base.find();
        return new Dockerfile(declares, declares && base.group(1) != null);
    }
}
