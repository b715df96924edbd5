/// Who may use a logical unit: persistent reservations (SPC-4 5.9), and RESERVE and RELEASE of SPC-2.
///
/// Terms: *registration*, *reservation key*, *registrant*, *holder*, *preempt*. [Demand] and [Guard] say who is let in, on
/// any thread, by one volatile read; [ReserveOut] plans changes and is pure; [UnitReservations] makes them durable, one after
/// the other, on threads that may block. Knows no tasks and no sessions: who is told, aborted and waited for is a value
/// ([Effects]) that the target carries out.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.reservation;
