package io.modeltoecs.engine.model;

/** Something can't be read as a pickle, or not be followed to its end. */
final class MalformedPickle extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    /**
     * @param offset of the byte where it shows
     */
    MalformedPickle(long offset, String message) {
        super(message);
        this.offset = offset;
    }

    long offset() {
        return offset;
    }
}
