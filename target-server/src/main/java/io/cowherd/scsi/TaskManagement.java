package io.cowherd.scsi;

/// Task management functions that concern logical units (SAM-5 7). ABORT TASK needs the task itself: [Task#abort()].
///
/// They reach logical units that the initiator sees; of one that may only read they abort its own tasks, and no more.
public enum TaskManagement {
    /// Aborts this nexus's tasks on the LU.
    ABORT_TASK_SET,
    /// Aborts every nexus's tasks on the LU; the other nexuses learn of it.
    CLEAR_TASK_SET,
    /// Aborts every task on the LU and resets it: unit attention 29/03 for all nexuses.
    LOGICAL_UNIT_RESET,
    /// LOGICAL UNIT RESET on all LUs of the target: unit attention 29/02.
    TARGET_WARM_RESET,
    /// As warm; the transport also drops all connections.
    TARGET_COLD_RESET;

    /// How the function ended.
    public enum Response {
        /// Everything that was to be aborted is.
        COMPLETE,
        /// There is no such logical unit.
        NO_SUCH_LUN,
        /// Some task could not be stopped within the deadline.
        REJECTED
    }
}
