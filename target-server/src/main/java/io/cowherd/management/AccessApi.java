package io.cowherd.management;

import static io.cowherd.management.VolumeRequests.refused;
import static io.cowherd.management.VolumeRequests.required;

import io.cowherd.access.AccessControl;
import io.cowherd.admission.FailedLogins;
import io.cowherd.config.HostPort;
import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.ChapAccount.Direction;
import io.cowherd.config.access.ChapAlgorithm;
import io.cowherd.config.access.Grant;
import io.cowherd.config.access.InitiatorPattern;
import io.cowherd.config.access.IscsiName;
import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.config.access.Network;
import io.cowherd.config.access.Redirect;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Endpoints on the rules about hosts: access lists, CHAP accounts, redirects; and on logins that failed.
///
/// Secrets come in and never go out.
///
/// **Threading.** *Thread-safe*: [AccessControl] is.
final class AccessApi {
    private static final int REDIRECT_DEFAULT_PORT = 3260;

    private final AccessControl access;
    private final HostAccess hosts;

    AccessApi(AccessControl access, HostAccess hosts) {
        this.access = access;
        this.hosts = hosts;
    }

    /// Body of `PUT /v1/access/grants`.
    record GrantBody(
            @Nullable String target,
            @Nullable String initiator,
            @Nullable List<String> networks,
            @Nullable String luns,
            @Nullable Boolean readOnly) {}

    /// Body of `PUT /v1/access/chap`.
    record AccountBody(
            @Nullable String name,
            @Nullable String secret,
            @Nullable String direction,
            @Nullable List<String> scopes,
            @Nullable String initiator) {
        @Override
        public String toString() {
            return "CHAP account " + name;
        }
    }

    /// Body of `PUT /v1/access/redirects`.
    record RedirectBody(
            @Nullable String target, @Nullable List<String> portals, @Nullable Boolean permanent) {}

    /// A grant as the API shows it.
    record GrantView(
            String target, String initiator, List<String> networks, String luns, boolean readOnly) {
        static GrantView of(Grant grant, UnaryOperator<String> spelled) {
            return new GrantView(
                    spelled.apply(grant.target()),
                    grant.initiator().text(),
                    grant.networks().stream().map(Network::toString).toList(),
                    grant.rights().luns().toString(),
                    grant.rights().isReadOnly());
        }
    }

    /// A CHAP account as the API shows it.
    record AccountView(String name, String direction, List<String> scopes, String initiator) {
        static AccountView of(ChapAccount account, UnaryOperator<String> spelled) {
            return new AccountView(
                    account.name(),
                    account.direction().name().toLowerCase(Locale.ROOT),
                    account.scopes().stream().map(spelled).toList(),
                    account.initiator().text());
        }
    }

    /// A redirect as the API shows it.
    record RedirectView(String target, List<String> portals, boolean permanent) {
        static RedirectView of(Redirect redirect, UnaryOperator<String> spelled) {
            return new RedirectView(
                    spelled.apply(redirect.target()),
                    redirect.portals().stream().map(HostPort::toString).toList(),
                    redirect.duration() == Redirect.Duration.PERMANENT);
        }
    }

    /// An address whose logins have failed, as the API shows it.
    record FailedView(String address, long count, String last, String reason, int delayMillis) {
        static FailedView of(FailedLogins.Address failed) {
            return new FailedView(
                    failed.address(),
                    failed.count(),
                    failed.last().toString(),
                    failed.reason(),
                    failed.delayMillis());
        }
    }

    /// What a change has brought.
    ///
    /// @param withoutRight sessions whose host has no right to its target any more, or has not proved what that takes now
    /// @param disconnected true if they were ended
    /// @param notes what else is worth knowing
    record Changed(List<HostSession> withoutRight, boolean disconnected, List<String> notes) {}

    Reply show(Call call) {
        AccessRules rules = access.rules();
        return Reply.ok(
                Map.of(
                        "grants",
                        rules.grants().stream().map(g -> GrantView.of(g, this::spelled)).toList(),
                        "chap",
                        rules.accounts().stream()
                                .map(a -> AccountView.of(a, this::spelled))
                                .toList(),
                        "redirects",
                        rules.redirects().stream()
                                .map(r -> RedirectView.of(r, this::spelled))
                                .toList(),
                        "unprotected",
                        access.settings().unprotected().name().toLowerCase(Locale.ROOT),
                        "chap_algorithms",
                        access.settings().algorithms().stream()
                                .map(ChapAlgorithm::digestName)
                                .toList()));
    }

    Reply failedLogins(Call call) {
        FailedLogins failed = hosts.failedLogins();
        return Reply.ok(
                Map.of(
                        "total",
                        failed.total(),
                        "addresses",
                        failed.addresses().stream().map(FailedView::of).toList()));
    }

    // -- access lists --

    Reply grant(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(GrantBody.class);
        String target = target(body.target());
        Grant grant =
                valid(
                        () ->
                                new Grant(
                                        target,
                                        new InitiatorPattern(
                                                Objects.requireNonNullElse(body.initiator(), "*")),
                                        texts(body.networks()).stream()
                                                .map(Network::parse)
                                                .toList(),
                                        new LunRights(
                                                LunSet.parse(
                                                        Objects.requireNonNullElse(
                                                                body.luns(), "all")),
                                                Boolean.TRUE.equals(body.readOnly())
                                                        ? LunRights.Access.READ_ONLY
                                                        : LunRights.Access.READ_WRITE)));
        return change(call, rules -> rules.with(grant), target);
    }

    Reply revoke(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        String target = target(call.query("target"));
        String initiator =
                required(call.query("initiator"), "initiator", "iqn.1993-08.org.debian:01:host");
        InitiatorPattern pattern = valid(() -> new InitiatorPattern(initiator));
        refuseUnless(
                access.rules().grants().stream()
                        .anyMatch(g -> g.target().equals(target) && g.initiator().equals(pattern)),
                "There is no grant for " + pattern + " at " + target + ".",
                "List them: cowherd acl.");
        return change(
                call,
                rules ->
                        rules.withoutGrants(
                                g -> g.target().equals(target) && g.initiator().equals(pattern)),
                target);
    }

    // -- CHAP --

    Reply setAccount(Call call)
            throws RequestRefusedException, VolumeRefusedException, IOException {
        AccountBody body = accountBody(call);
        var scopes = new ArrayList<String>();
        for (String scope : body.scopes() == null ? List.of("*") : texts(body.scopes())) {
            scopes.add(scope.equals(ChapAccount.DISCOVERY) ? scope : target(scope));
        }
        byte[] secret =
                required(body.secret(), "secret", "a text of 12 to 255 bytes")
                        .getBytes(StandardCharsets.UTF_8);
        String name = required(body.name(), "name", "\"web01\"");
        ChapAccount account =
                valid(
                        () ->
                                new ChapAccount(
                                        name,
                                        direction(body.direction()),
                                        scopes,
                                        new InitiatorPattern(
                                                Objects.requireNonNullElse(body.initiator(), "*")),
                                        ""));
        try {
            access.setAccount(account, secret);
        } catch (IllegalArgumentException e) {
            throw refused(String.valueOf(e.getMessage()), "");
        }
        return changed(call, "", true);
    }

    /// What is wrong with the body is told without a word of it: it may be the secret.
    private static AccountBody accountBody(Call call) throws RequestRefusedException {
        try {
            return call.body(AccountBody.class);
        } catch (RequestRefusedException _) {
            throw refused(
                    "The body is not a CHAP account.",
                    "Send a JSON object with name, secret, direction, initiator (texts) and scopes (a list of texts).");
        }
    }

    private static Direction direction(@Nullable String text) {
        return switch (text) {
            case "incoming" -> Direction.INCOMING;
            case "outgoing" -> Direction.OUTGOING;
            case null -> Direction.INCOMING;
            default ->
                    throw new IllegalArgumentException(
                            "A direction is incoming or outgoing, not \"" + text + "\".");
        };
    }

    Reply removeAccount(Call call) throws RequestRefusedException, IOException {
        String name = required(call.query("name"), "name", "web01");
        refuseUnless(
                access.rules().accounts().stream().anyMatch(a -> a.name().equals(name)),
                "There is no CHAP account " + name + ".",
                "List them: cowherd chap.");
        return change(call, rules -> rules.withoutAccount(name), "");
    }

    // -- redirects --

    Reply redirect(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(RedirectBody.class);
        String target = target(body.target());
        Redirect redirect =
                valid(
                        () ->
                                new Redirect(
                                        target,
                                        texts(body.portals()).stream()
                                                .map(p -> HostPort.parse(p, REDIRECT_DEFAULT_PORT))
                                                .toList(),
                                        Boolean.TRUE.equals(body.permanent())
                                                ? Redirect.Duration.PERMANENT
                                                : Redirect.Duration.TEMPORARY));
        for (HostPort portal : redirect.portals()) {
            if (hosts.portals().contains(portal.toString())) {
                throw refused(
                        portal + " is a portal of this server: hosts would go round in circles.",
                        "Name the portal of another server.");
            }
        }
        return change(call, rules -> rules.with(redirect), target);
    }

    Reply unredirect(Call call)
            throws RequestRefusedException, VolumeRefusedException, IOException {
        String target = target(call.query("target"));
        refuseUnless(
                access.rules().redirects().stream().anyMatch(r -> r.target().equals(target)),
                target + " is not redirected.",
                "List what is: cowherd redirect.");
        return change(call, rules -> rules.withoutRedirect(target), "");
    }

    // -- common --

    /// The target that is meant: an iSCSI name, `*`, or the volume that is its LUN 0.
    private String target(@Nullable String text)
            throws RequestRefusedException, VolumeRefusedException {
        String named = required(text, "target", "\"volumeGroup/base\"");
        if (named.indexOf('/') >= 0) {
            return hosts.targetName(VolumeName.parse(named)).toLowerCase(Locale.ROOT);
        }
        return named.equals(AccessRules.ALL_TARGETS) ? named : valid(() -> IscsiName.fold(named));
    }

    /// The rules have names in lower case; people know them as the volumes are spelled.
    private String spelled(String target) {
        String spelled = hosts.spelled(target);
        return spelled == null ? target : spelled;
    }

    private static List<String> texts(@Nullable List<String> list) {
        return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
    }

    private interface Maker<T> {
        T make();
    }

    private static <T> T valid(Maker<T> maker) throws RequestRefusedException {
        try {
            return maker.make();
        } catch (IllegalArgumentException e) {
            throw refused(String.valueOf(e.getMessage()), "");
        }
    }

    private static void refuseUnless(boolean condition, String cause, String correction)
            throws RequestRefusedException {
        if (!condition) {
            throw new RequestRefusedException(
                    new Problem(Problem.NOT_FOUND, "NOT_FOUND", "No such rule", cause, correction));
        }
    }

    private Reply change(Call call, UnaryOperator<AccessRules> change, String target)
            throws RequestRefusedException, IOException {
        boolean wasOpen = access.rules().protectsNothing();
        try {
            access.change(change);
        } catch (IllegalArgumentException e) {
            throw refused(String.valueOf(e.getMessage()), "");
        }
        return changed(call, target, wasOpen);
    }

    /// @param target the one that a rule now speaks of; empty if there is none
    /// @param wasOpen true if nothing was protected before either
    private Reply changed(Call call, String target, boolean wasOpen)
            throws RequestRefusedException {
        boolean disconnect = call.flag("disconnect");
        List<HostSession> lost = hosts.rulesChanged();
        if (disconnect) {
            hosts.disconnect(lost.stream().map(HostSession::id).toList());
        }
        var notes = new ArrayList<String>();
        if (!target.isEmpty()
                && !target.equals(AccessRules.ALL_TARGETS)
                && hosts.spelled(target) == null) {
            notes.add("There is no target " + target + " at present; the rule waits for it.");
        }
        if (!wasOpen && access.rules().protectsNothing()) {
            notes.add(
                    "Nothing protects any target now: they are for this machine only, unless the server was started"
                            + " with --allow-anyone.");
        }
        return Reply.ok(new Changed(lost, disconnect, notes));
    }
}
