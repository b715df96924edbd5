/// Conversations with a real server: a scripted initiator on a blocking socket, a fake target, time that tests move.
///
/// The initiator encodes and decodes by literal offsets of RFC 7143 and shares no code with the server: it is the second
/// reader of every PDU.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.conversation;
