package io.modeltoecs.engine.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Follows the opcodes of one pickle without executing any: what would be on the stack is kept as
 * far as it can name an import or say how long a raw array of joblib is; all else is {@link
 * #UNKNOWN}. Whatever can't be followed is an error, never passed over. The opcodes are those of <a
 * href="https://github.com/python/cpython/blob/3.13/Lib/pickletools.py">pickletools.py</a>,
 * protocols 0 to 5.
 */
final class PickleMachine {
    private static final Object UNKNOWN = new Object();
    private static final Object MARK = new Object();
    private static final Object NONE = new Object();
    private static final Object LIST = new Object();
    private static final Object SET = new Object();
    private static final Object SHARED_DICT = new Object();
    private static final int MOST_STACK = 1 << 24;
    private static final int MOST_MEMO_INDEX = 1 << 27;
    private static final int MOST_STRINGS = 20_000;
    private static final int MOST_TUPLE = 32;
    private static final int MOST_NAME = 1024;
    private static final int MOST_FIELDS = 16;

    /** Is told of each import. */
    interface Imports {
        /** Tells how it may be used. */
        AllowList.Use found(String module, String name, long offset);

        /** Is told that something imported is called. */
        void called();
    }

    record Global(String module, String name, AllowList.Use use) {
        boolean is(String full) {
            return full.equals(full());
        }

        String full() {
            return module + "." + name;
        }
    }

    private record Tuple(List<Object> items) {}

    private static final class Dict {
        private final Map<String, Object> items = new LinkedHashMap<>();
        private boolean followed = true;
        private String planted;
    }

    /** A wrapper of joblib or a dtype of numpy. */
    private static final class Instance {
        private final Global type;
        private final Tuple arguments;
        private final Dict fields = new Dict();
        private Object state;

        Instance(Global type, Tuple arguments) {
            this.type = type;
            this.arguments = arguments;
        }
    }

    /**
     * An object that was made.
     *
     * @param fresh whether it was just made: its state may be set, once
     * @param text whether it may be equal to a string without being one
     */
    private record Made(Global type, boolean fresh, boolean text) {
        Made known() {
            return new Made(type, false, text);
        }
    }

    private final PickleInput in;
    private final Imports imports;
    private final Predicate<String> names;
    private final boolean joblib;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private final BitSet memoized = new BitSet();
    private final BitSet dicts = new BitSet();
    private int memoSize;
    private int strings;
    private long frameEnd = -1;
    private boolean sawArrays;

    /**
     * @param names strings that are worth remembering however many there are
     * @param joblib whether raw arrays follow joblib's wrappers, as its own reader has it
     */
    PickleMachine(PickleInput in, Imports imports, Predicate<String> names, boolean joblib) {
        this.in = in;
        this.imports = imports;
        this.names = names;
        this.joblib = joblib;
    }

    /** Whether there were wrappers of joblib's raw arrays. */
    boolean sawArrays() {
        return sawArrays;
    }

    /** Follows the pickle up to and including its STOP. */
    void run() throws IOException {
        while (step(in.offset(), in.u1())) {
            if (stack.size() > MOST_STACK) {
                throw new MalformedPickle(in.offset(), "its stack is too deep");
            }
        }
    }

    private boolean step(long offset, int opcode) throws IOException {
        switch (opcode) {
            case '.' -> {
                return false;
            }
            case 0x80 -> {
                if (in.u1() > 5) {
                    throw new MalformedPickle(offset, "its protocol is newer than 5");
                }
            }
            case 0x95 -> frameEnd = in.u8() + in.offset();

            case '(' -> push(MARK);
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(top());

            case 'N' -> push(NONE);
            case 0x88, 0x89 -> push(UNKNOWN);
            case 'I' -> push(number(in.line()));
            case 'F', 'L' -> push(unknown(in.line()));
            case 'J' -> push((long) in.i4());
            case 'K' -> push((long) in.u1());
            case 'M' -> push((long) in.u2());
            case 'G' -> skip(8);
            case 0x8a -> push(number(in.bytes(in.u1())));
            case 0x8b -> skip(in.u4());

            case 'S' -> push(quoted(in.line()));
            case 'V' -> push(plain(in.line()));
            case 'T', 'X' -> push(string(in.u4()));
            case 'U', 0x8c -> push(string(in.u1()));
            case 0x8d -> push(string(in.u8()));
            case 'B' -> skip(in.u4());
            case 'C' -> skip(in.u1());
            case 0x8e, 0x96 -> skip(in.u8());
            case 0x97 -> push(UNKNOWN);
            case 0x98 -> push(unknown(pop()));

            case ']' -> push(LIST);
            case 0x8f -> push(SET);
            case '}' -> push(new Dict());
            case ')' -> push(new Tuple(List.of()));
            case 't' -> push(tuple(popToMark()));
            case 0x85 -> push(tuple(popped(1)));
            case 0x86 -> push(tuple(popped(2)));
            case 0x87 -> push(tuple(popped(3)));
            case 'l' -> {
                contained(popToMark());
                push(LIST);
            }
            case 0x91 -> push(contained(popToMark()));
            case 'd' -> {
                Dict dict = new Dict();
                put(dict, popToMark());
                push(dict);
            }
            case 'a' -> {
                contained(popped(1));
                PickleRules.takesItems(top() == LIST, type(top()), PickleRules.LISTS, offset);
            }
            case 'e' -> {
                contained(popToMark());
                PickleRules.takesItems(top() == LIST, type(top()), PickleRules.LISTS, offset);
            }
            case 0x90 -> {
                contained(popToMark());
                PickleRules.takesItems(top() == SET, type(top()), Set.of(), offset);
            }
            case 's' -> {
                List<Object> items = popped(2);
                PickleRules.takesItems(
                        top() instanceof Dict, type(top()), PickleRules.DICTS, offset);
                put(top(), items);
            }
            case 'u' -> {
                List<Object> items = popToMark();
                PickleRules.takesItems(
                        top() instanceof Dict, type(top()), PickleRules.DICTS, offset);
                put(top(), items);
            }

            case 'p' -> memoize(index(in.line()));
            case 'q' -> memoize(in.u1());
            case 'r' -> memoize(in.u4());
            case 0x94 -> memoize(memoSize);
            case 'g' -> push(recalled(index(in.line())));
            case 'h' -> push(recalled(in.u1()));
            case 'j' -> push(recalled(in.i4()));

            case 'c' -> {
                String module = name(offset);
                push(imported(module, name(offset), offset));
            }
            case 'i' -> {
                String module = name(offset);
                Global type = imported(module, name(offset), offset);
                List<Object> arguments = popToMark();
                contained(arguments);
                push(
                        made(
                                callable(type, AllowList.Use.CALL, offset),
                                new Tuple(arguments),
                                offset));
            }
            case 0x93 -> {
                Object name = pop();
                if (!(pop() instanceof String module) || !(name instanceof String text)) {
                    throw new MalformedPickle(offset, "it imports something by a computed name");
                }
                push(imported(module, text, offset));
            }
            case 0x82, 0x83, 0x84 ->
                    throw new MalformedPickle(offset, "it imports something by an extension code");
            case 'P', 'Q' ->
                    throw new MalformedPickle(
                            offset, "it refers to something outside itself (a persistent id)");

            case 'R' -> {
                Object arguments = pop();
                push(made(callable(pop(), AllowList.Use.CALL, offset), arguments, offset));
            }
            case 0x81 -> {
                Object arguments = pop();
                push(made(callable(pop(), AllowList.Use.MAKE, offset), arguments, offset));
            }
            case 'o' -> {
                List<Object> parts = popToMark();
                contained(parts);
                Object type = parts.isEmpty() ? UNKNOWN : parts.get(0);
                push(
                        made(
                                callable(type, AllowList.Use.CALL, offset),
                                new Tuple(parts.subList(1, parts.size())),
                                offset));
            }
            case 0x92 -> {
                contained(popped(1));
                Object arguments = pop();
                push(made(callable(pop(), AllowList.Use.MAKE, offset), arguments, offset));
            }
            case 'b' -> build(pop(), offset);
            default ->
                    throw new MalformedPickle(
                            offset, "the byte 0x%02x is no opcode".formatted(opcode));
        }
        return true;
    }

    // --- stack and memo

    private void push(Object value) {
        stack.add(value);
    }

    private Object top() {
        if (stack.isEmpty() || stack.get(stack.size() - 1) == MARK) {
            throw new MalformedPickle(in.offset(), "its stack is empty");
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() {
        if (stack.isEmpty()) {
            throw new MalformedPickle(in.offset(), "its stack is empty");
        }
        return stack.remove(stack.size() - 1);
    }

    private List<Object> popped(int count) {
        List<Object> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            top();
            items.add(0, pop());
        }
        return items;
    }

    private List<Object> popToMark() {
        int mark = stack.size() - 1;
        while (mark >= 0 && stack.get(mark) != MARK) {
            mark--;
        }
        if (mark < 0) {
            throw new MalformedPickle(in.offset(), "a mark is missing");
        }
        List<Object> above = stack.subList(mark, stack.size());
        List<Object> items = new ArrayList<>(above.subList(1, above.size()));
        above.clear();
        return items;
    }

    private void memoize(long index) {
        if (index > MOST_MEMO_INDEX) {
            throw new MalformedPickle(in.offset(), "its memo is too large");
        }
        int slot = (int) index;
        boolean known = memoized.get(slot);
        if (!known) {
            memoized.set(slot);
            memoSize++;
        }
        Object value = top();
        dicts.set(slot, value instanceof Dict);
        boolean keep =
                value instanceof Global
                        || value instanceof Instance
                        || value instanceof Made made
                                && (made.text || !PickleRules.isData(made.type.full()))
                        || value instanceof Tuple tuple && escapes(tuple)
                        || value instanceof String text
                                && (names.test(text)
                                        || PickleRules.isSpecial(text)
                                        || JoblibArray.names(text)
                                        || strings++ < MOST_STRINGS);
        if (keep) {
            memo.put(slot, value instanceof Made made ? made.known() : value);
        } else if (known) {
            memo.remove(slot);
        }
    }

    private Object recalled(int slot) {
        return slot >= 0 && dicts.get(slot) ? SHARED_DICT : memo.getOrDefault(slot, UNKNOWN);
    }

    private int index(String line) {
        if (line == null || !line.matches("\\d{1,9}")) {
            throw new MalformedPickle(in.offset(), "'" + line + "' is no place in the memo");
        }
        return Integer.parseInt(line);
    }

    // --- values

    private Object string(long length) throws IOException {
        if (length > MOST_NAME) {
            in.skip(length);
            return UNKNOWN;
        }
        return new String(in.bytes((int) length), StandardCharsets.UTF_8);
    }

    /** A string of protocol 0; one with escapes is no name that anything is allowed by. */
    private static Object quoted(String line) {
        if (line == null) {
            return UNKNOWN;
        }
        int last = line.length() - 1;
        return last > 0
                        && line.charAt(0) == line.charAt(last)
                        && (line.charAt(0) == '\'' || line.charAt(0) == '"')
                        && line.indexOf('\\') < 0
                ? line.substring(1, last)
                : UNKNOWN;
    }

    private static Object plain(String line) {
        return line != null && line.indexOf('\\') < 0 ? line : UNKNOWN;
    }

    private static Object number(String line) {
        return line != null && line.matches("-?\\d{1,18}") ? (Object) Long.valueOf(line) : UNKNOWN;
    }

    private static Object number(byte[] littleEndian) {
        if (littleEndian.length > 8) {
            return UNKNOWN;
        }
        long value = 0;
        for (int i = littleEndian.length - 1; i >= 0; i--) {
            value =
                    i == littleEndian.length - 1
                            ? littleEndian[i]
                            : value << 8 | littleEndian[i] & 0xff;
        }
        return value;
    }

    private static Object unknown(Object ignored) {
        return UNKNOWN;
    }

    private void skip(long bytes) throws IOException {
        in.skip(bytes);
        push(UNKNOWN);
    }

    private Object tuple(List<Object> items) {
        return items.size() <= MOST_TUPLE ? new Tuple(items) : contained(items);
    }

    private void put(Object container, List<Object> keysAndValues) {
        contained(keysAndValues);
        if (!(container instanceof Dict dict)) {
            return;
        }
        for (int i = 0; i + 1 < keysAndValues.size(); i += 2) {
            if (keysAndValues.get(i) instanceof String key && PickleRules.isSpecial(key)) {
                dict.planted = key;
            } else if (keysAndValues.get(i) instanceof Made made && made.text) {
                dict.planted = "a made text";
            }
            if (dict.followed
                    && keysAndValues.get(i) instanceof String key
                    && dict.items.size() < MOST_FIELDS) {
                dict.items.put(key, keysAndValues.get(i + 1));
            } else {
                dict.items.clear();
                dict.followed = false;
            }
        }
    }

    /** Values that go where they can't be followed: joblib's wrapper may not be among them. */
    private Object contained(List<Object> values) {
        for (Object value : values) {
            if (escapes(value)) {
                throw new MalformedPickle(in.offset(), "it hides joblib's array wrapper");
            }
        }
        return UNKNOWN;
    }

    private static boolean escapes(Object value) {
        return value instanceof Global global && global.is(JoblibArray.WRAPPER)
                || value instanceof Instance instance && instance.type.is(JoblibArray.WRAPPER)
                || value instanceof Tuple tuple
                        && tuple.items.stream().anyMatch(PickleMachine::escapes);
    }

    // --- imports and objects

    private String name(long offset) throws IOException {
        String line = in.line();
        if (line == null) {
            throw new MalformedPickle(offset, "it imports something by a very long name");
        }
        return line;
    }

    private Global imported(String module, String name, long offset) {
        return new Global(module, name, imports.found(module, name, offset));
    }

    /**
     * What is to be called. Honest pickles call what they import; one that calls an object which it
     * made itself can call anything that the object was made of.
     */
    private Global callable(Object value, AllowList.Use use, long offset) {
        imports.called();
        if (!(value instanceof Global global)) {
            throw new MalformedPickle(offset, "it calls something that it didn't import");
        }
        if (global.use.compareTo(use) < 0) {
            throw new MalformedPickle(
                    offset,
                    "it calls %s, which no pickle of a model does".formatted(global.full()));
        }
        return global;
    }

    private Object made(Global callable, Object arguments, long offset) {
        List<Object> items = arguments instanceof Tuple tuple ? tuple.items : null;
        if (PickleRules.isCopyreg(callable.full())) {
            if (items == null || items.isEmpty()) {
                throw new MalformedPickle(offset, "it makes something that can't be followed");
            }
            Global type = callable(items.get(0), AllowList.Use.MAKE, offset);
            if (callable.name.equals("_reconstructor")
                    && !(items.size() > 1
                            && items.get(1) instanceof Global base
                            && PickleRules.isBase(base.full()))) {
                throw new MalformedPickle(offset, "it makes something by another base");
            }
            contained(items.subList(1, items.size()));
            if (type.is(JoblibArray.WRAPPER)) {
                return new Instance(type, null);
            }
            return new Made(type, true, false);
        }
        if (callable.is("_codecs.encode")
                && !(items != null
                        && items.size() == 2
                        && PickleRules.CODECS.contains(items.get(1)))) {
            throw new MalformedPickle(offset, "it encodes by another codec than latin1");
        }
        String library = PickleRules.calls(callable.full());
        if (library != null) {
            if (items == null) {
                throw new MalformedPickle(offset, "it calls something that can't be followed");
            }
            for (Object item : items) {
                Global type = item instanceof Global global ? global : type(item);
                if (type != null
                        && !type.full().startsWith(library)
                        && !(item instanceof Made && PickleRules.isData(type.full()))) {
                    throw new MalformedPickle(
                            offset, "it has %s call %s".formatted(callable.full(), type.full()));
                }
            }
        }
        contained(List.of(arguments));
        if (callable.is(JoblibArray.WRAPPER) || callable.is(JoblibArray.DTYPE)) {
            return new Instance(callable, arguments instanceof Tuple tuple ? tuple : null);
        }
        return new Made(callable, true, callable.name.equals("scalar") && !isNumber(items));
    }

    /** Whether a scalar of numpy is surely no text. */
    private static boolean isNumber(List<Object> arguments) {
        return arguments != null
                && !arguments.isEmpty()
                && arguments.get(0) instanceof Instance dtype
                && dtype.arguments != null
                && !dtype.arguments.items.isEmpty()
                && dtype.arguments.items.get(0) instanceof String code
                && PickleRules.isNumber(code);
    }

    private static Global type(Object value) {
        return value instanceof Made made ? made.type : null;
    }

    private void build(Object state, long offset) throws IOException {
        contained(List.of(state));
        checkState(state, offset);
        if (top() instanceof Made made && made.fresh) {
            if (state instanceof Tuple tuple) {
                tuple.items.forEach(item -> checkState(item, offset));
            }
            if (PickleRules.isScorer(made.type.full())) {
                checkScorer(state, offset);
            }
            pop();
            push(made.known());
            return;
        }
        if (!(top() instanceof Instance instance) || instance.state != null) {
            // setting a state may call what an earlier one, or a class's attribute, was set to
            throw new MalformedPickle(offset, "it sets the state of something it hasn't just made");
        }
        if (instance.type.is(JoblibArray.DTYPE)) {
            checkDtype(instance, state, offset);
        }
        instance.state = state;
        if (!instance.type.is(JoblibArray.WRAPPER)) {
            return;
        }
        sawArrays = true;
        if (!joblib) {
            return;
        }
        if (!(state instanceof Dict dict) || !dict.followed) {
            throw new MalformedPickle(offset, "the state of a joblib array can't be followed");
        }
        if (in.offset() < frameEnd) {
            throw new MalformedPickle(offset, "a joblib array begins within a frame");
        }
        instance.fields.items.putAll(dict.items);
        readArray(instance.fields.items, offset);
        pop();
        push(UNKNOWN);
    }

    private static void checkState(Object state, long offset) {
        if (state == SHARED_DICT) {
            throw new MalformedPickle(offset, "it sets a state that is something else's, too");
        }
        if (state instanceof Dict dict && dict.planted != null) {
            throw new MalformedPickle(offset, "it plants %s in an object".formatted(dict.planted));
        }
    }

    /** Numbers that are said to be objects would be taken for pointers. */
    private static void checkDtype(Instance dtype, Object state, long offset) {
        boolean number = isNumber(List.of(dtype));
        boolean plain =
                state instanceof Tuple tuple
                        && tuple.items.size() > JoblibArray.FLAGS
                        && tuple.items.get(JoblibArray.FLAGS) instanceof Long flags
                        && (flags & JoblibArray.HAS_OBJECT) == 0;
        if (number && !plain) {
            throw new MalformedPickle(offset, "it says that numbers are objects");
        }
    }

    private static void checkScorer(Object state, long offset) {
        Object methods =
                state instanceof Dict dict && dict.followed
                        ? dict.items.getOrDefault("_response_method", "default")
                        : UNKNOWN;
        for (Object method : methods instanceof Tuple tuple ? tuple.items : List.of(methods)) {
            if (!PickleRules.RESPONSE_METHODS.contains(method)) {
                throw new MalformedPickle(offset, "it makes a scorer that may call any method");
            }
        }
    }

    private void readArray(Map<String, Object> fields, long offset) throws IOException {
        if (!(fields.get("dtype") instanceof Instance dtype)
                || dtype.arguments == null
                || dtype.arguments.items.isEmpty()
                || !(dtype.arguments.items.get(0) instanceof String code)
                || !(fields.get("shape") instanceof Tuple shape)) {
            throw new MalformedPickle(offset, "the dtype or shape of a joblib array is hidden");
        }
        List<Object> state =
                dtype.state instanceof Tuple tuple ? withNulls(tuple.items) : List.of();
        JoblibArray array = JoblibArray.of(code, state, shape.items, offset);
        if (array.objects()) {
            // joblib reads them by pickle itself
            new PickleMachine(in, imports, names, false).run();
            return;
        }
        if (fields.getOrDefault("numpy_array_alignment_bytes", NONE) != NONE) {
            in.skip(in.u1());
        }
        in.skip(array.bytes());
    }

    private static List<Object> withNulls(List<Object> items) {
        List<Object> nulls = new ArrayList<>(items);
        nulls.replaceAll(item -> item == NONE ? null : item);
        return nulls;
    }
}
