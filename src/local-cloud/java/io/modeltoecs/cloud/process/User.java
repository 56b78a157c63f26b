package io.modeltoecs.cloud.process;

import io.modeltoecs.cloud.engine.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who a program runs as, by the image's own /etc/passwd and /etc/group.
 *
 * @param uid its user
 * @param gid its group
 * @param groups its other groups
 * @param home its home folder
 */
record User(int uid, int gid, List<Integer> groups, String home) {
    private static final int NAME = 0;
    private static final int ID = 2;
    private static final int GROUP = 3;
    private static final int MEMBERS = 3;
    private static final int HOME = 5;

    /**
     * Finds a user.
     *
     * @param user {@code name|uid[:group|gid]}; empty for root
     * @throws EngineException where the image has no such name
     */
    static User of(String user, Path root) throws IOException {
        String[] parts = (user.isEmpty() ? "0" : user).split(":", 2);
        String[] found = find(root, "passwd", parts[0]);
        int uid = found == null ? number(parts[0], "user") : Integer.parseInt(found[ID]);
        int gid = found == null ? 0 : Integer.parseInt(found[GROUP]);
        List<Integer> groups = new ArrayList<>();
        if (parts.length > 1) {
            String[] group = find(root, "group", parts[1]);
            gid = group == null ? number(parts[1], "group") : Integer.parseInt(group[ID]);
        } else if (found != null) {
            for (String[] group : lines(root, "group")) {
                if (group.length > MEMBERS
                        && List.of(group[MEMBERS].split(",")).contains(found[NAME])) {
                    groups.add(Integer.parseInt(group[ID]));
                }
            }
        }
        return new User(uid, gid, groups, found == null ? "/" : found[HOME]);
    }

    private static int number(String text, String what) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new EngineException(
                    "unable to find " + what + " " + text + ": no matching entries in the image");
        }
    }

    private static String[] find(Path root, String file, String nameOrId) throws IOException {
        for (String[] line : lines(root, file)) {
            if (line[NAME].equals(nameOrId) || line[ID].equals(nameOrId)) {
                return line;
            }
        }
        return null;
    }

    private static List<String[]> lines(Path root, String file) throws IOException {
        Path path = new Root(root).follow(Path.of("/etc", file));
        List<String[]> all = new ArrayList<>();
        if (Files.isRegularFile(path)) {
            for (String line : Files.readAllLines(path)) {
                String[] fields = line.split(":", -1);
                if (fields.length > MEMBERS) {
                    all.add(fields);
                }
            }
        }
        return all;
    }
}
