package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Env;
import groovy.lang.Script;
import io.modeltoecs.runner.build.Build;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Serialises a program and restores it, as Jenkins does between two steps when its controller
 * restarts. The build itself isn't a part of the program: it is left out and put back.
 */
final class Snapshot {
    private final ClassLoader classes;
    private final Build build;

    /**
     * @param classes the loader of the compiled scripts
     */
    Snapshot(ClassLoader classes, Build build) {
        this.classes = classes;
        this.build = build;
    }

    /**
     * A copy of the program that shares nothing with it.
     *
     * @throws NotSerializableException if something in the program can't be serialised, with the
     *     name of the variable that holds it
     */
    Program renew(Program program) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Writer writer = new Writer(bytes);
        try {
            writer.writeObject(program);
            writer.flush();
        } catch (NotSerializableException e) {
            throw explained(e, writer.holders);
        }
        try {
            return (Program) new Reader(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
        }
    }

    private NotSerializableException explained(
            NotSerializableException cause, List<Object> holders) {
        String holder = "";
        boolean itself = false;
        for (Object candidate : holders) {
            for (Map.Entry<?, ?> variable : variables(candidate).entrySet()) {
                Object value = variable.getValue();
                if (itself || value instanceof Script || passes(value)) {
                    continue;
                }
                // rather the variable that is one than a closure or list that leads to one
                itself = value.getClass().getName().equals(cause.getMessage());
                holder =
                        ": the %s '%s' holds one while a step is called"
                                .formatted(
                                        candidate instanceof Script
                                                ? "script's variable"
                                                : "local variable",
                                        variable.getKey());
            }
        }
        NotSerializableException explained =
                new NotSerializableException(
                        cause.getMessage()
                                + holder
                                + "; Jenkins saves the whole program at each step, so keep such"
                                + " objects inside a @NonCPS method, or set the variable to null"
                                + " before the step");
        explained.initCause(cause);
        return explained;
    }

    private boolean passes(Object value) {
        try (Writer writer = new Writer(OutputStream.nullOutputStream())) {
            writer.writeObject(value);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The variables of a scope or a script; groovy-cps keeps a scope's in a field {@code locals}.
     */
    private static Map<?, ?> variables(Object holder) {
        if (holder instanceof Script script) {
            return script.getBinding().getVariables();
        }
        for (Class<?> type = holder.getClass(); type != null; type = type.getSuperclass()) {
            try {
                Field locals = type.getDeclaredField("locals");
                locals.setAccessible(true);
                return (Map<?, ?>) locals.get(holder);
            } catch (NoSuchFieldException e) {
                // perhaps in the superclass
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
        return Map.of();
    }

    /** Stands for the build. */
    private enum Handle {
        BUILD
    }

    private final class Writer extends ObjectOutputStream {
        final List<Object> holders = new ArrayList<>();

        Writer(OutputStream out) throws IOException {
            super(out);
            enableReplaceObject(true);
        }

        @Override
        protected Object replaceObject(Object object) {
            if (object == build) {
                return Handle.BUILD;
            }
            if (object instanceof Env || object instanceof Script) {
                holders.add(object);
            }
            return object;
        }
    }

    private final class Reader extends ObjectInputStream {
        Reader(InputStream in) throws IOException {
            super(in);
            enableResolveObject(true);
        }

        @Override
        protected Object resolveObject(Object object) {
            return object == Handle.BUILD ? build : object;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description)
                throws IOException, ClassNotFoundException {
            try {
                return Class.forName(description.getName(), false, classes);
            } catch (ClassNotFoundException e) {
                return super.resolveClass(description);
            }
        }
    }
}
