package io.cowherd.server;

import io.cowherd.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;

/// Says which of several addresses cannot be listened on, and why: the network library does not.
final class Bindings {
    private Bindings() {}

    /// Tries each address once more by itself.
    ///
    /// @param addresses those that should have been bound
    /// @param option the option that they come from
    /// @param failure what the attempt for all of them ended with
    static StartFailedException explain(
            List<HostPort> addresses, String option, IOException failure) {
        for (HostPort address : addresses) {
            try (var socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(
                        new InetSocketAddress(
                                InetAddress.getByName(address.host()), address.port()));
            } catch (IOException e) {
                return new StartFailedException(
                        "Cannot listen on " + address + ": " + e.getMessage() + ".",
                        "Stop what uses it, or choose another address with " + option + ".",
                        failure);
            }
        }
        Throwable cause = failure.getCause();
        return new StartFailedException(
                "Cannot listen on "
                        + String.join(", ", addresses.stream().map(HostPort::toString).toList())
                        + ": "
                        + (cause == null ? failure : cause).getMessage()
                        + ".",
                "Choose another address with " + option + ".",
                failure);
    }
}
