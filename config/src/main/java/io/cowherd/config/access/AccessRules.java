package io.cowherd.config.access;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Everything that is said about hosts, consistent in itself.
///
/// @param grants access lists; one grant for a target and a pattern. Sorted
/// @param accounts CHAP accounts; one of a name. Sorted
/// @param redirects one for a target. Sorted
public record AccessRules(
        List<Grant> grants, List<ChapAccount> accounts, List<Redirect> redirects) {
    /// Stands for all targets.
    public static final String ALL_TARGETS = "*";

    /// Most grants.
    public static final int MAX_GRANTS = 4096;

    /// Most CHAP accounts.
    public static final int MAX_ACCOUNTS = 1024;

    /// Most redirects.
    public static final int MAX_REDIRECTS = 1024;

    /// No list, no account, no redirect.
    public static final AccessRules EMPTY = new AccessRules(List.of(), List.of(), List.of());

    /// Validates each against the others.
    public AccessRules {
        bounded("grants", grants.size(), MAX_GRANTS);
        bounded("CHAP accounts", accounts.size(), MAX_ACCOUNTS);
        bounded("redirects", redirects.size(), MAX_REDIRECTS);
        grants =
                grants.stream()
                        .sorted(
                                Comparator.comparing(Grant::target)
                                        .thenComparing(g -> g.initiator().text()))
                        .toList();
        accounts = accounts.stream().sorted(Comparator.comparing(ChapAccount::name)).toList();
        redirects = redirects.stream().sorted(Comparator.comparing(Redirect::target)).toList();
        once("Grant", grants.stream().map(Grant::toString));
        once("CHAP account", accounts.stream().map(ChapAccount::name));
        once("Redirect of", redirects.stream().map(Redirect::target));
        once(
                "An outgoing CHAP account for",
                accounts.stream()
                        .filter(a -> a.direction() == ChapAccount.Direction.OUTGOING)
                        .flatMap(a -> a.scopes().stream()));
    }

    private static void bounded(String what, int count, int most) {
        if (count > most) {
            throw new IllegalArgumentException(
                    count + " " + what + " are more than the " + most + " that are allowed.");
        }
    }

    private static void once(String what, Stream<String> names) {
        var seen = new HashSet<String>();
        names.forEach(
                name -> {
                    if (!seen.add(name)) {
                        throw new IllegalArgumentException(what + " " + name + " is there twice.");
                    }
                });
    }

    /// Checks the name of a target, or [#ALL_TARGETS], and folds it to lower case.
    static String targetOrAll(String text) {
        return text.equals(ALL_TARGETS) ? text : IscsiName.fold(text);
    }

    /// True if nothing keeps a host out anywhere.
    public boolean protectsNothing() {
        return grants.isEmpty()
                && accounts.stream()
                        .noneMatch(a -> a.direction() == ChapAccount.Direction.INCOMING);
    }

    /// With a grant in the place of the one for the same target and pattern.
    public AccessRules with(Grant grant) {
        return new AccessRules(
                replaced(
                        grants,
                        g ->
                                g.target().equals(grant.target())
                                        && g.initiator().equals(grant.initiator()),
                        grant),
                accounts,
                redirects);
    }

    /// With an account in the place of the one of the same name.
    public AccessRules with(ChapAccount account) {
        return new AccessRules(
                grants,
                replaced(accounts, a -> a.name().equals(account.name()), account),
                redirects);
    }

    /// With a redirect in the place of the one for the same target.
    public AccessRules with(Redirect redirect) {
        return new AccessRules(
                grants,
                accounts,
                replaced(redirects, r -> r.target().equals(redirect.target()), redirect));
    }

    /// Without the grants that are meant.
    public AccessRules withoutGrants(Predicate<Grant> which) {
        return new AccessRules(
                grants.stream().filter(which.negate()).toList(), accounts, redirects);
    }

    /// Without the account of that name.
    public AccessRules withoutAccount(String name) {
        return new AccessRules(
                grants, accounts.stream().filter(a -> !a.name().equals(name)).toList(), redirects);
    }

    /// Without the redirect of that target.
    public AccessRules withoutRedirect(String target) {
        return new AccessRules(
                grants,
                accounts,
                redirects.stream().filter(r -> !r.target().equals(target)).toList());
    }

    /// True if something is said about that target by its name.
    public boolean mentions(String target) {
        return grants.stream().anyMatch(g -> g.target().equals(target))
                || accounts.stream().anyMatch(a -> a.scopes().contains(target))
                || redirects.stream().anyMatch(r -> r.target().equals(target));
    }

    /// With what is said about one target said about another as well: for the time in which it gets its new name.
    public AccessRules copied(String from, String to) {
        AccessRules next = this;
        for (Grant g : grants) {
            if (g.target().equals(from)) {
                next = next.with(new Grant(to, g.initiator(), g.networks(), g.rights()));
            }
        }
        for (ChapAccount a : accounts) {
            if (a.scopes().contains(from)) {
                next = next.with(scoped(a, Stream.concat(a.scopes().stream(), Stream.of(to))));
            }
        }
        for (Redirect r : redirects) {
            if (r.target().equals(from)) {
                next = next.with(new Redirect(to, r.portals(), r.duration()));
            }
        }
        return next;
    }

    /// With nothing said about a target by its name. An account that was good there alone goes.
    public AccessRules forgetting(String target) {
        AccessRules next = withoutGrants(g -> g.target().equals(target)).withoutRedirect(target);
        for (ChapAccount a : accounts) {
            if (a.scopes().equals(List.of(target))) {
                next = next.withoutAccount(a.name());
            } else if (a.scopes().contains(target)) {
                next = next.with(scoped(a, a.scopes().stream().filter(s -> !s.equals(target))));
            }
        }
        return next;
    }

    private static ChapAccount scoped(ChapAccount a, Stream<String> scopes) {
        return new ChapAccount(
                a.name(), a.direction(), scopes.toList(), a.initiator(), a.secretFile());
    }

    private static <T> List<T> replaced(List<T> list, Predicate<T> old, T with) {
        var next = new ArrayList<T>(list.stream().filter(old.negate()).toList());
        next.add(with);
        return next;
    }
}
