package io.cowherd.iscsi.login;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.discovery.RedirectGuard;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.discovery.TargetPlacement;
import io.cowherd.iscsi.text.PeerText;
import io.cowherd.iscsi.text.TextKeys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// One login from its first request to full feature phase: request in, answer or refusal out.
///
/// What hosts send, byte for byte: `spec/initiators.md` b.1 to b.5. Windows wants AuthMethod echoed and
/// TargetPortalGroupTag in the first response of a normal session, and stalls without.
///
/// **Threading.** *Confined to the connection's event loop.*
public final class LoginExchange {
    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;

    /// What the connection says about the host.
    ///
    /// @param remote where it comes from
    /// @param local where it has come to
    public record Route(InetAddress remote, InetSocketAddress local) {
        /// On a socket for both families an IPv4 host comes as an IPv6 address: it is meant by its own.
        public Route {
            remote = unmapped(remote);
            local = new InetSocketAddress(unmapped(local.getAddress()), local.getPort());
        }

        private static InetAddress unmapped(InetAddress address) {
            try {
                return InetAddress.getByAddress(address.getAddress());
            } catch (UnknownHostException e) {
                throw new AssertionError(e); // it has the length of an address
            }
        }

        /// The host behind the connection.
        public Visitor visitor(String initiatorName) {
            return new Visitor(initiatorName, remote, local.getAddress().isLoopbackAddress());
        }
    }

    // Immutable
    private final TargetDirectory directory;
    private final LoginOffer offer;
    private final int groupTag;
    private final Reception reception;
    private final RedirectGuard redirects;
    private final Route route;

    // Owned by the event loop
    private @Nullable LoginIdentity identity;
    private @Nullable KeyNegotiation negotiation;
    private @Nullable ChapDemand demand;
    private @Nullable LoginRefused refusalAfterProof;
    private LoginState state = new LoginState.SecurityNegotiation();

    /// A login that has not begun.
    ///
    /// @param groupTag target portal group tag of the portal
    public LoginExchange(
            TargetDirectory directory,
            LoginOffer offer,
            int groupTag,
            Reception reception,
            RedirectGuard redirects,
            Route route) {
        this.directory = directory;
        this.offer = offer;
        this.groupTag = groupTag;
        this.reception = reception;
        this.redirects = redirects;
        this.route = route;
    }

    /// Answers one request.
    ///
    /// @throws LoginRefused if the login ends here
    public LoginAnswer answer(LoginRequest request) throws LoginRefused {
        TextKeys answers = new TextKeys();
        LoginIdentity who = identity;
        boolean isFirst = who == null;
        if (who == null) {
            who = identify(request);
            identity = who;
            negotiation = new KeyNegotiation(offer, who.type());
            state = begin(request.currentStage());
        }
        checkStage(request, who);
        boolean wasProven = state instanceof LoginState.Proven;
        if (state.stage() == SECURITY) {
            authenticate(request, answers);
        } else {
            refuseChapKeys(request.keys());
        }
        boolean hasProved = !wasProven && state instanceof LoginState.Proven;
        if (hasProved && refusalAfterProof != null) {
            throw refusalAfterProof;
        }
        if (isFirst) {
            introduce(who, answers);
        }
        negotiated().negotiate(request.keys(), answers);
        return advance(request, who, answers, hasProved);
    }

    private LoginIdentity identify(LoginRequest request) throws LoginRefused {
        TextKeys keys = request.keys();
        String initiator = required(keys, "InitiatorName");
        String name = LoginIdentity.name("InitiatorName", initiator);
        String asked = keys.get("SessionType");
        String type = asked == null ? "Normal" : asked;
        return switch (type) {
            case "Discovery" -> {
                demand = reception.policy().demand(route.visitor(name), null);
                yield new LoginIdentity(name, request.isid(), SessionType.DISCOVERY, null);
            }
            case "Normal" -> {
                String target = LoginIdentity.name("TargetName", required(keys, "TargetName"));
                TargetEntry entry = enter(name, request.isid(), target);
                yield new LoginIdentity(name, request.isid(), SessionType.NORMAL, entry);
            }
            default ->
                    throw new LoginRefused(
                            LoginStatus.SESSION_TYPE_NOT_SUPPORTED,
                            "SessionType=" + PeerText.quoted(type));
        };
    }

    /// Finds the target. To a host without rights it is not there; and where a proof is demanded, whoever has not given it
    /// cannot tell what is there from what is not.
    private @Nullable TargetEntry enter(String initiator, long isid, String target)
            throws LoginRefused {
        Visitor visitor = route.visitor(initiator);
        demand = reception.policy().demand(visitor, target);
        TargetEntry entry = directory.find(target);
        boolean mayEnter = reception.policy().rights(visitor, target) != null;
        if (entry == null || !mayEnter) {
            var refusal =
                    new LoginRefused(
                            LoginStatus.NOT_FOUND,
                            entry == null
                                    ? "there is no target " + target
                                    : initiator + " has no right to " + target);
            if (demand == null) {
                throw refusal;
            }
            refusalAfterProof = refusal;
            return entry;
        }
        switch (reception.placement().of(target)) {
            case TargetPlacement.Placement.Here _ -> {}
            case TargetPlacement.Placement.Elsewhere elsewhere ->
                    throw redirect(elsewhere, initiator + ",i,0x%012x".formatted(isid), target);
        }
        return entry;
    }

    /// Before any proof: hosts that are told later take it for a failed authentication (`spec/initiators.md` f.2).
    private LoginRefused redirect(
            TargetPlacement.Placement.Elsewhere elsewhere, String initiatorPort, String target) {
        HostPort portal = redirects.choose(elsewhere.portals(), route.local());
        if (portal == null) {
            return new LoginRefused(
                    LoginStatus.SERVICE_UNAVAILABLE,
                    target
                            + " is redirected to "
                            + elsewhere.portals()
                            + ", of which none is another portal of the address family of "
                            + route.local().getAddress().getHostAddress());
        }
        if (!redirects.mayGo(initiatorPort, target)) {
            return new LoginRefused(
                    LoginStatus.SERVICE_UNAVAILABLE,
                    initiatorPort
                            + " comes back again and again for "
                            + target
                            + ": does "
                            + portal
                            + " send it here?");
        }
        LoginStatus status =
                switch (elsewhere.duration()) {
                    case TEMPORARY -> LoginStatus.TARGET_MOVED_TEMPORARILY;
                    case PERMANENT -> LoginStatus.TARGET_MOVED;
                };
        return new LoginRefused(
                status,
                initiatorPort + " is sent to " + portal + " for " + target,
                new TextKeys().add("TargetAddress", portal.toString()));
    }

    private static String required(TextKeys keys, String name) throws LoginRefused {
        String value = keys.get(name);
        if (value == null) {
            throw new LoginRefused(
                    LoginStatus.MISSING_PARAMETER, "the first request has no " + name);
        }
        return value;
    }

    private LoginState begin(int stage) throws LoginRefused {
        return switch (stage) {
            case SECURITY -> new LoginState.SecurityNegotiation();
            case OPERATIONAL -> {
                if (demand != null) {
                    throw new LoginRefused(
                            LoginStatus.AUTHENTICATION_FAILURE,
                            "the host does not authenticate, and CHAP is required");
                }
                yield new LoginState.OperationalNegotiation(Authenticated.withoutMethod());
            }
            default -> throw refused("a login cannot begin in stage " + stage);
        };
    }

    private void checkStage(LoginRequest request, LoginIdentity who) throws LoginRefused {
        if (request.isid() != who.isid()) {
            throw refused("the ISID changed within the login");
        }
        if (state instanceof LoginState.FullFeature) {
            throw refused("login request after the login has ended");
        }
        if (request.currentStage() != state.stage()) {
            throw refused(
                    "stage " + request.currentStage() + ", but the login is in " + state.stage());
        }
        boolean forward =
                request.nextStage() == FULL_FEATURE
                        || (request.nextStage() == OPERATIONAL && state.stage() == SECURITY);
        if (request.transits() && !forward) {
            throw refused("no way from stage " + state.stage() + " to " + request.nextStage());
        }
    }

    private void authenticate(LoginRequest request, TextKeys answers) throws LoginRefused {
        String methods = request.keys().get("AuthMethod");
        ChapDemand demanded = demand;
        if (methods != null) {
            boolean isDue = state instanceof LoginState.SecurityNegotiation;
            if (!isDue) {
                throw refused("AuthMethod is negotiated once");
            }
            String wanted = demanded == null ? "None" : "CHAP";
            if (!List.of(methods.split(",", -1)).contains(wanted)) {
                throw new LoginRefused(
                        LoginStatus.AUTHENTICATION_FAILURE,
                        "AuthMethod=%s is offered, but %s is required"
                                .formatted(PeerText.quoted(methods), wanted));
            }
            answers.add("AuthMethod", wanted);
            if (demanded != null) {
                state = new LoginState.ChapNegotiation(new ChapExchange(demanded));
            }
        }
        if (state instanceof LoginState.ChapNegotiation(ChapExchange chap)) {
            Authenticated proof = chap.answer(request.keys(), answers);
            if (proof != null) {
                state = new LoginState.Proven(proof);
            }
        } else {
            refuseChapKeys(request.keys());
        }
        if (demanded != null
                && state instanceof LoginState.SecurityNegotiation
                && request.transits()) {
            throw new LoginRefused(
                    LoginStatus.AUTHENTICATION_FAILURE,
                    "the host does not authenticate, and CHAP is required");
        }
    }

    private static void refuseChapKeys(TextKeys keys) throws LoginRefused {
        for (TextKeys.Key key : keys.all()) {
            if (KeyNegotiation.isChap(key.name())) {
                throw refused(key.name() + " outside of a CHAP exchange");
            }
        }
    }

    /// What the first response of a normal session says about the target.
    private void introduce(LoginIdentity who, TextKeys answers) {
        if (who.type() == SessionType.DISCOVERY) {
            return;
        }
        TargetEntry target = who.target();
        if (target != null
                && state.stage() == SECURITY
                && demand == null
                && !target.alias().isEmpty()) {
            answers.add("TargetAlias", target.alias());
        }
        answers.add("TargetPortalGroupTag", Integer.toString(groupTag));
    }

    private LoginAnswer advance(
            LoginRequest request, LoginIdentity who, TextKeys answers, boolean hasProved) {
        Authenticated proof =
                switch (state) {
                    case LoginState.SecurityNegotiation _ ->
                            demand == null ? Authenticated.withoutMethod() : null;
                    case LoginState.ChapNegotiation _ -> null;
                    case LoginState.Proven(var given) -> given;
                    case LoginState.OperationalNegotiation(var before) -> before;
                    case LoginState.FullFeature full -> full.proof();
                };
        boolean isFullFeatureNext = request.nextStage() == FULL_FEATURE;
        boolean transits = request.transits() && proof != null;
        if (state.stage() == OPERATIONAL || (transits && isFullFeatureNext)) {
            negotiated().declare(answers);
        }
        if (request.transits() && proof != null) { // NullAway does not see it through a name
            state =
                    isFullFeatureNext
                            ? new LoginState.FullFeature(proof, who, negotiated().agreed())
                            : new LoginState.OperationalNegotiation(proof);
        }
        int nextStage = transits ? request.nextStage() : 0;
        return new LoginAnswer(
                request.currentStage(), nextStage, transits, answers, state, hasProved);
    }

    private KeyNegotiation negotiated() {
        if (negotiation == null) {
            throw new AssertionError("No request has been answered yet.");
        }
        return negotiation;
    }

    private static LoginRefused refused(String message) {
        return new LoginRefused(LoginStatus.INITIATOR_ERROR, message);
    }
}
