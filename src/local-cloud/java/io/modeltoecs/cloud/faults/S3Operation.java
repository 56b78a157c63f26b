package io.modeltoecs.cloud.faults;

import jakarta.servlet.http.HttpServletRequest;

/** The name of the S3 operation that a request is, as SDKs call it. */
public final class S3Operation {
    private S3Operation() {}

    /** The name, for the operations that models are published and read with. */
    public static String of(HttpServletRequest request) {
        String query = request.getQueryString() == null ? "" : "&" + request.getQueryString();
        boolean part = query.contains("&uploadId=");
        boolean object =
                request.getRequestURI().indexOf('/', 1) > 0
                        && !request.getRequestURI().endsWith("/");
        return switch (request.getMethod()) {
            case "GET" ->
                    object
                            ? get(query, part)
                            : query.contains("&uploads") ? "ListMultipartUploads" : "ListObjectsV2";
            case "HEAD" -> object ? "HeadObject" : "HeadBucket";
            case "PUT" -> put(request, object, part);
            case "POST" -> post(query, part);
            case "DELETE" -> part ? "AbortMultipartUpload" : "DeleteObject";
            default -> request.getMethod();
        };
    }

    private static String get(String query, boolean part) {
        return part ? "ListParts" : query.contains("&tagging") ? "GetObjectTagging" : "GetObject";
    }

    private static String put(HttpServletRequest request, boolean object, boolean part) {
        if (!object) {
            return "CreateBucket";
        }
        if (part) {
            return "UploadPart";
        }
        return request.getHeader("x-amz-copy-source") == null ? "PutObject" : "CopyObject";
    }

    private static String post(String query, boolean part) {
        if (part) {
            return "CompleteMultipartUpload";
        }
        return query.contains("&uploads") ? "CreateMultipartUpload" : "DeleteObjects";
    }
}
