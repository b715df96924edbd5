/// The PDUs of iSCSI: one class per PDU that owns its 48 bytes, and what a peer can do wrong with them.
///
/// Terms: *BHS* (basic header segment), *AHS* (additional header segment), *ITT*, *TTT*, *CmdSN*, *StatSN*, all RFC 7143.
/// Numbers are big-endian. Codes are jSCSI's (`docs/decisions/0001-what-we-use-of-jscsi.md`). Confined to whoever holds
/// the bytes; no class here knows sockets or Netty.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.pdu;
