package io.cowherd.iscsi.login;

import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.text.PeerText;
import io.cowherd.iscsi.text.TextKeys;
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

    // Immutable
    private final TargetDirectory directory;
    private final LoginOffer offer;
    private final int groupTag;

    // Owned by the event loop
    private @Nullable LoginIdentity identity;
    private @Nullable KeyNegotiation negotiation;
    private LoginState state = new LoginState.SecurityNegotiation();

    /// A login that has not begun.
    ///
    /// @param groupTag target portal group tag of the portal
    public LoginExchange(TargetDirectory directory, LoginOffer offer, int groupTag) {
        this.directory = directory;
        this.offer = offer;
        this.groupTag = groupTag;
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
        switch (state) {
            case LoginState.SecurityNegotiation _ -> authenticate(request.keys(), answers);
            case LoginState.OperationalNegotiation _ -> {}
            case LoginState.FullFeature _ ->
                    throw refused("login request after the login has ended");
        }
        if (isFirst) {
            introduce(who, answers);
        }
        negotiated().negotiate(request.keys(), answers);
        return advance(request, who, answers);
    }

    private LoginIdentity identify(LoginRequest request) throws LoginRefused {
        TextKeys keys = request.keys();
        String initiator = required(keys, "InitiatorName");
        String name = LoginIdentity.name("InitiatorName", initiator);
        String asked = keys.get("SessionType");
        String type = asked == null ? "Normal" : asked;
        return switch (type) {
            case "Discovery" ->
                    new LoginIdentity(name, request.isid(), SessionType.DISCOVERY, null);
            case "Normal" -> {
                String target = LoginIdentity.name("TargetName", required(keys, "TargetName"));
                TargetEntry entry = directory.find(target);
                if (entry == null) {
                    throw new LoginRefused(LoginStatus.NOT_FOUND, "there is no target " + target);
                }
                yield new LoginIdentity(name, request.isid(), SessionType.NORMAL, entry);
            }
            default ->
                    throw new LoginRefused(
                            LoginStatus.SESSION_TYPE_NOT_SUPPORTED,
                            "SessionType=" + PeerText.quoted(type));
        };
    }

    private static String required(TextKeys keys, String name) throws LoginRefused {
        String value = keys.get(name);
        if (value == null) {
            throw new LoginRefused(
                    LoginStatus.MISSING_PARAMETER, "the first request has no " + name);
        }
        return value;
    }

    private static LoginState begin(int stage) throws LoginRefused {
        return switch (stage) {
            case SECURITY -> new LoginState.SecurityNegotiation();
            // With CHAP enforced this is where a start in stage 1 is refused with 0201.
            case OPERATIONAL ->
                    new LoginState.OperationalNegotiation(LoginState.Authenticated.withoutMethod());
            default -> throw refused("a login cannot begin in stage " + stage);
        };
    }

    private void checkStage(LoginRequest request, LoginIdentity who) throws LoginRefused {
        if (request.isid() != who.isid()) {
            throw refused("the ISID changed within the login");
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

    private static void authenticate(TextKeys offered, TextKeys answers) throws LoginRefused {
        String methods = offered.get("AuthMethod");
        if (methods == null) {
            return;
        }
        if (!List.of(methods.split(",", -1)).contains("None")) {
            throw new LoginRefused(
                    LoginStatus.AUTHENTICATION_FAILURE,
                    "AuthMethod=" + PeerText.quoted(methods) + " is offered, but None is required");
        }
        answers.add("AuthMethod", "None");
    }

    /// What the first response of a normal session says about the target.
    private void introduce(LoginIdentity who, TextKeys answers) {
        TargetEntry target = who.target();
        if (target == null) {
            return;
        }
        if (state.stage() == SECURITY && !target.alias().isEmpty()) {
            answers.add("TargetAlias", target.alias());
        }
        answers.add("TargetPortalGroupTag", Integer.toString(groupTag));
    }

    private LoginAnswer advance(LoginRequest request, LoginIdentity who, TextKeys answers) {
        boolean ends = request.transits() && request.nextStage() == FULL_FEATURE;
        if (state.stage() == OPERATIONAL || ends) {
            negotiated().declare(answers);
        }
        LoginState.Authenticated proof =
                switch (state) {
                    case LoginState.SecurityNegotiation _ ->
                            LoginState.Authenticated.withoutMethod();
                    case LoginState.OperationalNegotiation(var before) -> before;
                    case LoginState.FullFeature full -> full.proof();
                };
        if (ends) {
            state = new LoginState.FullFeature(proof, who, negotiated().agreed());
        } else if (request.transits()) {
            state = new LoginState.OperationalNegotiation(proof);
        }
        return new LoginAnswer(
                request.currentStage(), request.nextStage(), request.transits(), answers, state);
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
