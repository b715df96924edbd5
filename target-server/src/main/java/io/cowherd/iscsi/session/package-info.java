/// Connections and sessions: the login phase, full feature phase, the life of a command, task management, text, liveness.
///
/// Terms: *session* (one initiator port logged in to one target; one connection each), *command window* (CmdSN), *task*,
/// *burst* (a sequence of Data PDUs). Everything is confined to the connection's event loop but
/// [io.cowherd.iscsi.session.SessionRegistry] and the public methods of [io.cowherd.iscsi.session.Session].
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.session;
