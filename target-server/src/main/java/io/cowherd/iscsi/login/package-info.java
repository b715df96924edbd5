/// Login: what was said, what was agreed, what is refused (RFC 7143 6.3 and 13). Pure: no sockets, no timers.
///
/// Terms: *stage* (CSG, NSG), *negotiation*, *session parameters*. [io.cowherd.iscsi.login.LoginExchange] is confined to
/// the connection's event loop; everything else is a value.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.login;
