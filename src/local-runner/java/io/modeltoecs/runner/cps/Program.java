package io.modeltoecs.runner.cps;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Outcome;
import io.modeltoecs.runner.step.Scope;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** All that a running Jenkinsfile is: serialised and restored at each step. */
final class Program implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TreeMap<Integer, Strand> strands = new TreeMap<>();
    private int next;

    Strand add(Integer parent, String key, Scope scope, Continuable program) {
        Strand strand = new Strand(next++, parent, key, scope, program, new Outcome(null, null));
        strands.put(strand.id, strand);
        return strand;
    }

    /** The strand, or null if it has ended. */
    Strand get(int id) {
        return strands.get(id);
    }

    void remove(Strand strand) {
        strands.remove(strand.id);
    }

    Collection<Strand> strands() {
        return strands.values();
    }

    /** A strand that can go on, or null. */
    Strand runnable() {
        for (Strand strand : strands.values()) {
            if (strand.resume != null) {
                return strand;
            }
        }
        return null;
    }

    /** The bodies that a strand's step runs. */
    List<Strand> bodiesOf(Strand parent) {
        List<Strand> bodies = new ArrayList<>();
        for (Strand strand : strands.values()) {
            if (strand.parent != null && strand.parent == parent.id) {
                bodies.add(strand);
            }
        }
        return bodies;
    }
}
