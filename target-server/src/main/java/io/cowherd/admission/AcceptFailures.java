package io.cowherd.admission;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Says it when connections cannot be accepted, most likely for want of file descriptors. Netty stops accepting for a
/// second then, tries again, and would write a stack trace each time.
///
/// **Threading.** *Thread-safe: immutable.*
@ChannelHandler.Sharable
public final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private static final String NAME = "accept failures";

    private final RefusalLog log;

    /// Not yet at any listening socket.
    public AcceptFailures(RefusalLog.Delay delay, java.util.function.Consumer<String> log) {
        this.log = new RefusalLog(log, delay, 1, "connections could not be accepted %d more times");
    }

    /// Watches the listening socket that the connection came from, which Vert.x does not show us otherwise.
    public void watch(Channel accepted) {
        Channel listening = accepted.parent();
        if (listening.pipeline().get(NAME) == null) {
            listening.eventLoop().execute(() -> add(listening));
        }
    }

    private void add(Channel listening) {
        if (listening.pipeline().get(NAME) == null) {
            listening.pipeline().addLast(NAME, this);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.say(
                "connections to "
                        + context.channel().localAddress()
                        + " cannot be accepted: "
                        + cause.getMessage()
                        + ". If files are the matter, raise the limit (ulimit -n, LimitNOFILE):"
                        + " each connection and each volume takes some");
    }
}
