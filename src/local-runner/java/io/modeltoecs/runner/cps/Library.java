package io.modeltoecs.runner.cps;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** {@code @Library('name') _} of a Jenkinsfile, which is what makes a library's vars known. */
@Retention(RetentionPolicy.SOURCE)
public @interface Library {
    /** Names, each perhaps with {@code @version}. */
    String[] value();
}
