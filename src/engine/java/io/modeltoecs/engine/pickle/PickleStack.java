package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.pickle.PickleValues.Dict;
import io.modeltoecs.engine.pickle.PickleValues.Instance;
import io.modeltoecs.engine.pickle.PickleValues.Plain;
import io.modeltoecs.engine.pickle.PickleValues.Tuple;
import java.util.Arrays;

/**
 * A pickle's stack, with its marks. Numbers, strings and whatever is the same each time are kept as
 * numbers; objects are made where someone asks for a value.
 */
final class PickleStack {
    private static final int MOST = 1 << 24;
    // what isn't among PickleNames
    private static final int NUMBER = -1;
    private static final int TEXT = -2;
    private static final int OBJECT = -3;
    // a dict in which nothing is of consequence, until something is
    private static final int DICT = -4;

    private final PickleInput in;
    private final PickleNames names;
    private int[] kinds = new int[1 << 6];
    private long[] numbers = new long[1 << 6];
    private Object[] objects = new Object[1 << 6];
    private int size;

    /** Where the stack was at each mark that is still open. */
    private int[] marks = new int[1 << 4];

    private int marked;

    /** Where the stack was at the last mark. What lies below can't be reached. */
    private int floor;

    PickleStack(PickleInput in, PickleNames names) {
        this.in = in;
        this.names = names;
    }

    private void push(int kind) {
        if (size == kinds.length) {
            if (size == MOST) {
                throw MalformedPickle.forbidden(in.offset(), "its stack is too deep");
            }
            kinds = Arrays.copyOf(kinds, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
            objects = Arrays.copyOf(objects, size * 2);
        }
        kinds[size++] = kind;
    }

    void push(Plain value) {
        push(value.ordinal());
    }

    void pushNumber(long number) {
        push(NUMBER);
        numbers[size - 1] = number;
    }

    /** Pushes something that has a place among the names. */
    void pushPlace(int place) {
        push(place);
    }

    /** Pushes a string that was just taken from the input and has no place among the names. */
    void pushText(int length) {
        push(TEXT);
        numbers[size - 1] = in.where(length);
    }

    void pushDict() {
        push(DICT);
        numbers[size - 1] = 0; // how many were put into it
    }

    void push(Object value) {
        if (value instanceof Plain plain) {
            push(plain);
        } else if (value instanceof Long number) {
            pushNumber(number);
        } else {
            push(OBJECT);
            objects[size - 1] = value;
        }
    }

    /** Pushes the topmost value again. */
    void duplicate() {
        top(); // one dict twice, not two
        push(kinds[size - 1]);
        numbers[size - 1] = numbers[size - 2];
        objects[size - 1] = objects[size - 2];
    }

    private void requireOne() {
        if (size == floor) {
            throw empty();
        }
    }

    private MalformedPickle empty() {
        return new MalformedPickle(in.offset() - 1, "its stack is empty");
    }

    int size() {
        return size;
    }

    /** Takes note of what begins there being added to what lies below it. */
    void extendList(int from) {
        int list = from - 1;
        for (int i = from;
                list >= floor && i < size && kinds[list] == Plain.METHODS.ordinal();
                i++) {
            if (kinds[i] < 0 || !PickleRules.isResponseMethod(names.at(kinds[i]))) {
                kinds[list] = Plain.LIST.ordinal();
            }
        }
    }

    /** Where the topmost values begin. */
    int above(int count) {
        if (size - count < floor) {
            throw empty();
        }
        return size - count;
    }

    /** How many values there are above the last mark. */
    int aboveMark() {
        return size - floor;
    }

    /** Drops all from there on. */
    void cut(int from) {
        size = from;
    }

    Object top() {
        requireOne();
        return at(size - 1);
    }

    /** The value below those that begin there. */
    Object below(int from) {
        if (from == floor) {
            throw empty();
        }
        return at(from - 1);
    }

    Object pop() {
        requireOne();
        return at(--size);
    }

    /** Drops the topmost value, or the mark where there is none above it. */
    void drop() {
        if (size > floor) {
            size--;
        } else {
            size = popMark();
        }
    }

    Object at(int index) {
        return switch (kinds[index]) {
            case DICT -> {
                kinds[index] = OBJECT;
                objects[index] = new Dict(numbers[index] == 0);
                yield objects[index];
            }
            case OBJECT -> objects[index];
            case NUMBER -> numbers[index];
            case TEXT -> in.text(numbers[index]);
            default -> names.at(kinds[index]);
        };
    }

    /** The place of the topmost value among the names; negative if it has none. */
    int topPlace() {
        requireOne();
        int kind = kinds[size - 1];
        return switch (kind) {
            case TEXT -> Plain.NO_NAME.ordinal();
            case DICT -> Plain.OPAQUE.ordinal();
            default -> kind;
        };
    }

    void mark() {
        if (marked == marks.length) {
            if (marked == MOST) {
                throw MalformedPickle.forbidden(in.offset(), "its marks are too many");
            }
            marks = Arrays.copyOf(marks, marked * 2);
        }
        marks[marked++] = size;
        floor = size;
    }

    /** Takes the last mark away; tells where what lies above it begins. */
    int popMark() {
        if (marked == 0) {
            throw new MalformedPickle(in.offset() - 1, "a mark is missing");
        }
        marked--;
        floor = marked == 0 ? 0 : marks[marked - 1];
        return marks[marked];
    }

    /** Whether nothing from there on can be of consequence in a tuple. */
    boolean isPlainTuple(int from) {
        for (int i = from; i < size; i++) {
            int kind = kinds[i];
            if (kind != NUMBER
                    && kind != TEXT
                    && kind != Plain.DATA.ordinal()
                    && kind != Plain.NONE.ordinal()) {
                return false;
            }
        }
        return true;
    }

    /** Whether a dtype lies below what begins there: it may be the shape of a subarray. */
    boolean isAboveDtype(int from) {
        return from > 0 && kinds[from - 1] == OBJECT && objects[from - 1] instanceof Instance;
    }

    /** The values from there on, as a tuple; they stay. */
    Tuple tuple(int from) {
        Object[] items = new Object[size - from];
        for (int i = from; i < size; i++) {
            items[i - from] = at(i);
        }
        return new Tuple(items);
    }

    /** Whether joblib's wrapper is among the values from there on. */
    boolean wraps(int from) {
        for (int i = from; i < size && names.haveWrapper(); i++) {
            if ((kinds[i] == OBJECT || kinds[i] >= 0) && PickleValues.wraps(at(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a dict is, or may be, among the values from there on. */
    boolean dicts(int from) {
        for (int i = from; i < size; i++) {
            if (PickleValues.dicts(at(i))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Puts keys and values from there on into the dict below them, unless something in it is of
     * consequence then.
     *
     * @return whether it did
     */
    boolean putIntoPlain(int from) {
        if (from == floor || kinds[from - 1] != DICT) {
            return false;
        }
        for (int i = from; i + 1 < size; i += 2) {
            if (!isPlainKey(i) || kinds[i + 1] == OBJECT) {
                return false;
            }
        }
        numbers[from - 1] += size - from;
        size = from;
        return true;
    }

    private boolean isPlainKey(int index) {
        return kinds[index] == TEXT || names.isPlainText(kinds[index]);
    }

    /** Puts keys and values from there on into a dict; they stay. */
    void putInto(Dict dict, int from) {
        for (int i = from; i + 1 < size; i += 2) {
            if (!isPlainKey(i)) {
                dict.put(at(i), at(i + 1));
            }
            dict.hold(kinds[i + 1] == OBJECT ? objects[i + 1] : null);
        }
    }
}
