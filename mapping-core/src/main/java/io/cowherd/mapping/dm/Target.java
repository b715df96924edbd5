package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import java.io.IOException;

/// One line of a mapped device's table: a range that is mapped by a type of target (`linear`,
/// `snapshot-origin`, `snapshot`, `snapshot-merge`, `zero`, `error`).
///
/// The offsets of the [BlockDevice] half are relative to the start of the target.
///
/// Life, as in the kernel (the mapped device calls these, in this order, serialised):
/// constructor → ([#preresume()] → [#resume()] → [#presuspend()] → [#postsuspend()])* → [#close()].
/// ([#presuspendUndo()] takes the place of `postsuspend` and leads back to where `resume` had led.)
/// Between `postsuspend` and `resume` no request is in flight.
///
/// **Threading.** *Thread-safe* for I/O; the life-cycle calls are serialised by the mapped device.
public interface Target extends BlockDevice {
    /// The type's name as it stands in a table line.
    String type();

    /// What follows `start length type` in `dmsetup table`: space-separated, empty if there is nothing.
    String tableArguments();

    /// What follows `start length type` in `dmsetup status`: empty if there is nothing.
    String status();

    /// Says how this target raises its mapped device's dm event (the kernel's `dm_table_event`), as a snapshot does
    /// when it becomes invalid. Called once, before the first [#preresume()].
    ///
    /// @param raise may be called on any thread, also with locks held: it counts the event and calls listeners that
    ///     neither block nor call a device
    default void raiseEventsWith(Runnable raise) {}

    /// No new request will come until [#resume()]; those in flight are still running.
    default void presuspend() {}

    /// The suspension was given up because requests took too long to end: requests go on as if [#presuspend()] had not
    /// been called.
    default void presuspendUndo() {}

    /// All requests have ended.
    default void postsuspend() {}

    /// May refuse the resume (a hand-over whose source is not suspended). Nothing has changed then.
    default void preresume() throws IOException {}

    /// Requests may come again.
    default void resume() {}
}
