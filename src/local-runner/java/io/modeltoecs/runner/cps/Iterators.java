package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.impl.Caller;
import java.io.Serializable;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;

/**
 * Groovy category that makes loops over collections survive a step in their body: the JDK's own
 * iterators and map views aren't serializable. Jenkins replaces the same methods and no others
 * ({@code IteratorHack} of workflow-cps).
 */
public final class Iterators {
    @SuppressWarnings("rawtypes") // as groovy-cps declares it
    private static final List<Class> CATEGORIES = new ArrayList<>(Continuable.categories);

    static {
        CATEGORIES.add(Iterators.class);
    }

    private Iterators() {}

    /** What a program runs with. */
    @SuppressWarnings("rawtypes")
    static List<Class> categories() {
        return CATEGORIES;
    }

    public static <E> Iterator<E> iterator(List<E> list) {
        return new Cursor<>(list);
    }

    public static <E> Iterator<E> iterator(Set<E> set) {
        return new Cursor<>(new ArrayList<>(set));
    }

    public static <E> Iterator<E> iterator(E[] array) {
        return new Cursor<>(Arrays.asList(array));
    }

    public static <E> Iterator<E> iterator(Deque<E> deque) {
        return new Cursor<>(new ArrayList<>(deque));
    }

    public static <K, V> Set<Map.Entry<K, V>> entrySet(Map<K, V> map) {
        if (plain(map, "entrySet")) {
            return map.entrySet();
        }
        Set<Map.Entry<K, V>> entries = new LinkedHashSet<>();
        map.forEach(
                (key, value) -> entries.add(new AbstractMap.SimpleImmutableEntry<>(key, value)));
        return entries;
    }

    public static <K, V> Set<Map.Entry<K, V>> entrySet(SortedMap<K, V> map) {
        return entrySet((Map<K, V>) map);
    }

    public static <K> Set<K> keySet(Map<K, ?> map) {
        return plain(map, "keySet") ? map.keySet() : new LinkedHashSet<>(map.keySet());
    }

    public static <K> Set<K> keySet(SortedMap<K, ?> map) {
        return keySet((Map<K, ?>) map);
    }

    public static <V> Collection<V> values(Map<?, V> map) {
        return plain(map, "values") ? map.values() : new ArrayList<>(map.values());
    }

    public static <V> Collection<V> values(SortedMap<?, V> map) {
        return values((Map<?, V>) map);
    }

    /** Whether {@code @NonCPS} code asks, which no step can interrupt. */
    private static boolean plain(Map<?, ?> map, String method) {
        return !Caller.isAsynchronous(map, method)
                && !Caller.isAsynchronous(Iterators.class, method, map);
    }

    private static final class Cursor<E> implements Iterator<E>, Serializable {
        private static final long serialVersionUID = 1L;
        private final List<E> list;
        private int next;

        Cursor(List<E> list) {
            this.list = list;
        }

        @Override
        public boolean hasNext() {
            return next < list.size();
        }

        @Override
        public E next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return list.get(next++);
        }

        @Override
        public void remove() {
            list.remove(--next);
        }
    }
}
