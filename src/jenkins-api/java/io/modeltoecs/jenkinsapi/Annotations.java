package io.modeltoecs.jenkinsapi;

import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.Type;

/**
 * Reads annotations and annotation values in the table's notation: {@code +Ldesc;(name=value,...)},
 * where {@code -} is an annotation that is not visible at run time.
 */
final class Annotations {

    /** Where an annotation goes: a class, field or method visitor's visitAnnotation. */
    interface Target {
        AnnotationVisitor visitAnnotation(String descriptor, boolean visible);
    }

    private final String text;
    private int at;

    private Annotations(String text) {
        this.text = text;
    }

    static void write(String cell, Target target) {
        Annotations reader = new Annotations(cell);
        while (reader.at < cell.length()) {
            boolean visible = reader.next() == '+';
            AnnotationVisitor annotation = target.visitAnnotation(reader.descriptor(), visible);
            reader.members(annotation);
            annotation.visitEnd();
            if (reader.at < cell.length()) {
                reader.expect(' ');
            }
        }
    }

    /** Writes the default of an annotation's member that has the given return type. */
    static void writeDefault(String cell, Type type, AnnotationVisitor target) {
        new Annotations(cell).value(null, type, target);
        target.visitEnd();
    }

    private void members(AnnotationVisitor annotation) {
        expect('(');
        while (peek() != ')') {
            int equals = text.indexOf('=', at);
            String name = text.substring(at, equals);
            at = equals + 1;
            value(name, null, annotation);
            if (peek() == ',') {
                at++;
            }
        }
        expect(')');
    }

    private void value(String name, Type type, AnnotationVisitor target) {
        switch (peek()) {
            case '[' -> array(name, type, target);
            case '"' -> target.visit(name, string());
            case 'L' -> classOrEnum(name, target);
            default -> target.visit(name, literal(type));
        }
    }

    private void array(String name, Type type, AnnotationVisitor target) {
        expect('[');
        AnnotationVisitor elements = target.visitArray(name);
        while (peek() != ']') {
            value(null, type == null ? null : type.getElementType(), elements);
            if (peek() == ',') {
                at++;
            }
        }
        expect(']');
        elements.visitEnd();
    }

    private void classOrEnum(String name, AnnotationVisitor target) {
        String descriptor = descriptor();
        if (at < text.length() && peek() == '.') {
            at++;
            target.visitEnum(name, descriptor, word());
        } else {
            target.visit(name, Type.getType(descriptor));
        }
    }

    private Object literal(Type type) {
        String word = word();
        if (word.equals("true") || word.equals("false")) {
            return Boolean.valueOf(word);
        }
        return switch (type == null ? Type.INT : type.getSort()) {
            case Type.INT -> Integer.valueOf(word);
            case Type.LONG -> Long.valueOf(word);
            case Type.DOUBLE -> Double.valueOf(word);
            default -> throw new IllegalArgumentException("no literal of " + type + ": " + text);
        };
    }

    private String string() {
        int end = text.indexOf('"', at + 1);
        String value = text.substring(at + 1, end);
        at = end + 1;
        return value;
    }

    private String descriptor() {
        int end = text.indexOf(';', at) + 1;
        String descriptor = text.substring(at, end);
        at = end;
        return descriptor;
    }

    private String word() {
        int start = at;
        while (at < text.length() && ",])".indexOf(peek()) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private char peek() {
        return text.charAt(at);
    }

    private char next() {
        return text.charAt(at++);
    }

    private void expect(char c) {
        if (next() != c) {
            throw new IllegalArgumentException("'" + c + "' expected at " + at + " of " + text);
        }
    }
}
