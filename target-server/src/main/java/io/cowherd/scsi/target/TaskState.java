package io.cowherd.scsi.target;

/// Where a task is in its life.
///
/// ```
///                execute                  start                    result
///   RECEIVED ──────────────▶ HELD ──────────────────▶ RUNNING ──────────────▶ ENDED
///      │  └──────────────────────────────────────────────▲                      ▲
///      │ abort                                                        execute    │
///      └───────────▶ WITHDRAWN ──────────────────────────────────────────────────┘
/// ```
///
/// **Threading.** *Immutable.*
enum TaskState {
    /// Begun; its data may still be on the way.
    RECEIVED,
    /// Executed by the transport, but an ORDERED task is before it, or it is ORDERED itself and others are before it.
    HELD,
    /// On the event loop or on a thread that may block; or its result is on the way back.
    RUNNING,
    /// Aborted before it was executed: it never will be.
    WITHDRAWN,
    /// Completed.
    ENDED
}
