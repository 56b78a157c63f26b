/**
 * S3, by S3Proxy's handler over its file store.
 *
 * <p>Why S3Proxy and not Adobe S3Mock: both stream to disk and take objects of several GB, but
 * S3Mock 5.0.0 is a Spring Boot application with a port and a start of its own and lets a PUT with
 * {@code If-Match} create a key that isn't there; S3Proxy 4.1.0 is a handler that sits in our own
 * server, answers 412 to {@code If-None-Match} and {@code If-Match} on PUT and on
 * CompleteMultipartUpload, checks checksums, also trailing ones, and keeps plain files: what is on
 * disk is what was stored. Its check of {@code If-Match} is a read and then a write; {@link
 * io.modeltoecs.cloud.s3.S3Service} makes them one step by a lock for each key.
 */
package io.modeltoecs.cloud.s3;
