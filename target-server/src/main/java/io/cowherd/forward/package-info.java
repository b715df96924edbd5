/// Passes the commands of hosts to the node that owns the family: what makes the portals of all other nodes
/// active/non-optimized paths.
///
/// ```
///  host ── iSCSI ──► ClusterTarget          ForwardListener ──► ScsiTargetDevice
///                    └ ClusterNexus ─ TCP ─ └ HostConnection ─► Nexus
///                      └ ForwardedTask          └ ServedTask ───► Task
///  the node that the host talks to            the owner
/// ```
///
/// Terms: the *owner* judges and executes everything; the *caller* is the node that the host talks to; *frame* (see
/// [io.cowherd.forward.Frame]); a command is *settled* when it is sure that nobody executes it any more.
///
/// Threading: a nexus and its tasks are confined to the event loop of the host's connection, at the owner to that of the
/// connection between the nodes. `ByteBuf` and reference counts stay inside this package. Decides nothing about who owns what:
/// it asks ([io.cowherd.forward.OwnerLookup]).
@org.jspecify.annotations.NullMarked
package io.cowherd.forward;
