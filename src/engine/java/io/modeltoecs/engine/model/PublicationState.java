package io.modeltoecs.engine.model;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far a publication has come. It is kept between calls of {@link Publisher#publish}, so that
 * one that was interrupted by a restart goes on with what is missing. All fields are of the JDK.
 */
public final class PublicationState implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What is to be done next. */
    enum Phase {
        INSPECT,
        UPLOAD,
        COMMIT,
        DONE
    }

    /** A file on its way to the store. */
    static final class FileState implements Serializable {
        private static final long serialVersionUID = 1L;

        final String path;
        final String key;
        final long bytes;
        final ArrayList<String> partMd5s;
        private final ArrayList<String> etags = new ArrayList<>();
        private String uploadId;
        private boolean complete;

        FileState(String path, String key, long bytes, List<String> partMd5s) {
            this.path = path;
            this.key = key;
            this.bytes = bytes;
            this.partMd5s = new ArrayList<>(partMd5s);
            partMd5s.forEach(part -> etags.add(null));
        }
    }

    private final String environmentFile;
    private Phase phase = Phase.INSPECT;
    private String version;
    private String content;
    private String modelJson;
    private boolean reused;
    private String champion;
    private LinkedHashMap<String, Object> championMetrics = new LinkedHashMap<>();
    private ArrayList<ArrayList<String>> gates = new ArrayList<>();
    private ArrayList<FileState> files = new ArrayList<>();
    private LinkedHashMap<String, Object> result = new LinkedHashMap<>();
    private String problem;

    /**
     * @param environmentFile {@link Training#environmentFile}, or null where nothing was trained
     */
    public PublicationState(String environmentFile) {
        this.environmentFile = environmentFile;
    }

    /** What the step returns, once {@link Publisher#publish} has ended well; empty before. */
    public synchronized Map<String, Object> result() {
        return result;
    }

    String environmentFile() {
        return environmentFile;
    }

    synchronized Phase phase() {
        return phase;
    }

    synchronized String version() {
        return version;
    }

    /** What by-sha256 finds it by. */
    synchronized String content() {
        return content;
    }

    /** The model's description, or null while it isn't known. */
    synchronized String modelJson() {
        return modelJson;
    }

    /** Why the last attempt didn't publish it, or null. */
    synchronized String problem() {
        return problem;
    }

    /** The version that the new one was compared with, or null. */
    synchronized String champion() {
        return champion;
    }

    synchronized Map<String, Object> championMetrics() {
        return championMetrics;
    }

    /** What became of the gates, a row each. */
    synchronized List<ArrayList<String>> gates() {
        return gates;
    }

    /** The model is known, and how it compares. */
    synchronized void compared(
            String newModelJson, Optional<StoredModel> other, ArrayList<ArrayList<String>> rows) {
        modelJson = newModelJson;
        champion = other.map(StoredModel::version).orElse(null);
        championMetrics =
                other.map(model -> new LinkedHashMap<>(model.metrics()))
                        .orElseGet(LinkedHashMap::new);
        gates = rows;
        problem = null;
    }

    synchronized boolean reused() {
        return reused;
    }

    synchronized List<FileState> files() {
        return List.copyOf(files);
    }

    synchronized String uploadId(FileState file) {
        return file.uploadId;
    }

    synchronized List<String> etags(FileState file) {
        return new ArrayList<>(file.etags);
    }

    synchronized boolean complete(FileState file) {
        return file.complete;
    }

    /** A new version is to be uploaded. */
    synchronized void upload(String newVersion, String newContent, List<FileState> newFiles) {
        version = newVersion;
        content = newContent;
        reused = false;
        files = new ArrayList<>(newFiles);
        phase = Phase.UPLOAD;
    }

    /** The store has this model already. */
    synchronized void reuse(StoredModel existing) {
        version = existing.version();
        modelJson = Json.pretty(existing.json());
        reused = true;
        files = new ArrayList<>();
        phase = Phase.COMMIT;
    }

    synchronized void started(FileState file, String newUploadId) {
        file.uploadId = newUploadId;
        file.etags.replaceAll(etag -> null);
    }

    synchronized void sent(FileState file, int part, String etag) {
        file.etags.set(part, etag);
    }

    synchronized void completed(FileState file) {
        file.complete = true;
        file.uploadId = null;
    }

    synchronized void uploaded() {
        phase = Phase.COMMIT;
    }

    /** Begins again: nothing is in the store yet. */
    synchronized void restart() {
        reused = false;
        files = new ArrayList<>();
        phase = Phase.INSPECT;
    }

    synchronized void failed(String newProblem) {
        problem = newProblem;
    }

    synchronized void done(LinkedHashMap<String, Object> newResult) {
        result = newResult;
        phase = Phase.DONE;
    }

    // may be written by one thread while another one publishes
    private synchronized void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
    }
}
