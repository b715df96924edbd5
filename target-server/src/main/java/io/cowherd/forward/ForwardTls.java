package io.cowherd.forward;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import javax.net.ssl.SSLException;

/// TLS 1.3 between nodes, both sides with a certificate. Host names are not looked at: whoever has a certificate of the
/// cluster's own authority, and knows its secret, is a node; addresses change.
///
/// @param listener for connections from other nodes
/// @param caller for connections to other nodes
public record ForwardTls(SslContext listener, SslContext caller) {
    private static final String PROTOCOL = "TLSv1.3";

    /// Reads PEM files.
    ///
    /// @param chain this node's certificate, and those between it and the authority
    /// @param key its private key, PKCS #8, not encrypted
    /// @param authority the certificates of the authority that all nodes trust, of the cluster alone
    /// @throws SSLException if one cannot be read
    public static ForwardTls of(File chain, File key, File authority) throws SSLException {
        return new ForwardTls(
                SslContextBuilder.forServer(chain, key)
                        .trustManager(authority)
                        .clientAuth(ClientAuth.REQUIRE)
                        .sslProvider(SslProvider.JDK)
                        .protocols(PROTOCOL)
                        .build(),
                SslContextBuilder.forClient()
                        .keyManager(chain, key)
                        .trustManager(authority)
                        .endpointIdentificationAlgorithm(null)
                        .sslProvider(SslProvider.JDK)
                        .protocols(PROTOCOL)
                        .build());
    }
}
