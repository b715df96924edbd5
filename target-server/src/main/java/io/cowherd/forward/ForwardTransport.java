package io.cowherd.forward;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;

/// Event loops, and the kinds of sockets that they serve.
///
/// @param loops the event loops of the iSCSI connections: then a forwarded command needs no other thread
/// @param sockets makes a socket for them
/// @param listeners makes a listening socket for them
public record ForwardTransport(
        EventLoopGroup loops,
        ChannelFactory<? extends Channel> sockets,
        ChannelFactory<? extends ServerChannel> listeners) {}
