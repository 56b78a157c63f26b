package io.modeltoecs.engine.image;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The commit that an image is made from.
 *
 * @param id its full hash; nothing outside git and before the first commit
 * @param dirty whether tracked files differ from it
 * @param at when it was made, as RFC 3339 has it; else the epoch, so that the same content gives
 *     the same image
 * @param source where the repository came from, if that isn't this machine
 */
record Commit(Optional<String> id, boolean dirty, String at, Optional<String> source) {

    static Commit of(Optional<GitState> git) {
        Optional<GitState.Head> head = git.flatMap(GitState::head);
        if (head.isEmpty()) {
            return new Commit(Optional.empty(), false, Instant.EPOCH.toString(), Optional.empty());
        }
        return new Commit(
                Optional.of(head.get().id()),
                git.get().dirty(),
                head.get().at().toString(),
                git.get().source());
    }

    /**
     * The tags of an image whose user names none: the commit and the build in one, and, where tags
     * may move, the commit alone.
     */
    List<String> tags(BuildOrder order) {
        if (id.isEmpty()) {
            return List.of("build-" + order.build());
        }
        String commit = id.get().substring(0, 12) + (dirty ? "-dirty" : "");
        String both = commit + "-" + order.build();
        return order.immutable() ? List.of(both) : List.of(both, commit);
    }
}
