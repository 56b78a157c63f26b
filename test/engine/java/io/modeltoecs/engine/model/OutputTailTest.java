package io.modeltoecs.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputTailTest {
    private OutputTail tail = new OutputTail();

    @Test
    void keepsTheLastTwentyLines() throws Exception {
        for (int i = 1; i <= 1000; i++) {
            write("line " + i + "\n\n");
        }
        write("no end");

        assertThat(tail.lines()).hasSize(20).startsWith("line 982").endsWith("line 1000", "no end");
    }

    @Test
    void aProgressBarIsWhatItShowedLast() throws Exception {
        write("epoch 1\r\n 10%|#   |\r 50%|##  |\r100%|####|\nLoss: 3\r");

        assertThat(tail.lines()).containsExactly("epoch 1", "100%|####|", "Loss: 3");
    }

    @Test
    void aLongLineIsCut() throws Exception {
        write("模".repeat(100_000) + "\nend\n");

        assertThat(tail.lines()).hasSize(2).last().isEqualTo("end");
        assertThat(tail.lines().get(0)).startsWith("模模").endsWith("...").hasSizeLessThan(200);
    }

    @Test
    void goesOnAfterARestart() throws Exception {
        write("before\nhalf ");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(tail);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            tail = (OutputTail) in.readObject();
        }
        write("a line\n");

        assertThat(tail.lines()).containsExactly("before", "half a line");
    }

    @Test
    void aFailedTrainingTellsThem() throws Exception {
        assertThat(Training.failed(3, tail))
                .hasMessage("trainAndPublishModel: 'train' failed with exit code 3; nothing is published");
        write("reading\nno such file: iris.csv\n");
        assertThat(Training.failed(3, tail))
                .hasMessage(
                        "trainAndPublishModel: 'train' failed with exit code 3; nothing is published."
                                + " The last lines of its output:\n  reading\n  no such file: iris.csv");
    }

    private void write(String text) throws IOException {
        tail.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
