package io.modeltoecs.engine.pickle;

import io.modeltoecs.engine.pickle.PickleValues.Dict;
import io.modeltoecs.engine.pickle.PickleValues.Global;
import io.modeltoecs.engine.pickle.PickleValues.Instance;
import io.modeltoecs.engine.pickle.PickleValues.Made;
import io.modeltoecs.engine.pickle.PickleValues.Plain;
import io.modeltoecs.engine.pickle.PickleValues.Tuple;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Follows the opcodes of one pickle without executing any: what would be on the stack is kept as
 * far as it can name an import or say how long a raw array of joblib is; all else is {@link
 * Plain#UNKNOWN}. Whatever can't be followed is an error, never passed over. The opcodes are those
 * of <a href="https://github.com/python/cpython/blob/3.13/Lib/pickletools.py">pickletools.py</a>,
 * protocols 0 to 5.
 *
 * <p>A scalar costs no object, so that pickles of millions of them are read at the speed of a disk.
 */
final class PickleMachine {
    private static final int MOST_TUPLE = 32;
    private static final int MOST_NAME = 1024;
    private static final long NO_FRAME = Long.MAX_VALUE;

    /** Is told of each import. */
    interface Imports {
        void found(Global global, long offset);

        /** Is told that something imported is called. */
        void called();
    }

    /** Who reads the pickle. */
    enum Reader {
        /** Python's pickle alone. */
        PICKLE,
        /** joblib: raw arrays follow its wrappers. */
        JOBLIB,
        /** joblib before 1.2, which knows of no padding before the arrays. */
        OLD_JOBLIB
    }

    private final PickleInput in;
    private final Imports imports;
    private final PickleNames names;
    private final Reader reader;
    private final PickleMemo memo;
    private final PickleStack stack;
    private long frameEnd = NO_FRAME;
    private boolean sawArrays;
    private boolean sawPadding;
    private MalformedPickle persistent;

    PickleMachine(PickleInput in, Imports imports, PickleNames names, Reader reader) {
        this.in = in;
        this.imports = imports;
        this.names = names;
        this.reader = reader;
        this.memo = new PickleMemo(names);
        this.stack = new PickleStack(in, names);
    }

    /** Whether there were wrappers of joblib's raw arrays. */
    boolean sawArrays() {
        return sawArrays;
    }

    /** Whether there was padding before one. */
    boolean sawPadding() {
        return sawPadding;
    }

    /** Follows the pickle up to and including its STOP. */
    void run() throws IOException {
        boolean on = true;
        while (on) {
            on = step(in.u1());
            if (in.offset() >= frameEnd) {
                leaveFrame();
            }
        }
        if (frameEnd != NO_FRAME) {
            throw forbidden("it ends within a frame"); // what follows it there is passed over
        }
        if (persistent != null) {
            throw persistent;
        }
    }

    private void enterFrame() throws IOException {
        long length = in.u8();
        if (frameEnd != NO_FRAME) {
            throw forbidden("a frame begins within another");
        }
        frameEnd = in.offset() + length;
    }

    /** CPython's unpickler drops the part that lies in the frame of what goes on after it. */
    private void leaveFrame() {
        if (in.offset() > frameEnd) {
            throw forbidden("it goes on across the end of a frame");
        }
        frameEnd = NO_FRAME;
    }

    /**
     * Follows an opcode: here those that large pickles have most of, so that a JVM inlines them.
     */
    private boolean step(int opcode) throws IOException {
        switch (opcode) {
            case 0x94 -> memoize(memo.size());
            case 'h' -> recall(in.u1());
            case 'j' -> recall(in.i4());
            case 0x8c -> text(in.u1());
            case 'X' -> text(in.u4());
            case 'K' -> stack.pushNumber(in.u1());
            case 'M' -> stack.pushNumber(in.u2());
            case 'J' -> stack.pushNumber(in.i4());
            case 'G' -> skip(8);
            case '(' -> stack.mark();
            case '}' -> stack.pushDict();
            case 'u' -> setItems(stack.popMark());
            default -> {
                return other(opcode);
            }
        }
        return true;
    }

    private boolean other(int opcode) throws IOException {
        switch (opcode) {
            case '.' -> {
                return false;
            }
            case 0x80 -> {
                if (in.u1() > 5) {
                    throw new MalformedPickle(at(), "its protocol is newer than 5");
                }
            }
            case 0x95 -> enterFrame();

            case '0' -> stack.drop();
            case '1' -> stack.cut(stack.popMark());
            case '2' -> stack.duplicate();

            case 'N' -> stack.push(Plain.NONE);
            case 0x88, 0x89, 0x97 -> stack.push(Plain.DATA);
            case 'I' -> decimal();
            case 'F', 'L' -> {
                in.skipLine();
                stack.push(Plain.DATA);
            }
            case 0x8a -> number(in.bytes(in.u1()));
            case 0x8b -> skip(in.u4());

            case 'S' -> quoted();
            case 'V' -> line(0, in.takeLine());
            case 'T' -> text(in.u4());
            case 'U' -> text(in.u1());
            case 0x8d -> text(in.u8());
            case 'B' -> skip(in.u4());
            case 'C' -> skip(in.u1());
            case 0x8e, 0x96 -> skip(in.u8());
            case 0x98 -> {
                stack.pop();
                stack.push(Plain.UNKNOWN);
            }

            case ']' -> stack.push(Plain.METHODS);
            case 0x8f -> stack.push(Plain.SET);
            case ')' -> stack.push(Plain.TUPLE);
            case 't' -> tuple(stack.popMark());
            case 0x85 -> tuple(stack.above(1));
            case 0x86 -> tuple(stack.above(2));
            case 0x87 -> tuple(stack.above(3));
            case 'l' -> collect(stack.aboveMark() == 0 ? Plain.METHODS : Plain.LIST);
            case 0x91 -> collect(Plain.DATA);
            case 'd' -> {
                int from = stack.popMark();
                Dict dict = new Dict(true);
                put(dict, from);
                stack.push(dict);
            }
            case 'a' -> append(stack.above(1));
            case 'e' -> append(stack.popMark());
            case 0x90 -> add(stack.popMark());
            case 's' -> setItems(stack.above(2));

            case 'p' -> memoize(index());
            case 'q' -> memoize(in.u1());
            case 'r' -> memoize(in.u4());
            case 'g' -> recall(index());

            case 'c' -> {
                long offset = at();
                push(imported(name(), name(), offset));
            }
            case 'i' -> {
                long offset = at();
                Global type = imported(name(), name(), offset);
                int from = stack.popMark();
                Tuple arguments = stack.tuple(from);
                stack.cut(from);
                make(type, arguments, AllowList.Use.CALL);
            }
            case 0x93 -> {
                Object name = stack.pop();
                push(imported(computed(stack.pop()), computed(name), at()));
            }
            case 0x82, 0x83, 0x84 -> throw forbidden("it imports something by an extension code");
            case 'P' -> {
                in.skipLine();
                persistent();
            }
            case 'Q' -> {
                stack.pop();
                persistent();
            }

            case 'R' -> make(AllowList.Use.CALL);
            case 0x81 -> make(AllowList.Use.MAKE);
            case 'o' -> {
                int from = stack.popMark();
                if (from == stack.size()) {
                    throw new MalformedPickle(at(), "its stack is empty");
                }
                Object type = stack.at(from);
                Tuple arguments = stack.tuple(from + 1);
                stack.cut(from);
                make(type, arguments, AllowList.Use.CALL);
            }
            case 0x92 -> {
                contained(stack.pop());
                make(AllowList.Use.MAKE);
            }
            case 'b' -> build(stack.pop());
            default ->
                    throw new MalformedPickle(
                            at(), "the byte 0x%02x is no opcode".formatted(opcode));
        }
        return true;
    }

    /** Offset of an opcode of one byte that was just read. */
    private long at() {
        return in.offset() - 1;
    }

    private MalformedPickle forbidden(String message) {
        return MalformedPickle.forbidden(at(), message);
    }

    /**
     * @param fails whether Python would fail here, too
     */
    private MalformedPickle forbidden(boolean fails, String message) {
        return fails ? new MalformedPickle(at(), message) : forbidden(message);
    }

    /** Whether Python fails where this is called, given a state or asked for its append. */
    private static boolean isInert(Object value) {
        return PickleValues.isBuiltin(value) || value instanceof Instance;
    }

    /** Whoever knows what is meant goes on: so does this, to see what follows. */
    private void persistent() {
        if (persistent == null) {
            persistent = forbidden("it refers to something outside itself (a persistent id)");
        }
        stack.push(Plain.UNKNOWN);
    }

    // --- memo

    private void memoize(long number) {
        memo.put(number, stack, in.offset());
    }

    private void recall(int number) {
        memo.recall(number, stack, in.offset());
    }

    /** A number of the memo, written as picklers write it. */
    private int index() throws IOException {
        int length = in.takeLine();
        int index = 0;
        boolean plain = length > 0 && length < 10;
        for (int i = 0; plain && i < length; i++) {
            int digit = in.window()[in.taken() + i] - '0';
            plain = digit >= 0 && digit < 10;
            index = index * 10 + digit;
        }
        if (!plain) {
            throw forbidden("it names a place in the memo by something other than a number");
        }
        return index;
    }

    // --- values

    private void text(long length) throws IOException {
        if (length > MOST_NAME) {
            in.skip(length);
            stack.push(Plain.NO_NAME);
        } else {
            in.take((int) length);
            text(in.taken(), (int) length);
        }
    }

    private void text(int from, int length) {
        int place = names.place(in.window(), from, length);
        if (place == 0) {
            stack.pushText(length);
        } else {
            stack.pushPlace(place);
        }
    }

    /** A string of protocol 0. */
    private void quoted() throws IOException {
        int length = in.takeLine();
        byte first = in.window()[in.taken()];
        if (length < 0) {
            stack.push(Plain.NO_NAME);
        } else if (length >= 2
                && first == in.window()[in.taken() + length - 1]
                && (first == '\'' || first == '"')) {
            line(1, length - 1);
        } else {
            stack.push(Plain.DATA); // Python fails
        }
    }

    /** A part of the line that was taken last; one with escapes may be any string. */
    private void line(int from, int to) {
        boolean ascii = true;
        for (int i = in.taken() + from; i < in.taken() + to; i++) {
            if (in.window()[i] == '\\') {
                stack.push(Plain.ANY_TEXT);
                return;
            }
            ascii &= in.window()[i] >= 0;
        }
        if (to < 0 || !ascii) {
            stack.push(Plain.NO_NAME);
        } else {
            text(in.taken() + from, to - from);
        }
    }

    private void decimal() throws IOException {
        int length = in.takeLine();
        int from = length > 0 && in.window()[in.taken()] == '-' ? 1 : 0;
        boolean plain = length > from && length <= 18;
        long value = 0;
        for (int i = from; plain && i < length; i++) {
            int digit = in.window()[in.taken() + i] - '0';
            plain = digit >= 0 && digit <= 9;
            value = value * 10 + digit;
        }
        if (plain) {
            stack.pushNumber(from == 0 ? value : -value);
        } else {
            stack.push(Plain.DATA);
        }
    }

    private void number(byte[] littleEndian) {
        if (littleEndian.length > 8) {
            stack.push(Plain.DATA);
            return;
        }
        long value = 0;
        for (int i = littleEndian.length - 1; i >= 0; i--) {
            value =
                    i == littleEndian.length - 1
                            ? littleEndian[i]
                            : value << 8 | littleEndian[i] & 0xff;
        }
        stack.pushNumber(value);
    }

    private void skip(long bytes) throws IOException {
        in.skip(bytes);
        stack.push(Plain.DATA);
    }

    private void tuple(int from) {
        int length = stack.size() - from;
        Object tuple;
        if (length < JoblibArray.FLAGS
                && !names.haveWrapper()
                && !stack.isAboveDtype(from)
                && stack.isPlainTuple(from)) {
            tuple = Plain.TUPLE;
        } else if (length <= MOST_TUPLE) {
            tuple = stack.tuple(from);
        } else {
            requireNoWrapper(from);
            tuple = stack.dicts(from) ? Plain.OPAQUE : Plain.DATA;
        }
        stack.cut(from);
        stack.push(tuple);
    }

    private void collect(Plain container) {
        int from = stack.popMark();
        requireNoWrapper(from);
        stack.cut(from);
        stack.push(container);
    }

    /** Drops values that go where they can't be followed; tells where they go. */
    private Object filled(int from) {
        requireNoWrapper(from);
        stack.cut(from);
        return stack.top();
    }

    private void append(int from) {
        stack.extendList(from);
        Object container = filled(from);
        if (!PickleValues.isList(container)
                && !(container instanceof Made made && made.type.lists)) {
            throw noContainer(container);
        }
    }

    private void add(int from) {
        Object container = filled(from);
        if (container != Plain.SET && !(container instanceof Made made && made.type.trusted())) {
            throw noContainer(container);
        }
    }

    private void setItems(int from) {
        if (!names.haveWrapper() && stack.putIntoPlain(from)) {
            return;
        }
        Object container = stack.below(from);
        if (container instanceof Dict dict) {
            put(dict, from);
        } else if (container instanceof Made made && made.type.dicts) {
            Dict items = new Dict(true);
            put(items, from);
            // some give their items out as attributes
            requireNothingPlanted(items);
        } else {
            throw noContainer(container);
        }
    }

    private void put(Dict dict, int from) {
        requireNoWrapper(from);
        stack.putInto(dict, from);
        stack.cut(from);
    }

    /** joblib's wrapper may not be among values that go where they can't be followed. */
    private void requireNoWrapper(int from) {
        if (reader != Reader.PICKLE && stack.wraps(from)) {
            throw forbidden("it hides joblib's array wrapper");
        }
    }

    /** Items for what isn't known to keep them as they are may call what was planted. */
    private MalformedPickle noContainer(Object value) {
        boolean container =
                PickleValues.isList(value) || value == Plain.SET || value instanceof Dict;
        return forbidden(
                !container && isInert(value), "it puts items into something that is no container");
    }

    private void contained(Object value) {
        if (reader != Reader.PICKLE && PickleValues.wraps(value)) {
            throw forbidden("it hides joblib's array wrapper");
        }
    }

    // --- imports and objects

    private String name() throws IOException {
        int length = in.takeLine();
        if (length < 0) {
            throw forbidden("it imports something by a very long name");
        }
        return new String(in.window(), in.taken(), length, StandardCharsets.UTF_8);
    }

    private String computed(Object name) {
        String text = PickleValues.text(name);
        if (text == null || text.isEmpty()) {
            throw forbidden(
                    text == null && !PickleValues.mayBeText(name),
                    "it imports something by a computed name");
        }
        return text;
    }

    private void push(Global global) {
        if (global.place == 0) {
            stack.push(global);
        } else {
            stack.pushPlace(global.place);
        }
    }

    private Global imported(String module, String name, long offset) {
        Global global = names.imported(module, name);
        imports.found(global, offset);
        return global;
    }

    /**
     * What is to be called. Honest pickles call what they import; one that calls an object which it
     * made itself can call anything that the object was made of.
     */
    private Global callable(Object value, AllowList.Use use) {
        if (!(value instanceof Global global)) {
            throw forbidden(isInert(value), "it calls something that it didn't import");
        }
        imports.called();
        if (global.use != null && global.use.compareTo(use) < 0) {
            throw forbidden("it calls %s, which no pickle of a model does".formatted(global.full));
        }
        return global;
    }

    /** Makes an object by the two topmost values: what is called, and a tuple. */
    private void make(AllowList.Use use) {
        Object arguments = stack.pop();
        make(stack.pop(), arguments instanceof Tuple tuple ? tuple : null, use);
    }

    private void make(Object callable, Tuple arguments, AllowList.Use use) {
        Global type = callable(callable, use);
        if (arguments != null) {
            contained(arguments);
        }
        stack.push(made(type, arguments));
    }

    /**
     * @param arguments null if they aren't known
     */
    private Object made(Global callable, Tuple arguments) {
        if (callable.library != null) {
            requireOf(callable.library, callable, arguments);
        }
        return switch (callable.role) {
            case COPYREG -> reconstructed(callable, arguments);
            case ENCODE -> {
                if (arguments == null
                        || arguments.items.length != 2
                        || PickleValues.text(arguments.items[1]) == null
                        || !PickleRules.CODECS.contains(PickleValues.text(arguments.items[1]))) {
                    throw forbidden("it encodes by another codec than latin1");
                }
                yield Plain.UNKNOWN;
            }
            case WRAPPER -> new Instance(true, arguments);
            case DTYPE -> new Instance(false, arguments);
            case SCALAR -> new Made(callable, !isNumber(arguments), true);
            case OTHER -> new Made(callable, false, true);
        };
    }

    private Object reconstructed(Global callable, Tuple arguments) {
        if (arguments == null || arguments.items.length == 0) {
            throw forbidden("it makes something that can't be followed");
        }
        Global type = callable(arguments.items[0], AllowList.Use.MAKE);
        if (callable.name.equals("_reconstructor")
                && !(arguments.at(1) instanceof Global base && PickleRules.isBase(base.full))) {
            throw forbidden("it makes something by another base");
        }
        if (type.dicts && !type.trusted()) {
            for (Object argument : arguments.items) {
                requireNothingPlanted(argument);
            }
        }
        return type.role == PickleRules.Role.WRAPPER
                ? new Instance(true, null)
                : new Made(type, false, true);
    }

    /** Requires of a function which calls its arguments that they are of its own library. */
    private void requireOf(String library, Global callable, Tuple arguments) {
        if (arguments == null) {
            throw forbidden("it calls something that can't be followed");
        }
        for (Object item : arguments.items) {
            Global type = null;
            if (item instanceof Global global) {
                type = global;
            } else if (item instanceof Made made && !made.type.data) {
                type = made.type;
            }
            if (type != null && !type.full.startsWith(library)) {
                throw forbidden("it has %s call %s".formatted(callable.full, type.full));
            }
        }
    }

    /** Whether a scalar of numpy is surely no text. */
    private static boolean isNumber(Tuple arguments) {
        return arguments != null
                && arguments.at(0) instanceof Instance dtype
                && dtype.code() != null
                && PickleRules.isNumber(dtype.code());
    }

    private void build(Object state) throws IOException {
        contained(state);
        requireNothingPlanted(state);
        if (stack.top() instanceof Made made && made.settle()) {
            if (state instanceof Tuple tuple) {
                for (Object item : tuple.items) {
                    requireNothingPlanted(item);
                }
            }
            if (made.type.scorer) {
                checkScorer(state);
            }
            return;
        }
        if (!(stack.top() instanceof Instance instance) || instance.state != null) {
            // setting a state may call what an earlier one, or a class's attribute, was set to
            throw forbidden(
                    PickleValues.isBuiltin(stack.top()),
                    "it sets the state of something it hasn't just made");
        }
        instance.state = state;
        if (!instance.wrapper) {
            checkDtype(instance);
            return;
        }
        sawArrays = true;
        if (reader != Reader.PICKLE) {
            readArray(state);
            stack.pop();
            stack.push(Plain.UNKNOWN);
        }
    }

    private void requireNothingPlanted(Object state) {
        if (state == Plain.OPAQUE || state instanceof Made made && PickleValues.dicts(made)) {
            throw forbidden("it sets a state that is something else's, too");
        }
        if (state instanceof Dict dict && dict.planted() != null) {
            throw forbidden("it plants %s in an object".formatted(dict.planted()));
        }
    }

    /**
     * A state may not change what an element is: numpy believes it, and would follow numbers as
     * pointers.
     */
    private void checkDtype(Instance dtype) {
        String code = dtype.code();
        if (code == null
                || !(dtype.state instanceof Tuple state)
                || !(state.at(JoblibArray.FLAGS) instanceof Long flags)
                || !(state.at(JoblibArray.ITEM_SIZE) instanceof Long size)) {
            throw forbidden("it gives a dtype a state that can't be followed");
        }
        Object subarray = state.at(JoblibArray.SUBARRAY);
        Object fields = state.at(JoblibArray.FIELDS);
        boolean sound;
        if (code.startsWith("O")) {
            sound =
                    flags == JoblibArray.OF_OBJECT
                            && size == -1
                            && subarray == Plain.NONE
                            && fields == Plain.NONE;
        } else {
            long bytes = dtype.plainSize();
            sound =
                    bytes >= 0
                            && (size == -1 || size == bytes)
                            && (flags & JoblibArray.POINTERS) == 0
                            && (subarray == Plain.NONE
                                    || fields == Plain.NONE && fits(subarray, bytes))
                            && (fields == Plain.NONE
                                    || fields instanceof Dict dict && dict.isRecord(bytes));
        }
        if (!sound) {
            throw forbidden("it says of '%s' that its elements are something else".formatted(code));
        }
    }

    /** Whether a dtype's subarray has so many bytes, and isn't of objects. */
    private static boolean fits(Object subarray, long bytes) {
        if (!(subarray instanceof Tuple of)
                || of.items.length != 2
                || !(of.at(0) instanceof Instance base)
                || base.plainSize() < 0) {
            return false;
        }
        Object[] shape =
                of.at(1) instanceof Tuple lengths ? lengths.items : new Object[] {of.at(1)};
        long product = base.plainSize();
        for (Object length : shape) {
            if (!(length instanceof Long count) || count < 0 || count > Integer.MAX_VALUE) {
                return false;
            }
            product = Math.multiplyHigh(product, count) == 0 ? product * count : Long.MAX_VALUE;
        }
        return product == bytes;
    }

    private void checkScorer(Object state) {
        Object methods =
                state instanceof Dict dict && dict.followed()
                        ? dict.get(PickleRules.RESPONSE_METHOD, Plain.NONE)
                        : Plain.UNKNOWN;
        if (methods == Plain.NONE || methods == Plain.METHODS) {
            return;
        }
        for (Object method :
                methods instanceof Tuple tuple ? tuple.items : new Object[] {methods}) {
            if (!PickleRules.isResponseMethod(method)) {
                throw forbidden("it makes a scorer that may call any method");
            }
        }
    }

    private void readArray(Object state) throws IOException {
        if (!(state instanceof Dict fields) || !fields.followed()) {
            throw forbidden("the state of a joblib array can't be followed");
        }
        if (frameEnd != NO_FRAME && in.offset() < frameEnd) {
            throw forbidden("a joblib array begins within a frame");
        }
        frameEnd = NO_FRAME;
        if (!(fields.get("dtype", Plain.NONE) instanceof Instance dtype)
                || dtype.code() == null
                || !(fields.get("shape", Plain.NONE) instanceof Tuple shape)) {
            throw forbidden("the dtype or shape of a joblib array is hidden");
        }
        List<Object> flags =
                dtype.state instanceof Tuple tuple ? withNulls(tuple.items) : List.of();
        JoblibArray array = JoblibArray.of(dtype.code(), flags, Arrays.asList(shape.items), at());
        if (array.objects()) {
            // joblib reads them by pickle itself
            new PickleMachine(in, imports, names, Reader.PICKLE).run();
            return;
        }
        Object alignment = fields.get("numpy_array_alignment_bytes", Plain.NONE);
        if (alignment != Plain.NONE && !(alignment instanceof Long)) {
            throw forbidden("the padding of a joblib array is hidden");
        }
        if (alignment != Plain.NONE) {
            sawPadding = true;
            if (reader == Reader.JOBLIB) {
                in.skip(in.u1());
            }
        }
        in.skip(array.bytes());
    }

    private static List<Object> withNulls(Object[] items) {
        List<Object> nulls = new ArrayList<>(Arrays.asList(items));
        nulls.replaceAll(item -> item == Plain.NONE ? null : item);
        return nulls;
    }
}
