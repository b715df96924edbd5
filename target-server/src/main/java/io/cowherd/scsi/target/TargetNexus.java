package io.cowherd.scsi.target;

import io.cowherd.config.access.LunRights;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.alua.AccessState;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.copy.CopyManager;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.TargetPort;
import io.cowherd.scsi.reservation.Demand;
import io.cowherd.scsi.reservation.Effects;
import io.cowherd.scsi.sense.UnitAttention;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A nexus: its tasks in the order they came, and what its host has yet to be told.
///
/// ORDERED tasks (SAM-5 8.9) wait for all earlier tasks of the nexus on their logical unit, and later ones wait for them, but
/// HEAD OF QUEUE. Between nexuses nobody can tell in which order commands came.
///
/// **Threading.** *Confined to the connection's event loop*; [#post] and what is said to be for any thread is.
final class TargetNexus implements Nexus {
    private static final Logger LOG = LoggerFactory.getLogger(TargetNexus.class);

    private static final long NO_THREAD = 0;

    // Immutable
    private final ScsiTargetDevice target;
    private final NexusName name;
    private final TargetPort targetPort;
    private final Executor loop;
    private final CopyManager copies;

    // Written by the event loop, read by any thread
    private volatile LunRights rights = LunRights.ALL;
    private volatile @Nullable Host host;

    // Owned by the event loop
    private final UnitAttentions attentions = new UnitAttentions();
    private long threadId = NO_THREAD;
    private @Nullable CommandTask first;
    private @Nullable CommandTask last;
    private int orderedTasks;
    private int heldTasks;
    private Runnable attentionCallback = () -> {};
    private @Nullable LunMap shownFrom;
    private LunMap shown = LunMap.EMPTY;
    private boolean isUsed;
    private boolean closed;
    private PortGroups portGroups;
    private AccessState accessState;

    TargetNexus(
            ScsiTargetDevice target,
            String initiatorPort,
            TargetPort targetPort,
            Executor loop,
            UnitAttention greeting) {
        this.target = target;
        this.name = new NexusName(initiatorPort, targetPort.relativePort());
        this.targetPort = targetPort;
        this.loop = loop;
        this.portGroups = target.portGroups();
        this.accessState = portGroups.groupOf(targetPort.relativePort()).state();
        this.host = new Host(initiatorPort, "", null);
        CopyReach reach = new Reach();
        this.copies = new CopyManager(initiatorPort, () -> reach);
        for (LunMap.Entry entry : target.luns().entries()) {
            attentions.establish(entry.unit(), greeting);
        }
    }

    // -- the transport's side --

    @Override
    public Task begin(long lun, ByteBuffer cdb, TaskAttribute attribute) {
        checkThread();
        int number = Lun.decode(lun);
        LunMap.Entry entry = number == Lun.NONE ? null : luns().find(number);
        isUsed = true;
        CommandTask task = new CommandTask(this, entry, number, Cdb.decode(cdb), attribute);
        link(task);
        if (closed) {
            task.abort(CommandTask.AbortCause.OWN_NEXUS);
        }
        return task;
    }

    @Override
    public void manage(TaskManagement function, long lun, Consumer<TaskManagement.Response> done) {
        checkThread();
        target.manage(this, function, Lun.decode(lun), done);
    }

    @Override
    public void show(@Nullable Host who, LunRights next) {
        checkThread();
        host = who;
        LunMap before = luns();
        boolean otherAccess = rights.access() != next.access();
        boolean otherLuns = !rights.luns().equals(next.luns());
        rights = next;
        shownFrom = null;
        LunMap after = luns();
        for (LunMap.Entry entry : before.entries()) {
            if (!after.has(entry.unit())) {
                abortTasks(
                        entry.unit(),
                        CommandTask.AbortCause.SOMEBODY_ELSE,
                        () -> endReserve6(entry));
                attentions.forget(entry.unit());
            }
        }
        for (LunMap.Entry entry : after.entries()) {
            if (otherLuns && isUsed) {
                establish(entry.unit(), UnitAttention.LUNS_CHANGED);
            }
            if (otherAccess && isUsed) {
                establish(entry.unit(), UnitAttention.MODE_CHANGED);
            }
        }
    }

    /// Who does not see a logical unit cannot release it; unless it is shown again by now.
    private void endReserve6(LunMap.Entry hidden) {
        if (!luns().has(hidden.unit())) {
            hidden.reservations().nexusLost(name);
        }
    }

    @Override
    public void close(Runnable done) {
        checkThread();
        closed = true;
        attentions.clear();
        abortTasks(
                null,
                CommandTask.AbortCause.OWN_NEXUS,
                () -> {
                    target.closed(this);
                    done.run();
                });
    }

    @Override
    public void leave(Runnable done) {
        checkThread();
        closed = true;
        attentions.clear();
        Drain drain =
                new Drain(
                        () -> {
                            target.closed(this);
                            done.run();
                        });
        CommandTask next;
        for (CommandTask task = first; task != null; task = next) {
            next = task.later;
            if (!task.hasStarted()) {
                task.abort(CommandTask.AbortCause.MOVED);
            }
            task.drainInto(drain);
        }
        drain.close();
    }

    @Override
    public void pathsChanged() {
        checkThread();
        for (LunMap.Entry entry : luns().entries()) {
            establish(entry.unit(), UnitAttention.ACCESS_STATE_CHANGED);
        }
    }

    @Override
    public void onAttention(Runnable callback) {
        attentionCallback = callback;
    }

    // -- any thread --

    /// Runs something on the event loop. False if the loop is no more: then no task of this nexus will ever move again.
    boolean post(Runnable action) {
        try {
            loop.execute(action);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop of {} has ended before its tasks.", name.initiatorPort(), e);
            return false;
        }
    }

    /// True if this is the nexus of the host that asks at another target.
    boolean isOf(Host asking) {
        Host who = host;
        return who != null && who.isAlso(asking);
    }

    /// True if the host may use a logical unit of this target so: it sees it, and nobody has reserved it against that.
    boolean mayUse(LogicalUnit unit, CopyReach.Use use) {
        LunRights now = rights;
        if (use == CopyReach.Use.WRITE && now.isReadOnly()) {
            return false;
        }
        for (LunMap.Entry entry : target.luns().entries()) {
            if (entry.unit() == unit) {
                Demand demand = use == CopyReach.Use.WRITE ? Demand.CHANGE : Demand.READ;
                return now.luns().contains(entry.lun())
                        && entry.reservations().admits(demand, name);
            }
        }
        return false;
    }

    /// What the host may copy from and to: what it sees here, and what it sees at other targets where it is logged in.
    private final class Reach implements CopyReach {
        @Override
        public @Nullable LogicalUnit find(String asking, long naaHead, long naaTail) {
            LogicalUnit here = target.find(naaHead, naaTail);
            if (here == null) {
                Host who = host;
                return who == null ? null : target.reach().find(who, naaHead, naaTail);
            }
            return mayUse(here, Use.READ) ? here : null;
        }

        @Override
        public boolean isReserved(String asking, LogicalUnit unit, Use use) {
            if (target.luns().has(unit)) {
                return !mayUse(unit, use);
            }
            Host who = host;
            return who == null || target.reach().isReserved(who, unit, use);
        }
    }

    NexusInfo info() {
        return new NexusInfo(name.initiatorPort(), name.targetPort());
    }

    /// The names of its ports, which outlive it.
    NexusName name() {
        return name;
    }

    /// Relative identifiers of all target ports.
    Set<Integer> targetPorts() {
        return target.targetPorts();
    }

    CopyManager copies() {
        return copies;
    }

    TargetPort targetPort() {
        return targetPort;
    }

    PortGroups portGroups() {
        return target.portGroups();
    }

    /// How well this nexus reaches the logical units now.
    @SuppressWarnings(
            "ReferenceEquality") // asked for each command; a table that is equal changes nothing
    AccessState accessState() {
        PortGroups now = target.portGroups();
        if (now != portGroups) {
            portGroups = now;
            accessState = now.groupOf(targetPort.relativePort()).state();
        }
        return accessState;
    }

    // -- the event loop's --

    /// The logical units that the initiator may see.
    LunMap luns() {
        LunMap all = target.luns();
        if (rights.luns().isAll()) {
            return all;
        }
        if (shownFrom != all) {
            shownFrom = all;
            shown = all.only(rights.luns());
        }
        return shown;
    }

    /// True if the initiator may not write, whatever the volume allows.
    boolean isReadOnly() {
        return rights.isReadOnly();
    }

    /// The first thread to come is the event loop; no other may follow.
    void checkThread() {
        Thread current = Thread.currentThread();
        if (threadId == NO_THREAD) {
            threadId = current.threadId();
        } else if (threadId != current.threadId()) {
            throw new AssertionError(
                    "The nexus of %s lives on thread %d, not on %s."
                            .formatted(name.initiatorPort(), threadId, current));
        }
    }

    UnitAttentions attentions() {
        return attentions;
    }

    void establish(LogicalUnit unit, UnitAttention attention) {
        if (!closed && (rights.luns().isAll() || luns().has(unit))) {
            attentions.establish(unit, attention);
            attentionCallback.run();
        }
    }

    void tellOthers(LogicalUnit unit, UnitAttention attention) {
        target.establishOnOthers(this, unit, attention);
    }

    /// Aborts tasks, and runs `drained` when none of them touches its buffers any more, maybe at once.
    ///
    /// @param unit tasks on this logical unit only, or null for all
    void abortTasks(@Nullable LogicalUnit unit, CommandTask.AbortCause cause, Runnable drained) {
        Drain drain = new Drain(drained);
        CommandTask next;
        for (CommandTask task = first; task != null; task = next) {
            next = task.later;
            if (unit == null || task.isOn(unit)) {
                task.abort(cause);
                task.drainInto(drain);
            }
        }
        drain.close();
    }

    /// Carries out for this nexus what a change of reservations brings with it, and runs `done` when none of its tasks that
    /// are let in no more runs, maybe at once. Those about reservations are not waited for: they touch no medium, and may be
    /// settling a change of their own.
    ///
    /// @param cause the task that made the change
    void settle(LunMap.Entry place, Effects effects, CommandTask cause, Runnable done) {
        UnitAttention attention = effects.attentionOf(name);
        if (attention != null) {
            establish(place.unit(), attention);
        }
        Drain drain = new Drain(done);
        CommandTask next;
        for (CommandTask task = first; task != null; task = next) {
            next = task.later;
            if (task == cause || !task.isOn(place.unit())) {
                continue;
            }
            boolean aborts = effects.aborts(name);
            if (aborts) {
                task.abort(CommandTask.AbortCause.SOMEBODY_ELSE);
            }
            // Two that put each other out at once must not wait for each other.
            boolean mayHarm = (aborts || !task.isAdmitted(place)) && !task.isAboutReservations();
            if (mayHarm) {
                task.drainInto(drain);
            }
        }
        drain.close();
    }

    /// Carries out, everywhere, what a change of reservations brings with it; `done` is run here after that.
    void settleEverywhere(LunMap.Entry place, Effects effects, CommandTask cause, Runnable done) {
        target.settle(this, place, effects, cause, () -> post(done));
    }

    // -- the task set --

    private void link(CommandTask task) {
        task.earlier = last;
        if (last == null) {
            first = task;
        } else {
            last.later = task;
        }
        last = task;
        orderedTasks += task.isOrdered() ? 1 : 0;
    }

    void unlink(CommandTask task) {
        if (task.earlier == null) {
            first = task.later;
        } else {
            task.earlier.later = task.later;
        }
        if (task.later == null) {
            last = task.earlier;
        } else {
            task.later.earlier = task.earlier;
        }
        task.earlier = null;
        orderedTasks -= task.isOrdered() ? 1 : 0;
    }

    /// Counts a task that is held back, or one less.
    void held(int change) {
        heldTasks += change;
    }

    /// True if a task has to wait for earlier ones.
    boolean mustHold(CommandTask task) {
        if (orderedTasks == 0 || task.isHeadOfQueue()) {
            return false;
        }
        for (CommandTask before = task.earlier; before != null; before = before.earlier) {
            boolean sameUnit = Objects.equals(before.entry(), task.entry());
            if (sameUnit && (task.isOrdered() || before.isOrdered())) {
                return true;
            }
        }
        return false;
    }

    /// Starts the tasks that nothing holds back any more. A start may end tasks and so call this again.
    void releaseHeld() {
        CommandTask task = heldTasks == 0 ? null : first;
        while (task != null) {
            if (task.state() == TaskState.HELD && !mustHold(task)) {
                task.start();
                task = first; // the list may have changed
            } else {
                task = task.later;
            }
        }
    }

    /// Starts them in a turn of their own: when whoever aborts tasks in this turn has aborted all that it means to.
    void releaseHeldLater() {
        if (heldTasks > 0) {
            post(this::releaseHeld);
        }
    }

    @Override
    public String toString() {
        return name.initiatorPort();
    }
}
