package io.modeltoecs.runner.steps;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import hudson.AbortException;
import io.modeltoecs.engine.StepException;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.List;

/** Steps that read and write files of the workspace. */
final class FileSteps {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BASE64 = "Base64";

    private FileSteps() {}

    static List<Step> all() {
        return List.of(
                Step.onNode("readFile", FileSteps::readFile, "file", "encoding"),
                Step.onNode("writeFile", FileSteps::writeFile, "file", "text", "encoding"),
                Step.onNode(
                        "fileExists",
                        context -> Files.exists(context.path(context.required("file"))),
                        "file"),
                Step.onNode("readJSON", FileSteps::readJson, "file", "text", "returnPojo"),
                Step.onNode(
                        "writeJSON", FileSteps::writeJson, "file", "json", "pretty", "returnText"),
                Step.onNode("deleteDir", FileSteps::deleteDir),
                Step.onNode(
                        "archiveArtifacts",
                        FileSteps::archive,
                        "artifacts",
                        "allowEmptyArchive",
                        "excludes",
                        "fingerprint",
                        "onlyIfSuccessful",
                        "followSymlinks",
                        "caseSensitive",
                        "defaultExcludes"));
    }

    private static Object readFile(StepContext context) throws IOException {
        Path file = existing(context);
        return BASE64.equals(context.text("encoding"))
                ? Base64.getEncoder().encodeToString(Files.readAllBytes(file))
                : Files.readString(file, charset(context));
    }

    private static Object writeFile(StepContext context) throws IOException {
        Path file = context.path(context.required("file"));
        Files.createDirectories(file.getParent());
        String text = context.required("text");
        Files.write(
                file,
                BASE64.equals(context.text("encoding"))
                        ? Base64.getDecoder().decode(text)
                        : text.getBytes(charset(context)));
        return null;
    }

    private static Object readJson(StepContext context) throws IOException {
        if (context.has("file") == context.has("text")) {
            throw new StepException("readJSON: give either 'file' or 'text'");
        }
        String text = context.text("text");
        try {
            return JSON.readValue(
                    text == null ? Files.readString(existing(context)) : text, Object.class);
        } catch (JsonProcessingException e) {
            throw new AbortException(
                    "readJSON: %s isn't JSON: %s"
                            .formatted(context.text("file", "the text"), e.getOriginalMessage()));
        }
    }

    private static Object writeJson(StepContext context) throws IOException {
        ObjectWriter writer =
                context.number("pretty", 0) > 0
                        ? JSON.writerWithDefaultPrettyPrinter()
                        : JSON.writer();
        String text = writer.writeValueAsString(context.value("json"));
        if (context.flag("returnText")) {
            return text;
        }
        Files.writeString(context.path(context.required("file")), text);
        return null;
    }

    private static Object deleteDir(StepContext context) throws IOException {
        Folders.delete(context.directory());
        return null;
    }

    private static Object archive(StepContext context) throws IOException {
        String patterns = context.required("artifacts");
        List<Path> files =
                FilePatterns.find(context.directory(), patterns, context.text("excludes"));
        if (files.isEmpty() && !context.flag("allowEmptyArchive")) {
            throw new AbortException("archiveArtifacts: no file matches '" + patterns + "'");
        }
        Path archive = context.build().folder().resolve("archive");
        for (Path file : files) {
            Path copy = archive.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(
                    context.directory().resolve(file), copy, StandardCopyOption.REPLACE_EXISTING);
        }
        context.say("Archived %d file(s) in %s".formatted(files.size(), archive));
        return null;
    }

    private static Path existing(StepContext context) throws AbortException {
        Path file = context.path(context.required("file"));
        if (!Files.exists(file)) {
            throw new AbortException(
                    "%s: no file '%s' in %s"
                            .formatted(context.name(), context.text("file"), context.directory()));
        }
        return file;
    }

    private static Charset charset(StepContext context) {
        return Charset.forName(context.text("encoding", StandardCharsets.UTF_8.name()));
    }
}
