/// Bytes to PDUs and back: framing, padding, digests, batching of writes, and who owns a buffer.
///
/// Terms: *data segment*, *digest* (CRC32C, RFC 7143 6.1 and 13.1), *budget* (bytes of memory that peers may make us
/// hold). Beside [io.cowherd.forward] the only package that knows `ByteBuf` and reference counts. Everything but [io.cowherd.iscsi.wire.BufferBudget]
/// is confined to the connection's event loop.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.wire;
