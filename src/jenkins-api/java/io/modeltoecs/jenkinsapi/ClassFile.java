package io.modeltoecs.jenkinsapi;

import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Writes a recorded class as a class file without behaviour: constructors call one of the
 * superclass, a method that is called fails with an error that names it.
 */
final class ClassFile {

    private static final String CONSTRUCTOR = "<init>";
    private static final String NO_ARGUMENTS = "()V";

    private final Map<String, RecordedClass> classes;
    private final RecordedClass recorded;
    private final ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);

    private ClassFile(RecordedClass recorded, Map<String, RecordedClass> classes) {
        this.recorded = recorded;
        this.classes = classes;
    }

    static byte[] of(RecordedClass recorded, Map<String, RecordedClass> classes) {
        return new ClassFile(recorded, classes).write();
    }

    private byte[] write() {
        Row head = recorded.head();
        writer.visit(
                Opcodes.V17,
                isInterface() ? head.access() : head.access() | Opcodes.ACC_SUPER,
                head.name(),
                head.cell(3),
                head.cell(4),
                head.list(5));
        Annotations.write(head.cells()[6], writer::visitAnnotation);
        for (String nested : head.list(7)) {
            String[] parts = nested.split(":", -1);
            writer.visitInnerClass(
                    parts[0], orNull(parts[1]), orNull(parts[2]), Integer.parseInt(parts[3]));
        }
        recorded.members().forEach(row -> member(row));
        if (!isInterface() && !hasNoArgumentConstructor()) {
            // What every subclass's constructor calls; the compiler doesn't see a synthetic one.
            constructor(
                    writer.visitMethod(
                            Opcodes.ACC_PUBLIC | Opcodes.ACC_SYNTHETIC,
                            CONSTRUCTOR,
                            NO_ARGUMENTS,
                            null,
                            null),
                    NO_ARGUMENTS);
        }
        writer.visitEnd();
        return writer.toByteArray();
    }

    private void member(Row row) {
        if (row.kind() == 'F') {
            field(row);
        } else {
            method(row);
        }
    }

    private void field(Row row) {
        FieldVisitor field =
                writer.visitField(
                        row.access(), row.name(), row.cells()[3], row.cell(4), constant(row));
        Annotations.write(row.cells()[6], field::visitAnnotation);
        field.visitEnd();
    }

    private static Object constant(Row row) {
        String value = row.cells()[5];
        String descriptor = row.cells()[3];
        if (descriptor.equals("Ljava/lang/String;")) {
            return row.cell(5);
        }
        if (value.isEmpty()) {
            return null;
        }
        return switch (descriptor.charAt(0)) {
            case 'J' -> Long.valueOf(value);
            case 'F' -> Float.valueOf(value);
            case 'D' -> Double.valueOf(value);
            case 'Z' -> value.equals("true") || value.equals("1") ? 1 : 0;
            case 'C' -> value.length() == 1 ? value.charAt(0) : Integer.parseInt(value);
            default -> Integer.valueOf(value);
        };
    }

    private void method(Row row) {
        MethodVisitor method =
                writer.visitMethod(
                        methodAccess(row), row.name(), row.cells()[3], row.cell(4), row.list(5));
        Annotations.write(row.cells()[6], method::visitAnnotation);
        if (row.cell(7) != null) {
            Annotations.writeDefault(
                    row.cells()[7],
                    Type.getReturnType(row.cells()[3]),
                    method.visitAnnotationDefault());
        }
        if (row.name().equals(CONSTRUCTOR)) {
            constructor(method, row.cells()[3]);
        } else if (isInterface() && (row.access() & Opcodes.ACC_ABSTRACT) == 0) {
            unsupported(method, row.name());
        }
        method.visitEnd();
    }

    /**
     * A method of a class is native: it has no body from which static checks could conclude, say,
     * that what follows a call of it is never reached. Interfaces can have no native methods.
     */
    private int methodAccess(Row row) {
        boolean hasBody =
                (row.access() & Opcodes.ACC_ABSTRACT) == 0 && !row.name().equals(CONSTRUCTOR);
        return hasBody && !isInterface() ? row.access() | Opcodes.ACC_NATIVE : row.access();
    }

    private boolean isInterface() {
        return (recorded.head().access() & Opcodes.ACC_INTERFACE) != 0;
    }

    /**
     * Hands its arguments on where the superclass takes the same, so that exceptions keep theirs.
     */
    private void constructor(MethodVisitor method, String descriptor) {
        String superclass = recorded.head().cells()[4];
        List<String> offered = superConstructors(superclass);
        boolean same = offered.contains(descriptor);
        String chosen = same ? descriptor : offered.get(0);
        method.visitCode();
        method.visitVarInsn(Opcodes.ALOAD, 0);
        int local = 1;
        for (Type parameter : Type.getArgumentTypes(chosen)) {
            if (same) {
                method.visitVarInsn(parameter.getOpcode(Opcodes.ILOAD), local);
                local += parameter.getSize();
            } else {
                method.visitInsn(zero(parameter));
            }
        }
        method.visitMethodInsn(Opcodes.INVOKESPECIAL, superclass, CONSTRUCTOR, chosen, false);
        method.visitInsn(Opcodes.RETURN);
        method.visitMaxs(0, 0);
    }

    /** Descriptors of the superclass's constructors, the one with the fewest parameters first. */
    private List<String> superConstructors(String superclass) {
        if (classes.containsKey(superclass)) {
            List<String> descriptors = new ArrayList<>(List.of(NO_ARGUMENTS));
            for (Row member : classes.get(superclass).members()) {
                if (member.kind() == 'M' && member.name().equals(CONSTRUCTOR)) {
                    descriptors.add(member.cells()[3]);
                }
            }
            return descriptors;
        }
        try {
            Class<?> type =
                    Class.forName(
                            superclass.replace('/', '.'), false, ClassFile.class.getClassLoader());
            return Arrays.stream(type.getDeclaredConstructors())
                    .filter(c -> (c.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0)
                    .sorted(Comparator.comparingInt(Constructor::getParameterCount))
                    .map(Type::getConstructorDescriptor)
                    .toList();
        } catch (ClassNotFoundException | LinkageError e) {
            // Nothing here extends a class that can't be compiled against.
            return List.of(NO_ARGUMENTS);
        }
    }

    private static int zero(Type type) {
        return switch (type.getSort()) {
            case Type.OBJECT, Type.ARRAY -> Opcodes.ACONST_NULL;
            case Type.LONG -> Opcodes.LCONST_0;
            case Type.FLOAT -> Opcodes.FCONST_0;
            case Type.DOUBLE -> Opcodes.DCONST_0;
            default -> Opcodes.ICONST_0;
        };
    }

    private void unsupported(MethodVisitor method, String name) {
        String exception = Type.getInternalName(UnsupportedOperationException.class);
        method.visitCode();
        method.visitTypeInsn(Opcodes.NEW, exception);
        method.visitInsn(Opcodes.DUP);
        method.visitLdcInsn(
                recorded.head().name().replace('/', '.') + "." + name + " is a signature only");
        method.visitMethodInsn(
                Opcodes.INVOKESPECIAL, exception, CONSTRUCTOR, "(Ljava/lang/String;)V", false);
        method.visitInsn(Opcodes.ATHROW);
        method.visitMaxs(0, 0);
    }

    private boolean hasNoArgumentConstructor() {
        return recorded.members().stream()
                .anyMatch(
                        row ->
                                row.name().equals(CONSTRUCTOR)
                                        && row.cells()[3].equals(NO_ARGUMENTS));
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
