package io.cowherd.cluster;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// One family at one node: `OwnershipState`'s diagram, and what is done on each of its arrows.
///
/// The order is the design. In: election lock, a lease that holds, lock on the storage, epoch durable, tables loaded, hosts.
/// Out: hosts drained, flushed, closed, fence fallen, storage unlocked, election lock given back. Whoever cannot go out in
/// that order lets its fence fall first and waits for what it has issued; if that does not end in time, the process dies.
///
/// **Threading.** *Confined to the node's thread, on which the ports answer.*
final class FamilyOwnership {
    private final UUID family;
    private final NodeId self;
    private final ClusterTimes times;
    private final Elections elections;
    private final Storage storage;
    private final Service service;
    private final Predicate<NodeId> isHeard;
    private final Lease lease;
    private final LongSupplier nanos;

    private OwnershipState state = new OwnershipState.Elsewhere();

    /// When the state was entered.
    private long since;

    /// Goes up with the state; an answer to an earlier one is not listened to.
    private int turn;

    // Of Locking.
    private boolean attemptUnderWay;
    private long nextAttempt;
    private Optional<String> withdraw = Optional.empty();

    // Of Creating: who waits for the fence.
    private Optional<Predicate<Optional<OwnerFence>>> creator = Optional.empty();

    // From Creating or Locking on.
    private OwnerFence fence;
    private Optional<NodeId> successor = Optional.empty();
    private long nextCheck;
    private boolean checkUnderWay;

    FamilyOwnership(
            UUID family,
            NodeId self,
            ClusterTimes times,
            Ports ports,
            Lease lease,
            LongSupplier nanos) {
        this.family = family;
        this.self = self;
        this.times = times;
        this.elections = ports.elections();
        this.storage = ports.storage();
        this.service = ports.service();
        this.isHeard = ports.isHeard();
        this.lease = lease;
        this.nanos = nanos;
        this.since = nanos.getAsLong();
        this.fence = new OwnerFence(lease, nanos);
    }

    /// What every family of a node needs from the world.
    ///
    /// @param isHeard whether another node is heard
    record Ports(
            Elections elections, Storage storage, Service service, Predicate<NodeId> isHeard) {}

    OwnershipState state() {
        return state;
    }

    /// When the state was entered, monotonic nanoseconds.
    long since() {
        return since;
    }

    /// Tries to become the owner; only when nothing of the family is held.
    void acquire() {
        if (state.isHeld()) {
            return;
        }
        enter(new OwnershipState.Electing());
        elections.elect(family, inThisTurn(this::elected));
    }

    /// Becomes the owner of a family that is about to be made here.
    ///
    /// @param answer takes the fence of what is written for it, once this node is elected, or nothing if it is not; says
    ///     whether anybody was still waiting
    void create(Predicate<Optional<OwnerFence>> answer) {
        if (state.isHeld()) {
            var _ = answer.test(Optional.empty());
            return;
        }
        enter(new OwnershipState.Electing());
        elections.elect(
                family,
                inThisTurn(
                        ballot -> {
                            if (ballot == Elections.Ballot.WON) {
                                enter(new OwnershipState.Creating());
                                creator = Optional.of(answer);
                                tick(since);
                            } else {
                                release("somebody else is elected for a family that is not there");
                                var _ = answer.test(Optional.empty());
                            }
                        }));
    }

    /// It has been made, with the lock on the storage and this epoch, and hosts are let in.
    void created(long epoch) {
        if (state instanceof OwnershipState.Creating) {
            serve(epoch);
        }
    }

    /// It has not been made, and nothing of it is open.
    void notCreated() {
        if (state instanceof OwnershipState.Creating) {
            release();
        }
    }

    /// It is gone from the catalog, its files are closed, and nothing of it is locked on the storage.
    void removed() {
        if (state instanceof OwnershipState.Serving) {
            release();
        }
    }

    private boolean answerCreator(Optional<OwnerFence> answer) {
        Optional<Predicate<Optional<OwnerFence>>> waiting = creator;
        creator = Optional.empty();
        return waiting.isPresent() && waiting.get().test(answer);
    }

    /// Creating's only step of its own: what is made may be written once the lease holds.
    private void letCreate(long now) {
        if (creator.isEmpty()) {
            loseWithTheFence();
        } else if (lease.holds(now)) {
            fence = new OwnerFence(lease, nanos);
            if (!answerCreator(Optional.of(fence))) {
                release();
            }
        } else if (outOfPatience(now)) {
            lose("the election does not confirm this node");
        }
    }

    /// Gives the family to another node; only while it is served.
    ///
    /// @param to for whom it is kept, if for anybody
    void handOver(Optional<NodeId> to) {
        if (state instanceof OwnershipState.Serving(long epoch)) {
            successor = to;
            enter(new OwnershipState.Draining(epoch));
            service.drain(family, to, inThisTurn(this::drained));
        }
    }

    /// The right to write is gone, or may be.
    void lose(String why) {
        switch (state) {
            case OwnershipState.Elsewhere _,
                    OwnershipState.Electing _,
                    OwnershipState.Losing _,
                    OwnershipState.Releasing _,
                    OwnershipState.Unavailable _ -> {}
            case OwnershipState.Locking _ -> withdraw(why);
            case OwnershipState.Creating _ when creator.isPresent() -> {
                var _ = answerCreator(Optional.empty());
                release(why);
            }
            case OwnershipState.Raising _ -> {
                // The epoch is on its way; its answer ends the waiting (see raised).
                fence.fall();
                since = nanos.getAsLong();
                state = new OwnershipState.Losing(why);
            }
            case OwnershipState.Creating _,
                    OwnershipState.Opening _,
                    OwnershipState.Serving _,
                    OwnershipState.Draining _,
                    OwnershipState.Closing _ -> {
                fence.fall();
                enter(new OwnershipState.Losing(why));
                int mine = turn;
                service.abandon(family, () -> inTurn(mine, () -> release(why)));
            }
        }
    }

    /// Deadlines and what recurs; call it often.
    void tick(long now) {
        switch (state) {
            case OwnershipState.Elsewhere _,
                    OwnershipState.Electing _,
                    OwnershipState.Releasing _,
                    OwnershipState.Unavailable _ -> {}
            case OwnershipState.Creating _ -> letCreate(now);
            case OwnershipState.Locking _ -> lockOn(now);
            case OwnershipState.Raising _, OwnershipState.Opening _ -> loseWithTheFence();
            case OwnershipState.Serving _ -> {
                loseWithTheFence();
                checkStorage(now);
            }
            case OwnershipState.Draining _, OwnershipState.Closing _ -> {
                loseWithTheFence();
                if (now - since > times.drainLimit().toNanos()) {
                    lose("the hand-over took longer than " + times.drainLimit());
                }
            }
            case OwnershipState.Losing(String why) -> {
                if (now - since > times.settle().toNanos()) {
                    service.halt("family " + family + " is lost (" + why + ") and I/O goes on");
                }
            }
        }
    }

    private void loseWithTheFence() {
        if (!fence.stands()) {
            lose("the election has not confirmed this node in time");
        }
    }

    private void elected(Elections.Ballot ballot) {
        switch (ballot) {
            case WON -> {
                withdraw = Optional.empty();
                attemptUnderWay = false;
                enter(new OwnershipState.Locking());
                nextAttempt = since;
                lockOn(since);
            }
            case LOST -> enter(new OwnershipState.Elsewhere());
            case UNKNOWN -> release();
        }
    }

    /// Locking's next step. Without a lease there is no use in the lock, and no right to raise the epoch.
    private void lockOn(long now) {
        if (attemptUnderWay) {
            return;
        }
        if (lease.holds(now) && now - nextAttempt >= 0) {
            attemptUnderWay = true;
            fence = new OwnerFence(lease, nanos);
            storage.lock(family, fence, inThisTurn(this::lockAnswered));
        } else if (!lease.holds(now) && outOfPatience(now)) {
            release("the election does not confirm this node");
        }
    }

    private void lockAnswered(Storage.Lock answer) {
        attemptUnderWay = false;
        long now = nanos.getAsLong();
        nextAttempt = now + times.lockRetry().toNanos();
        if (withdraw.isPresent()) {
            release(withdraw.get());
            return;
        }
        switch (answer) {
            case Storage.Lock.Locked _ when fence.stands() -> {
                enter(new OwnershipState.Raising());
                storage.raiseEpoch(family, inThisTurn(this::raised));
            }
            case Storage.Lock.Locked _ -> release("the lease ran out while the storage was asked");
            case Storage.Lock.Held(Optional<NodeId> holder) when outOfPatience(now) ->
                    callForHelp(holder);
            case Storage.Lock.Held _ -> {}
            case Storage.Lock.Failed(String reason) -> release(reason);
        }
    }

    private boolean outOfPatience(long now) {
        return now - since > times.lockPatience().toNanos();
    }

    /// The lock stays with a node that has been voted out: dead power, a frozen process. Somebody has to make sure. Never
    /// of a node that is heard: it will find out by itself, or what the lock says is old.
    private void callForHelp(Optional<NodeId> holder) {
        String reason =
                "the lock on the storage is still held, most likely by "
                        + holder.map(NodeId::name).orElse("a process that does not say")
                        + "; end that process, or configure a fence command";
        if (holder.isEmpty() || holder.get().equals(self) || isHeard.test(holder.get())) {
            release(reason);
            return;
        }
        attemptUnderWay = true;
        service.kill(holder.get(), inThisTurn(dead -> killed(dead, reason)));
    }

    private void killed(boolean dead, String reason) {
        attemptUnderWay = false;
        if (dead && withdraw.isEmpty()) {
            since = nanos.getAsLong();
        } else {
            release(withdraw.orElse(reason));
        }
    }

    private void withdraw(String why) {
        if (attemptUnderWay) {
            withdraw = Optional.of(why);
        } else {
            release(why);
        }
    }

    private void raised(Storage.Raise answer) {
        if (state instanceof OwnershipState.Losing(String why)) {
            release(why);
            return;
        }
        switch (answer) {
            case Storage.Raise.Raised(Epoch epoch) -> {
                enter(new OwnershipState.Opening(epoch.number()));
                service.open(family, epoch, fence, inThisTurn(this::opened));
            }
            case Storage.Raise.Failed(String reason) -> release(reason);
        }
    }

    private void opened(Optional<String> failure) {
        if (failure.isPresent()) {
            fence.fall();
            release(failure.get());
        } else if (state instanceof OwnershipState.Opening(long epoch)) {
            serve(epoch);
        }
    }

    private void serve(long epoch) {
        enter(new OwnershipState.Serving(epoch));
        checkUnderWay = false;
        nextCheck = since;
        tick(since);
    }

    /// A lock that does not lock, one that was revoked, an election that was reset: they show here.
    private void checkStorage(long now) {
        if (state instanceof OwnershipState.Serving(long mine)
                && !checkUnderWay
                && now - nextCheck >= 0) {
            checkUnderWay = true;
            nextCheck = now + times.epochCheck().toNanos();
            storage.check(family, inThisTurn(answer -> checked(mine, answer)));
        }
    }

    private void checked(long mine, Storage.Check answer) {
        checkUnderWay = false;
        switch (answer) {
            case Storage.Check.Stored(Epoch stored) -> {
                if (!stored.equals(new Epoch(mine, self))) {
                    lose("epoch " + mine + " is ours, but " + stored + " is stored");
                }
            }
            case Storage.Check.Revoked(String reason) -> lose(reason);
            case Storage.Check.Unknown _ -> {}
        }
    }

    private void drained(Optional<String> failure) {
        if (failure.isPresent()) {
            lose("could not drain: " + failure.get());
        } else if (state instanceof OwnershipState.Draining(long epoch)) {
            enter(new OwnershipState.Closing(epoch));
            service.close(family, inThisTurn(this::closed));
        }
    }

    private void closed(Optional<String> failure) {
        if (failure.isPresent()) {
            lose("could not close: " + failure.get());
        } else {
            fence.fall();
            release();
        }
    }

    private void release() {
        release(Optional.empty());
    }

    private void release(String reason) {
        release(Optional.of(reason));
    }

    private void release(Optional<String> reason) {
        fence.fall();
        enter(new OwnershipState.Releasing());
        int mine = turn;
        storage.unlock(
                family,
                () ->
                        inTurn(
                                mine,
                                () ->
                                        elections.resign(
                                                family, () -> inTurn(mine, () -> away(reason)))));
    }

    private void away(Optional<String> reason) {
        enter(
                reason.isPresent()
                        ? new OwnershipState.Unavailable(reason.get())
                        : new OwnershipState.Elsewhere());
    }

    /// To whom it was handed over last.
    Optional<NodeId> successor() {
        return successor;
    }

    private void enter(OwnershipState next) {
        state = next;
        since = nanos.getAsLong();
        turn++;
    }

    private <T> Consumer<T> inThisTurn(Consumer<T> listener) {
        int mine = turn;
        return answer -> inTurn(mine, () -> listener.accept(answer));
    }

    private void inTurn(int asked, Runnable action) {
        if (asked == turn) {
            action.run();
        }
    }
}
