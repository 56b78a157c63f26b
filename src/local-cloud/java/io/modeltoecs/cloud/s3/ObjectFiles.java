package io.modeltoecs.cloud.s3;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.regex.Pattern;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/**
 * Objects as files of one folder. The file store writes an object under its key with a UUID behind,
 * and then moves it to its name; such a file is neither shown while it is written nor kept after a
 * process that was killed in between.
 */
public final class ObjectFiles extends ForwardingBlobStore {
    private static final Pattern TEMPORARY =
            Pattern.compile(".*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final String CHECKSUM = "user.content-md5";

    private ObjectFiles(Path folder) {
        super(new FilesystemNio2BlobStore(folder.toString()));
    }

    /**
     * Opens a folder, which is made where it is missing.
     *
     * @throws IOException where the folder can't be made or its file system keeps no extended
     *     attributes, which hold an object's checksum and metadata
     */
    public static ObjectFiles open(Path folder) throws IOException {
        Files.createDirectories(folder);
        if (!Files.getFileStore(folder)
                .supportsFileAttributeView(UserDefinedFileAttributeView.class)) {
            throw new IOException(
                    folder
                            + " is on a file system without extended attributes (user.*), which"
                            + " objects need: put the checkout on ext4, xfs, btrfs or APFS");
        }
        removeUnfinished(folder);
        return new ObjectFiles(folder);
    }

    private static void removeUnfinished(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (isTemporary(file.toString()) && !isComplete(file)) {
                            Files.delete(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private static boolean isTemporary(String name) {
        return TEMPORARY.matcher(name).matches();
    }

    private static boolean isComplete(Path file) throws IOException {
        UserDefinedFileAttributeView attributes =
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        return attributes.list().contains(CHECKSUM);
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        ListObjectsV2Response all = super.list(request);
        return all.toBuilder()
                .contents(
                        all.contents().stream()
                                .filter(o -> o.eTag() != null || !isTemporary(o.key()))
                                .toList())
                .build();
    }
}
