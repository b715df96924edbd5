package io.cowherd.iscsi.session;

import io.cowherd.admission.FailedLogins;
import io.cowherd.admission.RefusalLog;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.RedirectGuard;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.login.LoginOffer;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.wire.BufferBudget;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/// What all connections of a server share.
///
/// **Threading.** *Thread-safe: its parts are.*
///
/// @param limits bounds on what peers control
/// @param offer what logins may agree on
/// @param directory the targets
/// @param reception whom logins ask
/// @param redirects keeps redirects from going round
/// @param failedLogins who wanted in and may not
/// @param registry the sessions
/// @param budget memory for data of all connections
/// @param portals all portals, bound
/// @param loginFailures what ends connections before their login has, in bounded words
/// @param timers for all deadlines
/// @param clock for what people read; nothing is decided by it
public record ServerScope(
        Limits limits,
        LoginOffer offer,
        TargetDirectory directory,
        Reception reception,
        RedirectGuard redirects,
        FailedLogins failedLogins,
        SessionRegistry registry,
        BufferBudget budget,
        Supplier<List<Portal>> portals,
        RefusalLog loginFailures,
        Timers timers,
        InstantSource clock) {}
