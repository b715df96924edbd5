/// The iSCSI server: listeners, limits on connections, graceful stop. The public face of the engine.
///
/// Terms: *portal*, *session*. [io.cowherd.iscsi.portal.IscsiServer] may be called from any thread; connections run on
/// Vert.x's event loops.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.portal;
