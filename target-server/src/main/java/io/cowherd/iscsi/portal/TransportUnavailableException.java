package io.cowherd.iscsi.portal;

import io.cowherd.config.TransportSetting;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A network transport that was asked for and that this machine does not have.
public final class TransportUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    TransportUnavailableException(TransportSetting setting, @Nullable Throwable cause) {
        super(
                "The network transport "
                        + setting
                        + " is not available here"
                        + (cause == null ? "." : ": " + cause + "."),
                cause);
    }
}
