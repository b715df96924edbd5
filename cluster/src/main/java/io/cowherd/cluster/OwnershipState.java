package io.cowherd.cluster;

/// What a node has to do with a family.
///
/// ```
///              acquire            won        lease holds, locked      durable       opened
///   Elsewhere ───────► Electing ───────► Locking ───────► Raising ───────► Opening ───────► Serving
///       ▲                  │ lost           │ held, too long     │             │           │     │ hand over
///       │                  ▼                ▼                    ▼             ▼           │     ▼
///       ├────────────── Releasing ◄──────────────────────────────────────── Closing ◄──────┼─ Draining
///       │                  ▲                                                               │
///  Unavailable             └───────────────────── Losing ◄─────────────────────────────────┘
///  (Releasing with a reason)     from Raising on: the session is gone, the lease has run out,
///                                the stored epoch is another's, or a step takes too long
/// ```
///
/// A family that is made here goes from Electing by Creating to Serving; one that is removed from Serving to Releasing.
///
/// Immutable.
public sealed interface OwnershipState {
    /// Nothing.
    record Elsewhere() implements OwnershipState {}

    /// Asks for the election lock.
    record Electing() implements OwnershipState {}

    /// Has the election lock of a family that is about to be made here, and which nobody else can know yet.
    record Creating() implements OwnershipState {}

    /// Has the election lock, asks for the lock on the storage until it gets it or loses patience.
    record Locking() implements OwnershipState {}

    /// Has both locks; its epoch is on its way to the storage.
    record Raising() implements OwnershipState {}

    /// Its epoch is durable; the tables are being loaded.
    record Opening(long epoch) implements OwnershipState {}

    /// Is the owner.
    record Serving(long epoch) implements OwnershipState {}

    /// Hands over: hosts' commands end, new ones wait.
    record Draining(long epoch) implements OwnershipState {}

    /// Hands over: what is in memory is written, devices are closed.
    record Closing(long epoch) implements OwnershipState {}

    /// May not write any more; waits for what it had issued.
    record Losing(String why) implements OwnershipState {}

    /// Gives back the lock on the storage, then the election lock.
    record Releasing() implements OwnershipState {}

    /// Tried and could not; tries again later.
    record Unavailable(String reason) implements OwnershipState {}

    /// Whether this node has, or may have, a lock of the family.
    default boolean isHeld() {
        return switch (this) {
            case Elsewhere _, Unavailable _ -> false;
            case Electing _,
                    Creating _,
                    Locking _,
                    Raising _,
                    Opening _,
                    Serving _,
                    Draining _,
                    Closing _,
                    Losing _,
                    Releasing _ ->
                    true;
        };
    }

    /// Whether this node may have something under way to the family's files.
    default boolean mayWrite() {
        return switch (this) {
            case Elsewhere _, Unavailable _, Electing _, Locking _, Releasing _ -> false;
            case Creating _, Raising _, Opening _, Serving _, Draining _, Closing _, Losing _ ->
                    true;
        };
    }
}
