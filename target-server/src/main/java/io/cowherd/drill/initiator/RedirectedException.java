package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import java.io.IOException;

/// A login that is sent to another portal (RFC 7143 11.13.5, status class 1).
final class RedirectedException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int MOVED_PERMANENTLY = 0x0102;

    private final transient HostPort portal;
    private final boolean isPermanent;

    RedirectedException(int status, HostPort portal) {
        super("redirected to " + portal);
        this.portal = portal;
        this.isPermanent = status == MOVED_PERMANENTLY;
    }

    HostPort portal() {
        return portal;
    }

    boolean isPermanent() {
        return isPermanent;
    }
}
