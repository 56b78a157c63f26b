package io.modeltoecs.engine.model;

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

    /** What a scorer may call of an estimator. */
    static final Set<String> RESPONSE_METHODS =
            Set.of(
                    "default",
                    "predict",
                    "predict_proba",
                    "predict_log_proba",
                    "decision_function",
                    "transform");

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

    /**
     * Refuses items for what isn't known to keep them as they are: it may call what was planted.
     */
    static void takesItems(
            boolean builtin, PickleMachine.Global made, Set<String> classes, long offset) {
        if (!builtin
                && (made == null
                        || made.use() != AllowList.Use.TRUST && !classes.contains(made.full()))) {
            throw new MalformedPickle(offset, "it puts items into something that is no container");
        }
    }

    static boolean isCopyreg(String full) {
        return COPYREG.contains(full);
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

    static boolean isScorer(String full) {
        return full.startsWith("sklearn.metrics._scorer.");
    }

    /** Whether a dtype's code is a number's or a time's. */
    static boolean isNumber(String code) {
        return !code.isEmpty() && "biufcmM".indexOf(code.charAt(0)) >= 0;
    }
}
