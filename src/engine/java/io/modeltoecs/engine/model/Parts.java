package io.modeltoecs.engine.model;

/**
 * How a file is cut into the parts of a multipart upload: at most 10,000, each but the last of 5
 * MiB or more. <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html">S3's
 * limits</a>
 */
final class Parts {
    private static final long LEAST = 8L << 20;
    private static final long MOST_PARTS = 10_000;

    private Parts() {}

    /** Bytes of each part but the last, for a file of so many bytes. */
    static long size(long fileBytes) {
        long needed = (fileBytes + MOST_PARTS - 1) / MOST_PARTS;
        return Math.max(LEAST, (needed + LEAST - 1) / LEAST * LEAST);
    }

    /** How many parts there are: one for an empty file. */
    static int count(long fileBytes) {
        long size = size(fileBytes);
        return (int) Math.max(1, (fileBytes + size - 1) / size);
    }
}
