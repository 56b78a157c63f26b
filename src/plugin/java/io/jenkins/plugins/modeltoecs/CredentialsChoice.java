package io.jenkins.plugins.modeltoecs;

import com.cloudbees.plugins.credentials.CredentialsMatcher;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardCredentials;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import hudson.model.Item;
import hudson.model.Queue;
import hudson.model.queue.Tasks;
import hudson.security.ACL;
import hudson.util.ListBoxModel;
import java.util.List;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.plaincredentials.StringCredentials;

/** The credentials that a form offers: to who may not see them, just the one that is chosen. */
final class CredentialsChoice {
    private CredentialsChoice() {}

    /** What holds AWS keys. */
    static ListBoxModel awsKeys(Item item, String current) {
        return of(
                item,
                current,
                StandardCredentials.class,
                credential -> AwsKeysReader.canRead(credential.getClass()));
    }

    /** A user name and a password. */
    static ListBoxModel logins(Item item, String current) {
        return of(item, current, StandardUsernamePasswordCredentials.class, credential -> true);
    }

    /** A secret text. */
    static ListBoxModel texts(Item item, String current) {
        return of(item, current, StringCredentials.class, credential -> true);
    }

    private static ListBoxModel of(
            Item item,
            String current,
            Class<? extends StandardCredentials> type,
            CredentialsMatcher matcher) {
        StandardListBoxModel choice = new StandardListBoxModel();
        if (maySee(item)) {
            choice.includeEmptyValue()
                    .includeMatchingAs(
                            item instanceof Queue.Task task
                                    ? Tasks.getAuthenticationOf2(task)
                                    : ACL.SYSTEM2,
                            item,
                            type,
                            List.of(),
                            matcher);
        }
        return choice.includeCurrentValue(current);
    }

    private static boolean maySee(Item item) {
        return item == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : item.hasAnyPermission(Item.EXTENDED_READ, CredentialsProvider.USE_ITEM);
    }
}
