/// The failover test that users run themselves: load with verification on a scratch volume, while its owner changes.
///
/// Terms: *event* (a planned move of the volume's family, or the death of its owner), *window* (an event's time, until all is well again and
/// some time after), *stall* (the longest time without an acknowledgement in a window). Each worker is a thread of its own with
/// blocks of its own, which nobody else writes; events are made on the caller's thread.
@org.jspecify.annotations.NullMarked
package io.cowherd.drill;
