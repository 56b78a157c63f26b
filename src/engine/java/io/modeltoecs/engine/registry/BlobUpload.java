package io.modeltoecs.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.function.LongConsumer;
import org.apache.http.Header;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.client.utils.URIBuilder;
import org.apache.http.entity.AbstractHttpEntity;

/** One upload of a blob, which may be cut off and go on. */
final class BlobUpload {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;
    private static final int BUFFER = 1 << 16;
    // What isn't worth to be resumed is sent in one request
    private static final long AT_ONCE = 1 << 20;

    private final RegistryRepository repository;
    private final String digest;
    private final long bytes;
    private final BlobSource blob;
    private final String mountFrom;
    private final LongConsumer written;
    private URI place;
    private long sent;

    BlobUpload(
            RegistryRepository repository,
            String digest,
            long bytes,
            BlobSource blob,
            String mountFrom,
            LongConsumer written) {
        this.repository = repository;
        this.digest = digest;
        this.bytes = bytes;
        this.blob = blob;
        this.mountFrom = mountFrom;
        this.written = written;
    }

    /**
     * Uploads it, or what is missing of it since the last call.
     *
     * @return false if the registry took it from another repository
     */
    boolean run() throws IOException {
        long offset = place == null ? -1 : received();
        if (offset < 0) {
            if (!begin()) {
                return false;
            }
            offset = 0;
        }
        written.accept(offset - sent);
        sent = offset;
        try {
            send(offset);
            return true;
        } catch (RegistryAnswer e) {
            if (offset == 0 || e.mayPass()) {
                throw e;
            }
            place = null;
            throw new IOException("it doesn't go on with an upload: " + e.getMessage());
        }
    }

    private void send(long offset) throws IOException {
        boolean whole = offset == 0 && bytes <= AT_ONCE;
        if (!whole && offset < bytes) {
            RequestBuilder patch = RequestBuilder.create("PATCH").setUri(place);
            if (offset > 0) {
                patch.setHeader("Content-Range", offset + "-" + (bytes - 1));
            }
            try (CloseableHttpResponse answer =
                    repository.ask(content(patch, offset), ACCEPTED, NO_CONTENT)) {
                place = location(answer);
            }
        }
        RequestBuilder put = RequestBuilder.put(with(place, "digest", digest));
        place = null;
        repository.ask(whole ? content(put, 0) : put, CREATED, NO_CONTENT).close();
    }

    private RequestBuilder content(RequestBuilder request, long offset) {
        return request.setHeader("Content-Type", "application/octet-stream")
                .setEntity(new Rest(offset));
    }

    /** Whether there is something to upload: the registry may take it from elsewhere. */
    private boolean begin() throws IOException {
        URI uploads = repository.at("blobs/uploads/");
        if (mountFrom != null) {
            uploads = with(with(uploads, "mount", digest), "from", mountFrom);
        }
        RequestBuilder post = RequestBuilder.post(uploads);
        try (CloseableHttpResponse answer = repository.ask(post, CREATED, ACCEPTED)) {
            place = location(answer);
            return RegistryRepository.status(answer) == ACCEPTED;
        }
    }

    /** How much of an upload that was cut off the registry has, or -1 if it can't be told. */
    private long received() {
        try (CloseableHttpResponse answer = repository.ask(RequestBuilder.get(place), NO_CONTENT)) {
            Header range = answer.getFirstHeader("Range");
            if (range != null && range.getValue().matches("(bytes=)?0-[0-9]+")) {
                place = location(answer);
                long last = Long.parseLong(range.getValue().replaceFirst(".*-", ""));
                return last == 0 || last >= bytes ? -1 : last + 1;
            }
            return -1;
        } catch (IOException e) {
            return -1;
        }
    }

    private static URI with(URI uri, String parameter, String value) {
        try {
            return new URIBuilder(uri).addParameter(parameter, value).build();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private URI location(CloseableHttpResponse answer) throws IOException {
        Header location = answer.getFirstHeader("Location");
        if (location == null) {
            throw new IOException("it doesn't say where an upload goes");
        }
        return repository.at("").resolve("/").resolve(location.getValue());
    }

    /** The rest of the blob as the body of a request. */
    private final class Rest extends AbstractHttpEntity {
        private final long offset;

        Rest(long offset) {
            this.offset = offset;
        }

        @Override
        public boolean isRepeatable() {
            return true;
        }

        @Override
        public boolean isStreaming() {
            return false;
        }

        @Override
        public long getContentLength() {
            return bytes - offset;
        }

        @Override
        public InputStream getContent() throws IOException {
            return blob.open(offset);
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            written.accept(offset - sent);
            sent = offset;
            byte[] buffer = new byte[BUFFER];
            try (InputStream in = blob.open(offset)) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    out.write(buffer, 0, n);
                    sent += n;
                    written.accept(n);
                }
            }
        }
    }
}
