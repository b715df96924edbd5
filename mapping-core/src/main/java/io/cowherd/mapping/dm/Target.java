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

    /// No new request will come until [#resume()]; those in flight are still running.
    default void presuspend() {}

    /// All requests have ended.
    default void postsuspend() {}

    /// May refuse the resume (a hand-over whose source is not suspended). Nothing has changed then.
    default void preresume() throws IOException {}

    /// Requests may come again.
    default void resume() {}
}
