package io.modeltoecs.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InterruptedIOException;
import java.io.IOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

class TarWriterTest {
    @Test
    void anotherImplementationReadsIt() throws IOException {
        String longName = "a/".repeat(120) + "ünïcode 名前.txt";
        String longTarget = "../".repeat(60) + "target";
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarWriter tar = new TarWriter(out)) {
            tar.directory("app");
            tar.file("app/run", true, 3, new ByteArrayInputStream("abc".getBytes()));
            tar.file(longName, false, 512, new ByteArrayInputStream(new byte[512]));
            tar.link("app/link", longTarget);
        }
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new ByteArrayInputStream(out.toByteArray()), "UTF-8")) {
            assertThat(tar.getNextEntry().isDirectory()).isTrue();
            TarArchiveEntry file = tar.getNextEntry();
            assertThat(file.getName()).isEqualTo("app/run");
            assertThat(file.getMode()).isEqualTo(0755);
            assertThat(file.getLongUserId()).isZero();
            assertThat(file.getLastModifiedTime().toMillis()).isEqualTo(1000);
            assertThat(tar.readAllBytes()).isEqualTo("abc".getBytes());
            TarArchiveEntry deep = tar.getNextEntry();
            assertThat(deep.getName()).isEqualTo(longName);
            assertThat(deep.getSize()).isEqualTo(512);
            TarArchiveEntry link = tar.getNextEntry();
            assertThat(link.isSymbolicLink()).isTrue();
            assertThat(link.getLinkName()).isEqualTo(longTarget);
            assertThat(tar.getNextEntry()).isNull();
        }
    }

    @Test
    void anInterruptedThreadPacksNoMore() {
        TarWriter tar = new TarWriter(new ByteArrayOutputStream());
        Thread.currentThread().interrupt();
        assertThatThrownBy(
                        () -> tar.file("log", false, 3, new ByteArrayInputStream(new byte[3])))
                .isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aFileThatGrowsWhileItIsReadIsNoArchive() {
        TarWriter tar = new TarWriter(new ByteArrayOutputStream());
        assertThatThrownBy(
                        () -> tar.file("log", false, 2, new ByteArrayInputStream(new byte[3])))
                .hasMessageContaining("log changed");
    }
}
