package io.cowherd.scsi;

import java.nio.ByteBuffer;

/// One SCSI command on its way: taken in by [Nexus#begin], fed with its data, executed once, completed once.
///
/// The transport does this:
///
/// 1. `begin` → [#dataOutBytes()] and [#dataInBytes()] say what the CDB transfers. The transport compares them with the
///    Expected Data Transfer Length for the residual, and collects up to `min(dataOutBytes, EDTL)` bytes.
/// 2. It offers [#execute] the data-out bytes and a data-in buffer of `min(dataInBytes, EDTL)` bytes. Both are borrowed by
///    the task until its completion has been called.
/// 3. On the event loop, [Completion#completed] is called exactly once, maybe before `execute` returns. Then [#status()],
///    [#sense()] and [#dataInLength()] answer.
///
/// **Threading.** *Confined to the connection's event loop.*
public interface Task {
    /// Bytes the CDB asks the initiator to send; 0 if none. May exceed EDTL.
    int dataOutBytes();

    /// Most bytes the CDB lets the target send; 0 if none. May exceed EDTL.
    int dataInBytes();

    /// Tells how much data-out the initiator announced (EDTL), at most once and before [#execute], when that is not
    /// [#dataOutBytes()]. Commands whose data has a fixed shape (WRITE SAME, COMPARE AND WRITE) refuse to guess and answer
    /// CHECK CONDITION; for the others the residual count says it all. The default is a transport that never differs.
    ///
    /// @param expectedBytes EDTL of a write, 0 to 2^32 - 1
    default void announced(long expectedBytes) {}

    /// Executes the command. Every task that was begun must be executed or aborted.
    ///
    /// @param dataOut the received data, `remaining()` = what was received; a command that gets less than
    ///     [#dataOutBytes()] decides itself what that means. Direct, borrowed until completion.
    /// @param dataIn room for the data to send. Direct, borrowed until completion; filled from its position on, which
    ///     is left behind the last byte
    /// @param completion called exactly once on the event loop
    void execute(ByteBuffer dataOut, ByteBuffer dataIn, Completion completion);

    /// True once the logical unit has begun to work on it. False while its data is on the way, and while an ORDERED task
    /// keeps it from starting.
    boolean hasStarted();

    /// Asks the task to stop. If it has not been executed it never will be. If it is running, its completion still
    /// comes, with [#aborted()] true, once it no longer touches its buffers. Tasks that it held back start later, not within
    /// this call: who aborts many in one turn of the event loop, in whatever order, starts none of them. Idempotent.
    void abort();

    /// True if the task was aborted (by whomever): send no response, unless TAS asks for TASK ABORTED, which is then
    /// in [#status()].
    boolean aborted();

    /// True if an aborted task must be answered with its status all the same (TAS=1 and aborted by another nexus).
    boolean respondsThoughAborted();

    /// SAM status code: 00 GOOD, 02 CHECK CONDITION, 08 BUSY, 18 RESERVATION CONFLICT, 28 TASK SET FULL, 40 TASK ABORTED.
    byte status();

    /// Sense data, ready to read; empty unless the status is CHECK CONDITION. Valid until the task is dropped.
    ByteBuffer sense();

    /// How many bytes the command produced for the initiator, cut to nothing: may exceed the room it was given, for the
    /// residual count.
    int dataInLength();

    /// Where the end of a task is heard.
    interface Completion {
        /// The task has ended; its buffers are the caller's again.
        void completed(Task task);
    }
}
