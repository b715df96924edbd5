/// Text of login and text exchanges: `key=value` pairs, each ended by a zero byte (RFC 7143 6.1).
///
/// Values only; thread-free.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.text;
