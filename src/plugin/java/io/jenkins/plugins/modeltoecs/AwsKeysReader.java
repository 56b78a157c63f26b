package io.jenkins.plugins.modeltoecs;

import io.modeltoecs.engine.aws.AwsKeys;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

/**
 * Reads AWS keys out of a credential of the aws-credentials plugin, by reflection: a dependency on
 * that plugin would load its AWS SDK in front of ours. Its credentials are providers of the SDK's
 * second version ({@code resolveCredentials()}), formerly of the first ({@code getCredentials()}).
 */
final class AwsKeysReader {
    private AwsKeysReader() {}

    /** Whether such a credential holds keys. */
    static boolean canRead(Class<?> credential) {
        return find(credential, "resolveCredentials") != null
                || find(credential, "getCredentials") != null;
    }

    /** The keys, or null if the credential holds none. */
    static AwsKeys read(Object credential) throws ReflectiveOperationException {
        Object second = call(credential, "resolveCredentials");
        if (second != null) {
            return new AwsKeys(
                    (String) call(second, "accessKeyId"),
                    (String) call(second, "secretAccessKey"),
                    (String) call(second, "sessionToken"));
        }
        Object first = call(credential, "getCredentials");
        if (first != null) {
            return new AwsKeys(
                    (String) call(first, "getAWSAccessKeyId"),
                    (String) call(first, "getAWSSecretKey"),
                    (String) call(first, "getSessionToken"));
        }
        return null;
    }

    /** What the method returns, or null if there is no such method. */
    private static Object call(Object target, String name) throws ReflectiveOperationException {
        Method method = find(target.getClass(), name);
        if (method == null) {
            return null;
        }
        try {
            return method.invoke(target);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** A method of that name where it may be called: declared by a public class or interface. */
    private static Method find(Class<?> type, String name) {
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            Method method = declared(c, name);
            for (Class<?> i : c.getInterfaces()) {
                method = method == null ? find(i, name) : method;
            }
            if (method != null) {
                return method;
            }
        }
        return null;
    }

    private static Method declared(Class<?> type, String name) {
        if (!Modifier.isPublic(type.getModifiers())) {
            return null;
        }
        try {
            return type.getDeclaredMethod(name);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }
}
