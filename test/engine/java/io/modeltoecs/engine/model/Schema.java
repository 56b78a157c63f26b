package io.modeltoecs.engine.model;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The schema of model.json that users are given. */
final class Schema {
    private Schema() {}

    /** What a model.json has that the schema forbids, or lacks that it wants. */
    static List<String> problems(String modelJson) throws IOException {
        String text = Files.readString(Path.of("../../resources/schemas/model.schema.json"));
        JsonSchema schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
        return schema
                .validate(
                        modelJson,
                        InputFormat.JSON,
                        context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
                .stream()
                .map(problem -> problem.getInstanceLocation() + ": " + problem.getMessage())
                .toList();
    }
}
