package io.modeltoecs.cloud.s3;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Striped;
import io.modeltoecs.cloud.api.HttpService;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyHandler;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * S3 over a blob store. Writes of one key happen one after the other, so that the conditions of a
 * write ({@code If-Match}, {@code If-None-Match}) still hold when it is carried out.
 */
public final class S3Service implements HttpService {
    private static final Logger LOG = LoggerFactory.getLogger(S3Service.class);
    private static final int LOCKS = 4096;
    private static final long MAX_OBJECT = 64L << 30;
    private static final int BUFFER = 64 << 10;
    private static final long MAX_READ_ON = 64 << 20;
    private static final int MAX_CHUNK = 16 << 20;
    private static final int CLOCK_SKEW_SECONDS = 15 * 60;
    private static final int PRECONDITION_FAILED = 412;
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final Striped<Lock> keys = Striped.lazyWeakLock(LOCKS);
    private final Handler handler;

    public S3Service(BlobStore store) {
        handler = new Handler(store);
    }

    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!changesObject(request)) {
            handler.handle(request, response);
            return;
        }
        Lock lock = keys.get(request.getRequestURI());
        lock.lock();
        try {
            handler.handle(request, response);
        } finally {
            lock.unlock();
        }
    }

    private static boolean changesObject(HttpServletRequest request) {
        String query = String.valueOf(request.getQueryString());
        return switch (request.getMethod()) {
            case "PUT", "DELETE" -> !query.contains("partNumber=");
            case "POST" -> query.contains("uploadId=");
            default -> false;
        };
    }

    /** S3Proxy's handler with its exceptions turned into S3's error documents. */
    private static final class Handler extends S3ProxyHandler {

        /** The signature's key was checked before; S3Proxy checks a pre-signed URL's expiry. */
        Handler(BlobStore store) {
            super(
                    store,
                    AuthenticationType.NONE,
                    null,
                    null,
                    null,
                    MAX_OBJECT,
                    MAX_OBJECT,
                    MAX_CHUNK,
                    true,
                    null,
                    "",
                    CLOCK_SKEW_SECONDS);
        }

        void handle(HttpServletRequest request, HttpServletResponse response) throws IOException {
            InputStream body = request.getInputStream();
            try {
                doHandle(request, request, response, body, new RequestContext());
            } catch (UnsupportedOperationException e) {
                answer(request, response, S3ErrorCode.NOT_IMPLEMENTED);
            } catch (IllegalArgumentException e) {
                response.sendError(HttpServletResponse.SC_BAD_REQUEST, e.getMessage());
            } catch (RuntimeException | IOException e) {
                AwsServiceException error = serviceError(e);
                readOn(body);
                if (error == null) {
                    LOG.warn("{} {} failed", request.getMethod(), request.getRequestURI(), e);
                    answer(request, response, S3ErrorCode.INTERNAL_ERROR);
                } else {
                    answer(request, response, error);
                }
            }
        }

        /**
         * Reads what the client is still sending: answered before, it would see a broken connection
         * instead of the answer. Of large bodies only the start is waited for.
         */
        private static void readOn(InputStream body) throws IOException {
            byte[] buffer = new byte[BUFFER];
            long left = MAX_READ_ON;
            for (int n = 0; n >= 0 && left > 0; left -= n) {
                n = body.read(buffer);
            }
        }

        private static AwsServiceException serviceError(Throwable thrown) {
            return Throwables.getCausalChain(thrown).stream()
                    .filter(AwsServiceException.class::isInstance)
                    .map(AwsServiceException.class::cast)
                    .findFirst()
                    .orElse(null);
        }

        private void answer(
                HttpServletRequest request, HttpServletResponse response, AwsServiceException error)
                throws IOException {
            String code = S3Exceptions.errorCode(error);
            if (code != null) {
                String message = String.valueOf(error.awsErrorDetails().errorMessage());
                sendSimpleErrorResponse(
                        request, response, code, error.statusCode(), message, Map.of());
                return;
            }
            boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
            switch (error.statusCode()) {
                case PRECONDITION_FAILED -> {
                    if (reads && request.getHeader("If-Match") == null) {
                        response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
                    } else {
                        answer(request, response, S3ErrorCode.PRECONDITION_FAILED);
                    }
                }
                case RANGE_NOT_SATISFIABLE -> answer(request, response, S3ErrorCode.INVALID_RANGE);
                case HttpServletResponse.SC_BAD_REQUEST ->
                        answer(request, response, S3ErrorCode.BAD_DIGEST);
                case HttpServletResponse.SC_FORBIDDEN ->
                        answer(request, response, S3ErrorCode.ACCESS_DENIED);
                case HttpServletResponse.SC_METHOD_NOT_ALLOWED ->
                        answer(request, response, S3ErrorCode.METHOD_NOT_ALLOWED);
                default -> response.setStatus(error.statusCode());
            }
        }

        private void answer(
                HttpServletRequest request, HttpServletResponse response, S3ErrorCode code)
                throws IOException {
            sendSimpleErrorResponse(request, response, code, code.toString(), Map.of());
        }
    }
}
