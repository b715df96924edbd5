package io.cowherd.iscsi.session;

/// Where a command stands.
///
/// ```
/// RECEIVING --> EXECUTING --> ENDED
///     |   '------------------^  ^
///     '--> REFUSED -------------'
/// ```
enum TaskState {
    /// Collects the data that the initiator sends. To EXECUTING when it is complete, to REFUSED when it is wrong, to ENDED
    /// when the command is aborted.
    RECEIVING,
    /// Will fail; what is still under way of its data is discarded. To ENDED when the initiator has sent the last of it.
    REFUSED,
    /// The logical unit works on it and borrows its buffers. To ENDED when it completes, whatever else happens.
    EXECUTING,
    /// Answered, or never to be answered; its tag and its slot in the window are free.
    ENDED;

    /// True if the state may follow this one.
    boolean mayBecome(TaskState next) {
        return switch (this) {
            case RECEIVING -> next != RECEIVING;
            case REFUSED, EXECUTING -> next == ENDED;
            case ENDED -> false;
        };
    }
}
