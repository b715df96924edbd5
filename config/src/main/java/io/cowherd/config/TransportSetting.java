package io.cowherd.config;

import java.util.Locale;

/// How sockets reach the kernel.
public enum TransportSetting {
    /// The fastest that is available: epoll on Linux, else NIO.
    AUTO,
    /// Linux's epoll.
    EPOLL,
    /// Linux's io_uring; kernels and containers may forbid it.
    IO_URING,
    /// Java's own; runs everywhere, and slower.
    NIO;

    /// As operators write it.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
