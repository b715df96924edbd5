package io.cowherd.scsi.target;

import io.cowherd.admission.BoundedMemory;
import io.cowherd.config.Limits;
import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.ScsiTarget;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.alua.AccessState;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.copy.HostReach;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.TargetPort;
import io.cowherd.scsi.reservation.Effects;
import io.cowherd.scsi.reservation.UnitReservations;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The SCSI target device behind one iSCSI target name.
///
/// **Threading.** *Thread-safe: LUN map and list of nexuses are immutable snapshots, replaced under one lock that is never
/// held while anybody else is called; a nexus is only ever touched by posting to its event loop.*
public final class ScsiTargetDevice implements ScsiTarget {
    /// Initiator ports that are remembered, to greet them with *nexus loss* when they come again.
    private static final int MAX_KNOWN_PORTS = 1024;

    // Immutable
    private final String name;
    private final Limits limits;
    private final IoPool pool;
    private final Alarm alarm;

    // Any thread; replaced under lock
    private final Object lock = new Object();
    private volatile PortGroups portGroups;
    private volatile LunMap luns = LunMap.EMPTY;
    private volatile List<TargetNexus> nexuses = List.of();
    private volatile Runnable nexusListener = () -> {};
    private volatile HostReach reach = (_, naaHead, naaTail) -> find(naaHead, naaTail);

    // Guarded by lock
    private final Map<String, Boolean> knownPorts = new BoundedMemory<>(MAX_KNOWN_PORTS);

    /// A target without logical units.
    ///
    /// @param name iSCSI name of the target
    /// @param limits [Limits#largestLun()] and [Limits#taskManagementTimeoutMillis()] are used
    /// @param pool threads for I/O that may block, shared by all targets
    public ScsiTargetDevice(String name, Limits limits, IoPool pool) {
        this(name, limits, pool, PortGroups.SINGLE);
    }

    /// The same for several portals.
    ///
    /// @param portGroups the ports by which hosts may come, and others by which they may elsewhere
    public ScsiTargetDevice(String name, Limits limits, IoPool pool, PortGroups portGroups) {
        this(name, limits, pool, portGroups, Alarm.system());
    }

    /// The same with a timer of one's own.
    public ScsiTargetDevice(
            String name, Limits limits, IoPool pool, PortGroups portGroups, Alarm alarm) {
        this.name = name;
        this.portGroups = portGroups;
        this.limits = limits;
        this.pool = pool;
        this.alarm = alarm;
    }

    /// iSCSI name of the target.
    public String name() {
        return name;
    }

    // -- logical units --

    /// Shows a logical unit whose reservations end with the process.
    public void addLun(int lun, LogicalUnit unit) {
        addLun(lun, unit, ReservationStore.inMemory());
    }

    /// Shows a logical unit from now on, and tells every nexus.
    ///
    /// @param lun 0 to [Limits#largestLun()]
    /// @param reservations where its reservations are kept
    /// @throws IllegalStateException if the LUN is taken or larger than that
    public void addLun(int lun, LogicalUnit unit, ReservationStore reservations) {
        var kept = new UnitReservations(reservations);
        int largest = limits.largestLun();
        if (lun < 0 || lun > largest) {
            throw new IllegalStateException(
                    "LUN %d of %s is not within 0 to %d (largestLun)."
                            .formatted(lun, name, largest));
        }
        synchronized (lock) {
            if (luns.find(lun) != null) {
                throw new IllegalStateException("LUN %d of %s is taken.".formatted(lun, name));
            }
            luns = luns.with(new LunMap.Entry(lun, unit, kept, pool.lane(), pool.lane()));
        }
        unit.onAttention(attention -> establishOnAll(unit, attention));
        lunsChanged(null);
    }

    /// Shows a logical unit no more, aborts its tasks (hosts get TASK ABORTED), and tells every nexus.
    ///
    /// @return completes when no task uses the logical unit any more, on some event loop or at once: then its device may be
    ///     closed. At once as well if there is no such LUN.
    public CompletionStage<Void> removeLun(int lun) {
        LunMap.Entry entry;
        synchronized (lock) {
            entry = luns.find(lun);
            luns = luns.without(lun);
        }
        CompletableFuture<Void> drained = new CompletableFuture<>();
        if (entry == null) {
            drained.complete(null);
            return drained;
        }
        lunsChanged(entry.unit());
        LogicalUnit unit = entry.unit();
        abortEverywhere(
                null,
                unit,
                () -> {
                    CompletionStage<Void> _ = unit.retire().thenRun(() -> drained.complete(null));
                });
        return drained;
    }

    /// The logical unit here that has this NAA identifier, or null.
    public @Nullable LogicalUnit find(long naaHead, long naaTail) {
        for (LunMap.Entry entry : luns.entries()) {
            if (entry.unit().identity().isNaa(naaHead, naaTail)) {
                return entry.unit();
            }
        }
        return null;
    }

    /// True if a host that is logged in here may use a logical unit so, and it is one of this target.
    ///
    /// @param host who asks at another target
    public boolean mayUse(Host host, LogicalUnit unit, CopyReach.Use use) {
        return nexuses.stream().anyMatch(nexus -> nexus.isOf(host) && nexus.mayUse(unit, use));
    }

    /// Bytes of a logical block of each LUN that there is now.
    public Map<Integer, Integer> blockSizes() {
        Map<Integer, Integer> sizes = new HashMap<>();
        for (LunMap.Entry entry : luns.entries()) {
            sizes.put(entry.lun(), entry.unit().blockBytes());
        }
        return Map.copyOf(sizes);
    }

    /// Says what third-party copies may reach from here on; until then, all logical units here.
    public void reach(HostReach everything) {
        reach = everything;
    }

    HostReach reach() {
        return reach;
    }

    private void lunsChanged(@Nullable LogicalUnit gone) {
        for (TargetNexus nexus : nexuses) {
            nexus.post(
                    () -> {
                        if (gone != null) {
                            nexus.attentions().forget(gone);
                        }
                        for (LunMap.Entry entry : luns.entries()) {
                            nexus.establish(entry.unit(), UnitAttention.LUNS_CHANGED);
                        }
                    });
        }
    }

    LunMap luns() {
        return luns;
    }

    // -- asymmetric access --

    /// The port groups as they are now.
    public PortGroups portGroups() {
        return portGroups;
    }

    /// Brings a port group into another state, and tells every nexus. Commands that have begun go on; those that come see
    /// the new state.
    ///
    /// @throws IllegalArgumentException if there is no such group
    public void become(int groupTag, AccessState state) {
        changePortGroups(present -> present.with(groupTag, state));
    }

    /// Puts other port groups in the place of those until now, as when nodes come, and tells every nexus if that changes
    /// anything. The ports of nexuses that are open stay.
    public void portGroups(PortGroups groups) {
        if (!groups.equals(portGroups)) {
            changePortGroups(_ -> groups);
        }
    }

    private void changePortGroups(UnaryOperator<PortGroups> change) {
        synchronized (lock) {
            portGroups = change.apply(portGroups);
        }
        for (LunMap.Entry entry : luns.entries()) {
            establishOnAll(entry.unit(), UnitAttention.ACCESS_STATE_CHANGED);
        }
    }

    // -- nexuses --

    @Override
    public Nexus open(String initiatorPort, int relativeTargetPort, Executor loop) {
        TargetPort port =
                new TargetPort(
                        name, relativeTargetPort, portGroups.groupOf(relativeTargetPort).tag());
        TargetNexus nexus;
        synchronized (lock) {
            boolean known = knownPorts.put(initiatorPort, true) != null;
            UnitAttention greeting = known ? UnitAttention.NEXUS_LOSS : UnitAttention.POWER_ON;
            nexus = new TargetNexus(this, initiatorPort, port, loop, greeting);
            List<TargetNexus> more = new ArrayList<>(nexuses);
            more.add(nexus);
            nexuses = List.copyOf(more);
        }
        nexusListener.run();
        return nexus;
    }

    /// A nexus has closed, and none of its tasks is left.
    void closed(TargetNexus nexus) {
        for (LunMap.Entry entry : luns.entries()) {
            entry.reservations().nexusLost(nexus.name());
        }
        synchronized (lock) {
            nexuses = nexuses.stream().filter(n -> n != nexus).toList();
        }
        nexusListener.run();
    }

    /// Relative identifiers of all target ports.
    Set<Integer> targetPorts() {
        return portGroups.groups().stream()
                .flatMap(group -> group.ports().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /// The nexuses that are open now: as long as there are any, every logical unit here is in use.
    public List<NexusInfo> nexuses() {
        return nexuses.stream().map(TargetNexus::info).toList();
    }

    /// Has `listener` run after each opening and closing of a nexus, on whatever thread that happens; it must not block.
    public void onNexusesChanged(Runnable listener) {
        nexusListener = listener;
    }

    private void establishOnAll(LogicalUnit unit, UnitAttention attention) {
        for (TargetNexus nexus : nexuses) {
            nexus.post(() -> nexus.establish(unit, attention));
        }
    }

    void establishOnOthers(TargetNexus me, LogicalUnit unit, UnitAttention attention) {
        for (TargetNexus nexus : nexuses) {
            if (nexus != me) {
                nexus.post(() -> nexus.establish(unit, attention));
            }
        }
    }

    // -- task management --

    /// Executes a task management function for a nexus, on its event loop.
    void manage(
            TargetNexus requester,
            TaskManagement function,
            int lun,
            Consumer<TaskManagement.Response> done) {
        LunMap.Entry entry = lun == Lun.NONE ? null : requester.luns().find(lun);
        boolean needsLun =
                switch (function) {
                    case ABORT_TASK_SET, CLEAR_TASK_SET, LOGICAL_UNIT_RESET -> true;
                    case TARGET_WARM_RESET, TARGET_COLD_RESET -> false;
                };
        if (needsLun && entry == null) {
            done.accept(TaskManagement.Response.NO_SUCH_LUN);
            return;
        }
        Answer answer = new Answer(done);
        Runnable complete = () -> answer.give(TaskManagement.Response.COMPLETE);
        Runnable backHome = () -> requester.post(complete);
        LogicalUnit unit = entry == null ? null : entry.unit();
        // Who may only read ends no command but its own, and changes nothing (docs/decisions/0006).
        switch (requester.isReadOnly() ? TaskManagement.ABORT_TASK_SET : function) {
            case ABORT_TASK_SET ->
                    requester.abortTasks(unit, CommandTask.AbortCause.OWN_NEXUS, complete);
            case CLEAR_TASK_SET -> abortEverywhere(requester, unit, backHome);
            case LOGICAL_UNIT_RESET ->
                    reset(requester, unit, UnitAttention.LOGICAL_UNIT_RESET, backHome);
            case TARGET_WARM_RESET, TARGET_COLD_RESET ->
                    reset(requester, null, UnitAttention.TARGET_RESET, backHome);
        }
        if (!answer.given) {
            Runnable reject = () -> answer.give(TaskManagement.Response.REJECTED);
            alarm.after(limits.taskManagementTimeoutMillis(), () -> requester.post(reject));
        }
    }

    /// Resets one logical unit, or all that the requester sees if `unit` is null: modes to their defaults, an attention on every
    /// nexus, no task left.
    private void reset(
            TargetNexus requester,
            @Nullable LogicalUnit unit,
            UnitAttention attention,
            Runnable drained) {
        LunMap visible = requester.luns();
        for (LunMap.Entry entry : visible.entries()) {
            if (unit == null || entry.unit() == unit) {
                entry.unit().reset();
                establishOnOthers(requester, entry.unit(), attention);
                requester.establish(entry.unit(), attention);
            }
        }
        Runnable one =
                countdown(
                        visible.size() + 1,
                        () -> {
                            endReserve6(unit, visible);
                            drained.run();
                        });
        for (LunMap.Entry entry : visible.entries()) {
            if (unit == null || entry.unit() == unit) {
                abortEverywhere(requester, entry.unit(), one);
            } else {
                one.run();
            }
        }
        one.run();
    }

    private static void endReserve6(@Nullable LogicalUnit unit, LunMap visible) {
        for (LunMap.Entry entry : visible.entries()) {
            if (unit == null || entry.unit() == unit) {
                entry.reservations().reset();
            }
        }
    }

    private static Runnable countdown(int count, Runnable done) {
        AtomicInteger left = new AtomicInteger(count);
        return () -> {
            if (left.decrementAndGet() == 0) {
                done.run();
            }
        };
    }

    /// Aborts the tasks of all nexuses on one logical unit, or on all if `unit` is null.
    ///
    /// @param requester who asks, on whose event loop we are; null if nobody does
    /// @param drained run on some event loop, or here, when none of the tasks is left
    private void abortEverywhere(
            @Nullable TargetNexus requester, @Nullable LogicalUnit unit, Runnable drained) {
        onEach(
                requester,
                drained,
                (nexus, one) -> {
                    boolean own = nexus == requester;
                    nexus.abortTasks(
                            unit,
                            own
                                    ? CommandTask.AbortCause.OWN_NEXUS
                                    : CommandTask.AbortCause.SOMEBODY_ELSE,
                            one);
                });
    }

    /// Carries out what a change of reservations brings with it: on every nexus, and for copies of other targets' nexuses.
    ///
    /// @param requester whose task `cause` made the change, on whose event loop we are
    /// @param settled run on some event loop, or here, when it has come to pass
    void settle(
            TargetNexus requester,
            LunMap.Entry place,
            Effects effects,
            CommandTask cause,
            Runnable settled) {
        Runnable one = countdown(2, settled);
        onEach(requester, one, (nexus, each) -> nexus.settle(place, effects, cause, each));
        CompletionStage<Void> _ = place.unit().shutOut().thenRun(one);
    }

    /// Does something to every nexus on its event loop: to the requester at once, for what comes behind the request is not
    /// meant.
    ///
    /// @param all run on some event loop, or here, when each has run what it was given to run at its end
    /// @param step given a nexus, and what to run at the end
    private void onEach(
            @Nullable TargetNexus requester, Runnable all, BiConsumer<TargetNexus, Runnable> step) {
        List<TargetNexus> present = nexuses;
        Runnable one = countdown(present.size() + 1, all);
        for (TargetNexus nexus : present) {
            if (nexus == requester) {
                step.accept(nexus, one);
            } else if (!nexus.post(() -> step.accept(nexus, one))) {
                one.run();
            }
        }
        one.run();
    }

    /// The one answer to a task management function: what comes first, the end or the deadline.
    ///
    /// **Threading.** *Confined to the connection's event loop.*
    private static final class Answer {
        private final Consumer<TaskManagement.Response> done;
        private boolean given;

        Answer(Consumer<TaskManagement.Response> done) {
            this.done = done;
        }

        void give(TaskManagement.Response response) {
            if (!given) {
                given = true;
                done.accept(response);
            }
        }
    }
}
