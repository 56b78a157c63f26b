package io.modeltoecs.cloud.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers come over each other as the image specification has it, and nothing leaves the root. */
class LayerTest {
    @TempDir Path folder;
    private Path root;

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectory(folder.resolve("root"));
    }

    @Test
    void whiteoutsAndOpaqueFoldersHideWhatIsBelow() throws IOException {
        unpack(new Tar().file("a/one", "1").file("a/two", "2").file("b/old", "o").file("b/c/old", "o"));
        unpack(
                new Tar()
                        .file("a/.wh.one", "")
                        .file("b/new", "n")
                        .file("b/c/new", "n")
                        .file("b/.wh..wh..opq", ""));
        assertThat(root.resolve("a/one")).doesNotExist();
        assertThat(root.resolve("a/two")).hasContent("2");
        assertThat(root.resolve("b/old")).doesNotExist();
        assertThat(root.resolve("b/c/old")).doesNotExist();
        assertThat(root.resolve("b/new")).hasContent("n");
        assertThat(root.resolve("b/c/new")).hasContent("n");
        assertThat(root.resolve("a/.wh.one")).doesNotExist();
    }

    @Test
    void filesReplaceFoldersAndTheOtherWayRound() throws IOException {
        unpack(new Tar().file("x/in", "1").file("y", "2"));
        unpack(new Tar().file("x", "3").file("y/in", "4"));
        assertThat(root.resolve("x")).hasContent("3");
        assertThat(root.resolve("y/in")).hasContent("4");
    }

    @Test
    void linksAreKept() throws IOException {
        unpack(
                new Tar()
                        .file("usr/lib/real", "r")
                        .symlink("lib", "usr/lib")
                        .file("lib/more", "m")
                        .hardlink("usr/lib/same", "lib/real")
                        .symlink("bin/tool", "/usr/lib/real"));
        assertThat(Files.readSymbolicLink(root.resolve("lib"))).hasToString("usr/lib");
        assertThat(root.resolve("usr/lib/more")).hasContent("m");
        assertThat(Files.isSameFile(root.resolve("usr/lib/same"), root.resolve("usr/lib/real")))
                .isTrue();
        assertThat(new Root(root).follow(Path.of("/bin/tool"))).isEqualTo(root.resolve("usr/lib/real"));
    }

    @Test
    void modesAreKept() throws IOException {
        unpack(new Tar().mode("bin/program", "#!", 0755).mode("key", "k", 0600));
        assertThat(Files.getAttribute(root.resolve("bin/program"), "unix:mode")).isEqualTo(0100755);
        assertThat(Files.getAttribute(root.resolve("key"), "unix:mode")).isEqualTo(0100600);
    }

    @Test
    void nothingIsWrittenOutsideOfTheRoot() throws IOException {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("file"), "safe");
        // Within a container a link to a folder of the machine is one to the container's own.
        unpack(
                new Tar()
                        .symlink("way", outside.toString())
                        .symlink("up", "../../../../../../.." + outside)
                        .file("way/file", "container's")
                        .file("up/file", "container's"));
        assertThat(outside.resolve("file")).hasContent("safe");
        assertThat(root.resolve(outside.toString().substring(1)).resolve("file"))
                .hasContent("container's");
        assertThatThrownBy(() -> unpack(new Tar().file("../outside/file", "bad")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("leads out of its root");
        assertThatThrownBy(() -> unpack(new Tar().hardlink("stolen", "../outside/file")))
                .isInstanceOf(IOException.class);
        unpack(new Tar().symlink("way", outside.toString()).file(".wh.way", ""));
        assertThat(outside.resolve("file")).hasContent("safe");
    }

    private void unpack(Tar tar) throws IOException {
        new Layer(root, false).unpack(new ByteArrayInputStream(tar.bytes()));
    }

    private static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream tar =
                new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());

        Tar file(String name, String content) throws IOException {
            return mode(name, content, 0644);
        }

        Tar mode(String name, String content, int mode) throws IOException {
            TarArchiveEntry entry = new TarArchiveEntry(name, true);
            entry.setSize(content.length());
            entry.setMode(0100000 | mode);
            tar.putArchiveEntry(entry);
            tar.write(content.getBytes(StandardCharsets.US_ASCII));
            tar.closeArchiveEntry();
            return this;
        }

        Tar symlink(String name, String target) throws IOException {
            return link(name, target, TarConstants.LF_SYMLINK);
        }

        Tar hardlink(String name, String target) throws IOException {
            return link(name, target, TarConstants.LF_LINK);
        }

        private Tar link(String name, String target, byte type) throws IOException {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            TarArchiveEntry entry = new TarArchiveEntry(name, type);
            entry.setLinkName(target);
            tar.putArchiveEntry(entry);
            tar.closeArchiveEntry();
            return this;
        }

        byte[] bytes() throws IOException {
            tar.close();
            return bytes.toByteArray();
        }
    }
}
