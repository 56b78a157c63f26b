package io.modeltoecs.engine.pickle;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What pickles of models do with what they import, beyond the list: the same rules as the serving
 * runtime's guard.py, which knows the objects themselves and is exact where this can't be.
 */
final class PickleRules {
    /** Classes that are filled item by item, as a list is. */
    static final Set<String> LISTS = Set.of("collections.deque");

    /** Classes that are filled key by key: subclasses of dict. */
    static final Set<String> DICTS =
            Set.of(
                    "collections.OrderedDict",
                    "collections.defaultdict",
                    "collections.Counter",
                    "scipy.optimize._optimize.OptimizeResult",
                    "scipy.sparse._dok.dok_array",
                    "scipy.sparse._dok.dok_matrix",
                    "sklearn.utils._bunch.Bunch");

    static final Set<String> CODECS = Set.of("latin1", "latin-1");

    /** What is followed when it is called. */
    enum Role {
        OTHER,
        /** Makes an object of a class that it is given. */
        COPYREG,
        /** Encodes a string. */
        ENCODE,
        /** joblib's wrapper of an array. */
        WRAPPER,
        /** numpy's type of an array's elements. */
        DTYPE,
        /** Makes a scalar of numpy's. */
        SCALAR
    }

    /** What a scorer may call of an estimator. */
    static final Set<String> RESPONSE_METHODS =
            Set.of(
                    "default",
                    "predict",
                    "predict_proba",
                    "predict_log_proba",
                    "decision_function",
                    "transform");

    private static final List<String> SCORERS =
            List.of(
                    "sklearn.metrics._scorer.",
                    "sklearn.model_selection._classification_threshold._CurveScorer");

    /** What a scorer says which method it calls by. */
    static final String RESPONSE_METHOD = "_response_method";

    /** The keys of a state whose values matter. */
    static final Set<String> FIELDS =
            Set.of("dtype", "shape", "numpy_array_alignment_bytes", RESPONSE_METHOD);

    private static final Set<String> COPYREG =
            Set.of(
                    "copyreg._reconstructor",
                    "copy_reg._reconstructor",
                    "copyreg.__newobj__",
                    "copyreg.__newobj_ex__");
    private static final Set<String> BASES =
            Set.of(
                    "object",
                    "bytearray",
                    "bytes",
                    "complex",
                    "dict",
                    "float",
                    "frozenset",
                    "int",
                    "list",
                    "set",
                    "str",
                    "tuple",
                    "long",
                    "unicode");
    private static final Map<String, String> CALL_ARGUMENTS =
            Map.of(
                    "numpy.random._pickle.", "numpy.random.",
                    "numpy.ma.core._mareconstruct", "numpy.",
                    "pandas.core.indexes.", "pandas.");
    private static final List<String> DATA =
            List.of(
                    "_codecs.",
                    "builtins.",
                    "__builtin__.",
                    "collections.",
                    "datetime.",
                    "decimal.",
                    "fractions.",
                    "numpy.",
                    "pandas.",
                    "uuid.");

    private PickleRules() {}

    static Role role(String full) {
        return switch (full) {
            case "_codecs.encode" -> Role.ENCODE;
            case JoblibArray.WRAPPER -> Role.WRAPPER;
            case JoblibArray.DTYPE -> Role.DTYPE;
            default -> {
                if (COPYREG.contains(full)) {
                    yield Role.COPYREG;
                }
                yield full.endsWith(".scalar") ? Role.SCALAR : Role.OTHER;
            }
        };
    }

    /** Whether a class's own way of making an object runs nothing. */
    static boolean isBase(String full) {
        int dot = full.lastIndexOf('.');
        String module = full.substring(0, Math.max(dot, 0));
        return (module.equals("builtins") || module.equals("__builtin__"))
                && BASES.contains(full.substring(dot + 1));
    }

    /** What the arguments of a function have to begin with, if it calls them; or null. */
    static String calls(String full) {
        for (Map.Entry<String, String> function : CALL_ARGUMENTS.entrySet()) {
            if (full.startsWith(function.getKey())) {
                return function.getValue();
            }
        }
        return null;
    }

    /** Whether objects of a class are data, which can't be called. */
    static boolean isData(String full) {
        return DATA.stream().anyMatch(full::startsWith);
    }

    /** Whether Python looks an attribute of that name up by itself. */
    static boolean isSpecial(String text) {
        return text.startsWith("__") && text.endsWith("__");
    }

    /** The same of a text's bytes. */
    static boolean isSpecial(byte[] bytes, int from, int to) {
        return to - from >= 2
                && bytes[from] == '_'
                && bytes[from + 1] == '_'
                && bytes[to - 1] == '_'
                && bytes[to - 2] == '_';
    }

    /** Whether a scorer may call a method of that name. */
    static boolean isResponseMethod(Object name) {
        String text = PickleValues.text(name);
        return text != null && RESPONSE_METHODS.contains(text);
    }

    static boolean isScorer(String full) {
        return SCORERS.stream().anyMatch(full::startsWith);
    }

    /** Whether a dtype's code is a number's or a time's. */
    static boolean isNumber(String code) {
        return !code.isEmpty() && "biufcmM".indexOf(code.charAt(0)) >= 0;
    }
}
