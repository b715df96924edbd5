/// Who keeps a connection when more ask than there is room for, and how the log says so: bounds, eviction, lines by the minute.
///
/// Terms: a connection is *exposed* while nobody has shown that an honest peer is behind it, and may be *evicted* to make
/// room for a newer one; it is *secure* afterwards. What shows it is the server's business: an iSCSI login, a complete HTTP
/// request. Nothing here opens, closes or reads a connection.
///
/// Threads: any.
@NullMarked
package io.cowherd.admission;

import org.jspecify.annotations.NullMarked;
