package io.cowherd.access;

import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.discovery.TargetPlacement;
import io.cowherd.iscsi.login.ChapDemand;
import io.cowherd.iscsi.login.ChapSecret;
import io.cowherd.iscsi.login.LoginPolicy;
import io.cowherd.iscsi.login.Visitor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The rules about hosts: asked at every login and every discovery, changed by management.
///
/// A change is durable before it counts, and counts before [#change] returns.
///
/// **Threading.** *Thread-safe*: decisions are an immutable snapshot, replaced under the lock of changes.
public final class AccessControl implements LoginPolicy, TargetPlacement {
    private final RuleBook book;
    private final AccessSettings settings;
    private final ChangeLock lock;
    private volatile Decisions decisions;

    /// Keeps other nodes from changing the rules meanwhile.
    @FunctionalInterface
    public interface ChangeLock {
        /// Takes it; whoever takes it closes it.
        Closeable take() throws IOException;
    }

    private AccessControl(RuleBook book, AccessSettings settings, ChangeLock lock)
            throws IOException {
        this.book = book;
        this.settings = settings;
        this.lock = lock;
        try (var _ = lock.take()) {
            this.decisions = new Decisions(book.open(), settings);
        }
    }

    /// Reads the rules of a data directory. The caller holds the directory's lock.
    ///
    /// @throws IOException naming the file, what is wrong with it and what to do
    public static AccessControl open(Path dataDirectory, AccessSettings settings)
            throws IOException {
        return openShared(dataDirectory, settings, () -> () -> {});
    }

    /// The same where other nodes change the rules as well: [#refresh] sees what they do.
    ///
    /// @param lock held during every change, by one node at a time
    public static AccessControl openShared(
            Path dataDirectory, AccessSettings settings, ChangeLock lock) throws IOException {
        return new AccessControl(new RuleBook(dataDirectory), settings, lock);
    }

    /// The rules at this moment.
    public AccessRules rules() {
        return decisions.rules();
    }

    /// How strict the server is beside them.
    public AccessSettings settings() {
        return settings;
    }

    /// Reads the rules again if another node has changed them.
    ///
    /// @return true if they are others now
    /// @throws IOException naming the file and what is wrong with it; the rules until now stay in force
    public synchronized boolean refresh() throws IOException {
        if (!book.hasChanged()) {
            return false;
        }
        decisions = new Decisions(book.read(), settings);
        return true;
    }

    // -- for logins --

    @Override
    public @Nullable LunRights rights(Visitor visitor, String target) {
        return decisions.rights(visitor, target);
    }

    @Override
    public @Nullable ChapDemand demand(Visitor visitor, @Nullable String target) {
        return decisions.demand(visitor, target == null ? ChapAccount.DISCOVERY : target);
    }

    @Override
    public Placement of(String target) {
        return decisions.placement(target);
    }

    // -- for management --

    /// Changes the rules.
    ///
    /// @param change makes the new rules of the present ones; may throw IllegalArgumentException
    /// @throws IllegalArgumentException if the new rules cannot be; nothing has changed
    /// @throws IOException if they cannot be written; nothing has changed
    public synchronized void change(UnaryOperator<AccessRules> change) throws IOException {
        try (var _ = lock.take()) {
            refresh();
            Decisions before = decisions;
            put(change.apply(before.rules()), before.secrets());
        }
    }

    /// Sets an account with its secret, in the place of the one of that name.
    ///
    /// @param account whose secret file is not looked at
    /// @param secret 12 to 255 bytes, borrowed
    /// @throws IllegalArgumentException if it cannot be; nothing has changed
    /// @throws IOException if it cannot be written; nothing has changed
    public synchronized void setAccount(ChapAccount account, byte[] secret) throws IOException {
        if (secret.length < ChapAccount.MIN_SECRET_BYTES
                || secret.length > ChapAccount.MAX_SECRET_BYTES) {
            throw new IllegalArgumentException(
                    "A CHAP secret has %d to %d bytes, not %d."
                            .formatted(
                                    ChapAccount.MIN_SECRET_BYTES,
                                    ChapAccount.MAX_SECRET_BYTES,
                                    secret.length));
        }
        try (var _ = lock.take()) {
            refresh();
            setLocked(account, secret);
        }
    }

    private void setLocked(ChapAccount account, byte[] secret) throws IOException {
        Decisions before = decisions;
        before.rules().with(account); // refuses what cannot be, before anything is written
        refuseSameSecret(before, account, new ChapSecret(secret));
        var named =
                new ChapAccount(
                        account.name(),
                        account.direction(),
                        account.scopes(),
                        account.initiator(),
                        book.keep(secret));
        var secrets = new HashMap<>(before.secrets());
        secrets.put(account.name(), new ChapSecret(secret));
        put(before.rules().with(named), secrets);
    }

    /// With one secret for both directions, a host could have us answer our own challenge (RFC 7143 9.2.1).
    private static void refuseSameSecret(Decisions before, ChapAccount account, ChapSecret secret) {
        for (ChapAccount other : before.rules().accounts()) {
            ChapSecret known = before.secrets().get(other.name());
            if (other.direction() != account.direction()
                    && !other.name().equals(account.name())
                    && known != null
                    && known.isSame(secret)) {
                throw new IllegalArgumentException(
                        "The secret is also that of "
                                + other.name()
                                + ", which is for the other direction: give each direction a secret of its own.");
            }
        }
    }

    private void put(AccessRules rules, Map<String, ChapSecret> secrets) throws IOException {
        AccessRules before = decisions.rules();
        var used = new HashMap<>(secrets);
        used.keySet().retainAll(rules.accounts().stream().map(ChapAccount::name).toList());
        var next = new Decisions(new RuleBook.Contents(rules, used), settings);
        book.write(rules, before);
        decisions = next;
        book.tidy(rules, before);
    }
}
