package io.modeltoecs.engine.pickle;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * How a stream is compressed, told by how it begins, as <a
 * href="https://github.com/joblib/joblib/blob/1.5.2/joblib/compressor.py">joblib</a> tells it. What
 * several compressed streams in a row hold is one stream, as Python has it.
 */
enum Packing {
    ZLIB("\u0078") {
        @Override
        InputStream open(InputStream in) {
            return streamAfterStream(in, Packing::inflate);
        }
    },
    GZIP("\u001f\u008b") {
        @Override
        InputStream open(InputStream in) throws IOException {
            return new GzipCompressorInputStream(in, true);
        }
    },
    BZ2("BZ") {
        @Override
        InputStream open(InputStream in) throws IOException {
            return new BZip2CompressorInputStream(in, true);
        }
    },
    LZMA("\u005d\u0000") {
        @Override
        InputStream open(InputStream in) {
            return streamAfterStream(in, one -> new LZMAInputStream(one, MOST_MEMORY_KIB));
        }
    },
    XZ("\u00fd7zXZ") {
        @Override
        InputStream open(InputStream in) throws IOException {
            return new XZInputStream(in, MOST_MEMORY_KIB);
        }
    },
    LZ4("\u0004\"M\u0018") {
        @Override
        InputStream open(InputStream in) throws IOException {
            return new FramedLZ4CompressorInputStream(in, true);
        }
    };

    /** What a dictionary may take: xz -9 needs 65 MiB. */
    private static final int MOST_MEMORY_KIB = 128 << 10;

    private static final int BUFFER = 1 << 16;

    private final byte[] magic;

    Packing(String magic) {
        this.magic = magic.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The packing of a stream that begins like this, or null. */
    static Packing of(byte[] head) {
        for (Packing packing : values()) {
            if (startsWith(head, packing.magic)) {
                return packing;
            }
        }
        return null;
    }

    static boolean startsWith(byte[] head, byte[] magic) {
        return head.length >= magic.length
                && java.util.Arrays.equals(head, 0, magic.length, magic, 0, magic.length);
    }

    /**
     * What was packed.
     *
     * @throws IOException if it is damaged; reading may throw it too
     */
    abstract InputStream open(InputStream in) throws IOException;

    private interface Opener {
        InputStream open(PushbackInputStream in) throws IOException;
    }

    private static InputStream inflate(PushbackInputStream packed) {
        return new InflaterInputStream(packed, new Inflater(), BUFFER) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int some = super.read(bytes, offset, length);
                if (some < 0 && inf.getRemaining() > 0) {
                    packed.unread(buf, len - inf.getRemaining(), inf.getRemaining());
                    inf.end();
                }
                return some;
            }
        };
    }

    private static InputStream streamAfterStream(InputStream in, Opener opener) {
        PushbackInputStream packed =
                new PushbackInputStream(new BufferedInputStream(in, BUFFER), BUFFER);
        return new InputStream() {
            private InputStream current;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                while (true) {
                    if (current == null) {
                        int next = packed.read();
                        if (next < 0) {
                            return -1;
                        }
                        packed.unread(next);
                        current = opener.open(packed);
                    }
                    int some = current.read(bytes, offset, length);
                    if (some >= 0) {
                        return some;
                    }
                    current = null;
                }
            }

            @Override
            public void close() throws IOException {
                packed.close();
            }
        };
    }
}
