package io.cowherd.access;

import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.config.access.AccessSettings.Unprotected;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.ChapAccount.Direction;
import io.cowherd.config.access.Grant;
import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.Redirect;
import io.cowherd.iscsi.discovery.TargetPlacement.Placement;
import io.cowherd.iscsi.login.ChapDemand;
import io.cowherd.iscsi.login.ChapSecret;
import io.cowherd.iscsi.login.Visitor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the rules say about a host. Who may do what at a target:
///
/// 1. The target's own list decides, or if it has none the list for all targets. Of the grants that fit the host's name
///    and address, the one that names it most closely counts, alone; if none fits, the host has no right.
/// 2. With no list at all a target is as open as its CHAP: if an account is good there, whoever proves one may do everything.
/// 3. With neither, it is unprotected: for this machine only, or for anyone if that is set.
///
/// **Threading.** *Immutable.*
final class Decisions {
    private final AccessRules rules;
    private final AccessSettings settings;
    private final Map<String, ChapSecret> secrets;
    private final Map<String, List<Grant>> grants = new HashMap<>();
    private final Map<String, ChapAccount> accounts = new HashMap<>();
    private final Map<String, Redirect> redirects = new HashMap<>();

    Decisions(RuleBook.Contents contents, AccessSettings settings) {
        this.rules = contents.rules();
        this.secrets = contents.secrets();
        this.settings = settings;
        for (Grant grant : rules.grants()) {
            grants.computeIfAbsent(grant.target(), _ -> new java.util.ArrayList<>()).add(grant);
        }
        rules.accounts().forEach(account -> accounts.put(account.name(), account));
        rules.redirects().forEach(redirect -> redirects.put(redirect.target(), redirect));
    }

    AccessRules rules() {
        return rules;
    }

    Map<String, ChapSecret> secrets() {
        return secrets;
    }

    @Nullable LunRights rights(Visitor visitor, String target) {
        List<Grant> list = grants.get(target);
        if (list == null) {
            list = grants.get(AccessRules.ALL_TARGETS);
        }
        if (list == null) {
            boolean isOpen =
                    visitor.isLocal()
                            || settings.unprotected() == Unprotected.ANYONE
                            || demandsChap(target);
            return isOpen ? LunRights.ALL : null;
        }
        Grant closest = null;
        for (Grant grant : list) {
            if (grant.matches(visitor.initiatorName(), visitor.address())
                    && (closest == null
                            || grant.initiator().specificity()
                                    > closest.initiator().specificity())) {
                closest = grant;
            }
        }
        return closest == null ? null : closest.rights();
    }

    /// True if whoever comes there has to prove who it is.
    boolean demandsChap(String scope) {
        return rules.accounts().stream()
                .anyMatch(a -> a.direction() == Direction.INCOMING && a.covers(scope));
    }

    @Nullable ChapDemand demand(Visitor visitor, String scope) {
        if (!demandsChap(scope)) {
            return null;
        }
        return new ChapDemand(
                settings.algorithms(),
                name -> {
                    ChapAccount account = accounts.get(name);
                    boolean isGood =
                            account != null
                                    && account.direction() == Direction.INCOMING
                                    && account.covers(scope)
                                    && account.initiator().matches(visitor.initiatorName());
                    return isGood ? secrets.get(name) : null;
                },
                own(scope));
    }

    /// The outgoing account that names the place, or else the one for everywhere.
    private ChapDemand.@Nullable Own own(String scope) {
        ChapDemand.Own everywhere = null;
        for (ChapAccount account : rules.accounts()) {
            ChapSecret secret = secrets.get(account.name());
            if (account.direction() == Direction.OUTGOING && secret != null) {
                if (account.scopes().contains(scope)) {
                    return new ChapDemand.Own(account.name(), secret);
                }
                if (account.covers(scope)) {
                    everywhere = new ChapDemand.Own(account.name(), secret);
                }
            }
        }
        return everywhere;
    }

    Placement placement(String target) {
        Redirect redirect = redirects.get(target);
        return redirect == null
                ? new Placement.Here()
                : new Placement.Elsewhere(redirect.portals(), redirect.duration());
    }
}
