package io.modeltoecs.engine.pickle;

/** Something can't be read as a pickle, or not be followed to its end. */
final class MalformedPickle extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long offset;
    private final boolean forbidden;

    private MalformedPickle(long offset, String message, boolean forbidden) {
        super(message);
        this.offset = offset;
        this.forbidden = forbidden;
    }

    /**
     * Python would fail here, too.
     *
     * @param offset of the byte where it shows
     */
    MalformedPickle(long offset, String message) {
        this(offset, message, false);
    }

    /** Python might go on: this is something that models don't do, or that isn't followed. */
    static MalformedPickle forbidden(long offset, String message) {
        return new MalformedPickle(offset, message, true);
    }

    long offset() {
        return offset;
    }

    boolean isForbidden() {
        return forbidden;
    }
}
