package io.modeltoecs.engine.image;

import io.modeltoecs.engine.StepException;
import io.modeltoecs.engine.progress.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecr.EcrClient;
import software.amazon.awssdk.services.ecr.model.Attribute;
import software.amazon.awssdk.services.ecr.model.DescribeImageScanFindingsResponse;
import software.amazon.awssdk.services.ecr.model.EnhancedImageScanFinding;
import software.amazon.awssdk.services.ecr.model.ImageScanFinding;
import software.amazon.awssdk.services.ecr.model.ScanNotFoundException;
import software.amazon.awssdk.services.ecr.model.ScanStatus;

/**
 * What ECR's scan of an image finds, basic or enhanced.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
 */
final class ScanFindings {
    /** Severities, the worst first. ECR's UNTRIAGED and UNDEFINED are below all of them. */
    static final List<String> SEVERITIES =
            List.of("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL");

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Duration BEGINS = Duration.ofMinutes(2);
    private static final Duration BETWEEN = Duration.ofSeconds(5);
    private static final Duration TOLD = Duration.ofSeconds(30);
    private static final int SHOWN = 20;

    private final EcrClient ecr;
    private final String account;
    private final String repository;
    private final String digest;

    private record Finding(String severity, String name, String where) {}

    /**
     * @param account the registry's, or null for the caller's
     */
    ScanFindings(EcrClient ecr, String account, String repository, String digest) {
        this.ecr = ecr;
        this.account = account;
        this.repository = repository;
        this.digest = digest;
    }

    /**
     * Waits for the scan, ten minutes at most.
     *
     * @param failOn the least severity that is refused
     * @throws StepException if there are findings of this or a worse severity, or no scan
     */
    void refuse(String failOn, Progress progress) throws InterruptedException {
        long start = System.nanoTime();
        long told = start;
        while (true) {
            Duration waited = Duration.ofNanos(System.nanoTime() - start);
            Optional<ScanStatus> status = status();
            if (status.isEmpty() && waited.compareTo(BEGINS) > 0) {
                throw unscanned("there is no scan: turn on scan-on-push, or enhanced scanning");
            }
            switch (status.orElse(ScanStatus.PENDING)) {
                case COMPLETE, ACTIVE -> {
                    judge(failOn, progress);
                    return;
                }
                case FAILED ->
                        throw unscanned("the scan failed; ECR can't scan every kind of image");
                case UNSUPPORTED_IMAGE -> throw unscanned("ECR can't scan this kind of image");
                case SCAN_ELIGIBILITY_EXPIRED,
                        FINDINGS_UNAVAILABLE,
                        LIMIT_EXCEEDED,
                        IMAGE_ARCHIVED ->
                        throw unscanned("the scan is " + status.get());
                default -> {
                    // it goes on
                }
            }
            if (waited.compareTo(LONGEST) > 0) {
                throw unscanned("the scan isn't complete after ten minutes");
            }
            if (System.nanoTime() - told > TOLD.toNanos()) {
                told = System.nanoTime();
                progress.say("scan: waiting for ECR since %d s".formatted(waited.toSeconds()));
            }
            Thread.sleep(BETWEEN.toMillis());
        }
    }

    /** How far the scan is; nothing where none was begun. */
    private Optional<ScanStatus> status() {
        try {
            DescribeImageScanFindingsResponse answer =
                    ecr.describeImageScanFindings(
                            request ->
                                    request.registryId(account)
                                            .repositoryName(repository)
                                            .imageId(id -> id.imageDigest(digest))
                                            .maxResults(1));
            return Optional.of(answer.imageScanStatus().status());
        } catch (ScanNotFoundException e) {
            return Optional.empty();
        } catch (AwsServiceException e) {
            throw unscanned("ecr:DescribeImageScanFindings was refused: " + words(e));
        } catch (SdkException e) {
            throw unscanned("ECR can't be reached: " + e.getMessage());
        }
    }

    private static String words(AwsServiceException e) {
        return e.awsErrorDetails() == null ? e.getMessage() : e.awsErrorDetails().errorMessage();
    }

    private StepException unscanned(String why) {
        return new StepException(
                "buildServingImage: 'failOn' can't be judged for %s@%s: %s. The image is in the"
                                .formatted(repository, digest, why)
                        + " registry");
    }

    private void judge(String failOn, Progress progress) {
        TreeMap<Integer, List<Finding>> found = new TreeMap<>();
        ecr
                .describeImageScanFindingsPaginator(
                        request ->
                                request.registryId(account)
                                        .repositoryName(repository)
                                        .imageId(id -> id.imageDigest(digest)))
                .stream()
                .flatMap(page -> findings(page).stream())
                .forEach(
                        each ->
                                found.computeIfAbsent(rank(each.severity()), r -> new ArrayList<>())
                                        .add(each));
        List<Finding> refused =
                found.headMap(rank(failOn), true).values().stream().flatMap(List::stream).toList();
        int all = found.values().stream().mapToInt(List::size).sum();
        if (refused.isEmpty()) {
            progress.say(
                    "scan: %d findings, none of them %s%s"
                            .formatted(all, failOn, failOn.equals("CRITICAL") ? "" : " or worse"));
            return;
        }
        StringBuilder table = new StringBuilder();
        refused.stream()
                .limit(SHOWN)
                .forEach(
                        each ->
                                table.append(
                                        "%n  %-13s %-20s %s"
                                                .formatted(
                                                        each.severity(),
                                                        each.name(),
                                                        each.where())));
        if (refused.size() > SHOWN) {
            table.append("%n  and %d more".formatted(refused.size() - SHOWN));
        }
        throw new StepException(
                "buildServingImage: ECR's scan of %s@%s finds %d of %d at 'failOn' %s or worse; the image is in the registry, but don't deploy it:%s"
                        .formatted(repository, digest, refused.size(), all, failOn, table));
    }

    private static int rank(String severity) {
        int rank = SEVERITIES.indexOf(severity);
        return rank < 0 ? SEVERITIES.size() : rank;
    }

    private static List<Finding> findings(DescribeImageScanFindingsResponse page) {
        List<Finding> findings = new ArrayList<>();
        if (page.imageScanFindings() == null) {
            return findings;
        }
        for (ImageScanFinding each : page.imageScanFindings().findings()) {
            findings.add(
                    new Finding(
                            each.severityAsString(),
                            each.name(),
                            attribute(each, "package_name")
                                    + " "
                                    + attribute(each, "package_version")));
        }
        for (EnhancedImageScanFinding each : page.imageScanFindings().enhancedFindings()) {
            String where =
                    each.packageVulnerabilityDetails() == null
                            ? ""
                            : String.join(
                                    ", ",
                                    each.packageVulnerabilityDetails().vulnerablePackages().stream()
                                            .map(p -> p.name() + " " + p.version())
                                            .toList());
            findings.add(new Finding(each.severity(), name(each), where));
        }
        return findings;
    }

    private static String name(EnhancedImageScanFinding finding) {
        return finding.packageVulnerabilityDetails() == null
                        || finding.packageVulnerabilityDetails().vulnerabilityId() == null
                ? finding.title()
                : finding.packageVulnerabilityDetails().vulnerabilityId();
    }

    private static String attribute(ImageScanFinding finding, String key) {
        return finding.attributes().stream()
                .filter(each -> each.key().equals(key))
                .map(Attribute::value)
                .findFirst()
                .orElse("");
    }
}
