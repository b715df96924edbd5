package io.cowherd.scsi;

import io.cowherd.config.access.LunRights;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// One I_T nexus: an initiator port and a target port that talk to each other. Reservations and unit attentions
/// belong to it.
///
/// **Threading.** *Confined to the connection's event loop.*
public interface Nexus {
    /// Takes in a command: decodes the CDB, checks the LU, and returns a task that knows how many bytes it
    /// wants to receive and may send. Nothing is executed and no unit attention is consumed yet. Never throws for what an
    /// initiator sent: a bad command becomes a task that wants no data and answers CHECK CONDITION.
    ///
    /// @param lun the eight bytes of the LUN field, big-endian (SAM-5 4.7)
    /// @param cdb 16 bytes, borrowed
    /// @param attribute task attribute of the command
    Task begin(long lun, ByteBuffer cdb, TaskAttribute attribute);

    /// Performs a task management function on logical units. Tasks that it aborts are completed as
    /// [Task#aborted()]; `done` is run on the event loop once all of them have been, or the deadline of the function has passed.
    void manage(
            TaskManagement function,
            long lun,
            java.util.function.Consumer<TaskManagement.Response> done);

    /// Shows the initiator these logical units and no others from now on. The tasks of those that go are aborted; once a command
    /// has come, the initiator is told of the change by a unit attention. Before the first call it sees all.
    ///
    /// @param host who the initiator is. What one nexus of a host shows the others may copy from and to; null if it is in doubt
    ///     who it is: then this one copies within its target, and the others not here
    void show(@Nullable Host host, LunRights rights);

    /// Ends the nexus: aborts its tasks, drops its unit attentions. `done` is run on the event loop when no task is left.
    void close(Runnable done);

    /// Ends the nexus because its target moves to another node: what runs may end, what has not started is answered 2/04/0A or
    /// BUSY, so that its host tries again. `done` is run on the event loop when no task is left.
    void leave(Runnable done);

    /// Tells the host, by unit attentions, that it reaches the logical units by another node than before.
    void pathsChanged();

    /// Called on the event loop when something asks for the host's attention (a unit attention is pending), so that the
    /// transport may send an asynchronous event; at most one callback.
    void onAttention(Runnable callback);

    /// Task attributes (SAM-5 8.9), with iSCSI's codes (RFC 7143 11.3.1).
    enum TaskAttribute {
        /// Code 0.
        UNTAGGED,
        /// Code 1.
        SIMPLE,
        /// Code 2.
        ORDERED,
        /// Code 3.
        HEAD_OF_QUEUE,
        /// Code 4.
        ACA
    }
}
