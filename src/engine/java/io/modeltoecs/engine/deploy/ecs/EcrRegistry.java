package io.modeltoecs.engine.deploy.ecs;

import software.amazon.awssdk.services.ecr.EcrClient;

/**
 * A registry of Amazon ECR.
 *
 * @param ecr a client of its region
 * @param account whose it is; null: the caller's
 * @param scheme by which its blobs are read
 */
record EcrRegistry(EcrClient ecr, String account, String scheme) {}
