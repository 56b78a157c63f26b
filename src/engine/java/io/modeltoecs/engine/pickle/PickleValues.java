package io.modeltoecs.engine.pickle;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What can lie on a pickle's stack, as far as it matters for what is imported and called. */
final class PickleValues {
    /** What is the same wherever it is. */
    enum Plain {
        /** Nothing. */
        ABSENT,
        /** Isn't known. */
        UNKNOWN,
        /** A number, bytes or the like: can't be called, has no state. */
        DATA,
        /** May be, or hold, a dict that isn't known: no state of an object. */
        OPAQUE,
        /** May be equal to any string. */
        ANY_TEXT,
        /** A string that is no name. */
        NO_NAME,
        /** Something remembered that is, or holds, an array's wrapper of joblib. */
        WRAPPER,
        /** A tuple in which nothing is of consequence. */
        TUPLE,
        NONE,
        LIST,
        /** A list with nothing in it but what a scorer may call. */
        METHODS,
        SET
    }

    private PickleValues() {}

    /**
     * A string that may be a name.
     *
     * @param place of it among {@link PickleNames}
     * @param field whether it is a key whose value matters
     * @param special whether Python looks an attribute of that name up by itself
     */
    record Text(byte[] bytes, String value, int place, boolean field, boolean special) {
        static Text of(byte[] bytes, int place) {
            String value = new String(bytes, StandardCharsets.UTF_8);
            return new Text(
                    bytes,
                    value,
                    place,
                    PickleRules.FIELDS.contains(value),
                    PickleRules.isSpecial(value));
        }

        boolean is(byte[] other, int from, int to) {
            return Arrays.equals(bytes, 0, bytes.length, other, from, to);
        }

        /** Whether it doesn't matter as a key. */
        boolean isPlain() {
            return !field && !special;
        }
    }

    /** Something imported. */
    static final class Global {
        final String module;
        final String name;
        final String full;

        /** How it may be used; null if it isn't allowed. */
        final AllowList.Use use;

        /**
         * Where it is among {@link PickleNames}, followed by an object of it and by one that may be
         * equal to a string; 0 if it is nowhere.
         */
        final int place;

        final PickleRules.Role role;

        /** Whether objects of it can't be called. */
        final boolean data;

        /** Whether objects of it are filled as lists are. */
        final boolean lists;

        /** Whether objects of it are filled as dicts are. */
        final boolean dicts;

        final boolean mapping;
        final boolean scorer;

        /** What its arguments have to be of, if it calls them; or null. */
        final String library;

        Global(String module, String name, AllowList.Use use, int place) {
            this.module = module;
            this.name = name;
            this.full = module + "." + name;
            this.use = use;
            this.place = place;
            this.role = PickleRules.role(full);
            this.data = PickleRules.isData(full);
            this.mapping = PickleRules.DICTS.contains(full);
            this.lists = trusted() || PickleRules.LISTS.contains(full);
            this.dicts = trusted() || mapping;
            this.scorer = PickleRules.isScorer(full);
            this.library = PickleRules.calls(full);
        }

        /** Whether all may be done with it; what is refused anyway is read on as if it were. */
        boolean trusted() {
            return use == null || use == AllowList.Use.TRUST;
        }

        boolean is(String other) {
            return full.equals(other);
        }
    }

    /** A tuple, with what there is in it and in tuples in it. */
    static final class Tuple {
        final Object[] items;

        /** Whether joblib's wrapper is in it. */
        final boolean wraps;

        /** Whether a dict is in it. */
        final boolean dicts;

        Tuple(Object... items) {
            this.items = items;
            boolean anyWraps = false;
            boolean anyDicts = false;
            for (Object item : items) {
                anyWraps |= wraps(item);
                anyDicts |= dicts(item);
            }
            wraps = anyWraps;
            dicts = anyDicts;
        }

        Object at(int index) {
            return index < items.length ? items[index] : Plain.UNKNOWN;
        }
    }

    /** A dict, of which the fields that matter are known. */
    static final class Dict {
        /** Whether all its keys are known. */
        private boolean followed = true;

        private String planted;
        private Object[] fields;

        /** Where the last of a record's fields ends, if all values are fields. */
        private long recordEnd;

        private boolean record;

        /**
         * @param empty whether nothing was put into it so far
         */
        Dict(boolean empty) {
            record = empty;
        }

        boolean followed() {
            return followed;
        }

        /** A key that would be looked up by Python itself if this were a state; or null. */
        String planted() {
            return planted;
        }

        void put(Object key, Object value) {
            if (key instanceof Text text) {
                if (text.special) {
                    planted = text.value;
                }
                if (text.field) {
                    field(text.value, value);
                }
            } else if (!(key instanceof String)) {
                followed = false;
                if (isAnyText(key)) {
                    planted = "a computed name";
                }
            }
        }

        /** Takes note of a value, whatever its key. */
        void hold(Object value) {
            if (record
                    && value instanceof Tuple field
                    && field.at(0) instanceof Instance dtype
                    && field.at(1) instanceof Long offset
                    && offset >= 0
                    && offset <= Integer.MAX_VALUE
                    && dtype.plainSize() >= 0) {
                recordEnd = Math.max(recordEnd, offset + dtype.plainSize());
            } else {
                record = false;
            }
        }

        /** Whether all that it holds are fields of a record of so many bytes, none of objects. */
        boolean isRecord(long bytes) {
            return record && recordEnd <= bytes;
        }

        private void field(String name, Object value) {
            int end = fields == null ? 0 : fields.length;
            for (int i = 0; i < end; i += 2) {
                if (fields[i].equals(name)) {
                    fields[i + 1] = value;
                    return;
                }
            }
            fields = end == 0 ? new Object[2] : Arrays.copyOf(fields, end + 2);
            fields[end] = name;
            fields[end + 1] = value;
        }

        /** The value of one of {@link PickleRules#FIELDS}. */
        Object get(String name, Object otherwise) {
            for (int i = 0; fields != null && i < fields.length; i += 2) {
                if (fields[i].equals(name)) {
                    return fields[i + 1];
                }
            }
            return otherwise;
        }
    }

    /** An object that was made. */
    static final class Made {
        final Global type;

        /** Whether it may be equal to a string without being one. */
        final boolean text;

        /** Whether it was just made: its state may be set, once. */
        private boolean fresh;

        Made(Global type, boolean text, boolean fresh) {
            this.type = type;
            this.text = text;
            this.fresh = fresh;
        }

        /** Whether its state may be set; from now on it may not. */
        boolean settle() {
            boolean was = fresh;
            fresh = false;
            return was;
        }
    }

    /** A wrapper of joblib or a dtype of numpy. */
    static final class Instance {
        final boolean wrapper;
        final Tuple arguments;
        Object state;

        Instance(boolean wrapper, Tuple arguments) {
            this.wrapper = wrapper;
            this.arguments = arguments;
        }

        /** A dtype's code, as {@code f8}; null if it isn't known. */
        String code() {
            return arguments == null ? null : text(arguments.at(0));
        }

        /** Bytes of an element of a dtype; -1 if it isn't known, or one of objects. */
        long plainSize() {
            return code() == null ? -1 : JoblibArray.plainSize(code());
        }
    }

    /** Whether joblib's wrapper is this, or in this. */
    static boolean wraps(Object value) {
        if (value instanceof Tuple tuple) {
            return tuple.wraps;
        }
        if (value instanceof Global global) {
            return global.role == PickleRules.Role.WRAPPER;
        }
        return value == Plain.WRAPPER || value instanceof Instance instance && instance.wrapper;
    }

    /** Whether this is a dict, or may be or hold one. */
    static boolean dicts(Object value) {
        return value instanceof Dict
                || value == Plain.OPAQUE
                || value instanceof Tuple tuple && tuple.dicts
                || value instanceof Made made && made.type.mapping;
    }

    /**
     * Whether this is surely of a builtin type: Python fails where it is called or given a state.
     */
    static boolean isBuiltin(Object value) {
        return value instanceof Text
                || value instanceof String
                || value instanceof Long
                || value instanceof Tuple
                || value instanceof Dict
                || value == Plain.ANY_TEXT
                || value == Plain.DATA
                || value == Plain.NONE
                || isList(value)
                || value == Plain.SET;
    }

    static boolean isList(Object value) {
        return value == Plain.LIST || value == Plain.METHODS;
    }

    /** Whether this may be a string that isn't known: Python goes on where it needs one. */
    static boolean mayBeText(Object value) {
        return value == Plain.UNKNOWN
                || value == Plain.ANY_TEXT
                || value == Plain.NO_NAME
                || value instanceof Made made && made.type.trusted();
    }

    /** Whether this may be equal to any string. */
    static boolean isAnyText(Object value) {
        return value == Plain.ANY_TEXT || value instanceof Made made && made.text;
    }

    /** The string that this is, or null. */
    static String text(Object value) {
        if (value instanceof Text text) {
            return text.value;
        }
        return value instanceof String plain ? plain : null;
    }
}
