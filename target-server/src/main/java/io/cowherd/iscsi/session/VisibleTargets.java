package io.cowherd.iscsi.session;

import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginExchange;
import io.cowherd.iscsi.login.Visitor;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The directory as one host sees it: without the targets that it has no right to.
///
/// **Threading.** *Thread-safe: its parts are.*
final class VisibleTargets implements TargetDirectory {
    private final ServerScope scope;
    private final @Nullable Visitor visitor;

    VisibleTargets(ServerScope scope, IscsiConnection connection, Session session) {
        this.scope = scope;
        LoginExchange.Route route = connection.route();
        this.visitor = route == null ? null : route.visitor(session.identity().initiatorName());
    }

    @Override
    public List<TargetEntry> targets() {
        return scope.directory().targets().stream().filter(this::isVisible).toList();
    }

    @Override
    public @Nullable TargetEntry find(String iqn) {
        TargetEntry entry = scope.directory().find(iqn);
        return entry != null && isVisible(entry) ? entry : null;
    }

    private boolean isVisible(TargetEntry entry) {
        return visitor != null
                && scope.reception().policy().rights(visitor, entry.name().toLowerCase(Locale.ROOT))
                        != null;
    }
}
