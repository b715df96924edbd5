package io.cowherd.forward;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;

/// Cuts bytes into frames, without their length. A stranger's frames are short: it makes us hold no memory to speak of.
///
/// **Threading.** *Confined to the connection's event loop.*
final class FrameDecoder extends LengthFieldBasedFrameDecoder {
    private boolean isTrusted;

    FrameDecoder() {
        super(Frame.MAX_BYTES, 0, Frame.LENGTH_BYTES, 0, Frame.LENGTH_BYTES, true);
    }

    /// The peer has proved who it is.
    void trust() {
        isTrusted = true;
    }

    @Override
    protected Object decode(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
        if (!isTrusted && in.readableBytes() >= Frame.LENGTH_BYTES) {
            long length = in.getUnsignedInt(in.readerIndex());
            if (length > Frame.MAX_HANDSHAKE_BYTES - Frame.LENGTH_BYTES) {
                throw new TooLongFrameException("a frame of " + length + " bytes from a stranger");
            }
        }
        return super.decode(ctx, in);
    }
}
