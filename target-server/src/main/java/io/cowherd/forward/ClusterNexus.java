package io.cowherd.forward;

import io.cowherd.config.access.LunRights;
import io.cowherd.forward.ForwardedTask.Stage;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.target.Lun;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A nexus of a target that may move: the host's side of it stays where the host is, the other side is at the owner.
///
/// ```
///   owner is here             owner has changed
/// ┌───────────────────► HERE ──────────────────► LEAVING_HERE ──┐ drained
/// SEEKING ◄─────────────────────────────────────────────────────┘
/// │ ▲ ▲  owner is elsewhere       Opened        NotBegun
/// └─┼─┼────────────────► OPENING ───────► OPEN ──────────► LEAVING
///   │ └────────────────────┘ lost          │ Gone, lost       │ Gone, lost
///   └──────────────────────────────────────┴──────────────────┘
/// each, when it is closed and all its tasks are settled ───► ENDED
/// ```
///
/// **Nothing is executed twice, and nothing late.** A command that an owner may have begun to execute is never sent again. It
/// ends, with a status that has the host try again, when it is *settled*:
///
/// - the owner says Gone: its tasks have ended; or
/// - the nexus is open again. The same owner opens it only after everything of the former nexus has ended; another
///   one, which this node may be itself, has the family only because the storage shuts the former one out.
///
/// Until then it waits, however long: a hang, not a stale byte. What was never sent for execution is begun again, in order, at
/// the next owner.
///
/// **Threading.** *Confined to the connection's event loop*: that of the host's.
final class ClusterNexus implements Nexus, OwnerConnection.Listener {
    /// Commands that may be under way; an iSCSI session's window is smaller.
    static final int MAX_TASKS = 1024;

    /// Task management functions that may be under way.
    static final int MAX_FUNCTIONS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(ClusterNexus.class);
    private static final long NO_THREAD = 0;

    private enum Phase {
        /// Looks for the owner, again and again.
        SEEKING,
        /// This node is the owner: everything is passed to its device.
        HERE,
        /// This node gives the target away: what runs there ends.
        LEAVING_HERE,
        /// Connecting, or waiting until the owner has opened the nexus.
        OPENING,
        /// At the owner, another node.
        OPEN,
        /// That owner finishes what it has, and begins nothing more.
        LEAVING,
        /// Closed.
        ENDED
    }

    // Immutable
    private final ClusterTarget target;
    private final String initiatorPort;
    private final int relativePort;
    private final Executor loop;
    private final Patience patience;

    // Owned by the event loop
    private final Map<Integer, ForwardedTask> tasks = new LinkedHashMap<>(); // as they were begun
    private final Map<Integer, Consumer<TaskManagement.Response>> functions = new HashMap<>();
    private long threadId = NO_THREAD;
    private Phase phase = Phase.SEEKING;
    private @Nullable Nexus here;
    private OwnerLookup.@Nullable Here place;
    private @Nullable OwnerConnection owner;
    private int lastTag;
    private long leastEpoch;
    private boolean wasOpen;
    private final List<Runnable> whenNotHere = new ArrayList<>();
    private Message.@Nullable Show shown;
    private Message.@Nullable Show shownToOwner;
    private Runnable attentionCallback = () -> {};
    private @Nullable Runnable closed;

    ClusterNexus(ClusterTarget target, String initiatorPort, int relativePort, Executor loop) {
        this.target = target;
        this.initiatorPort = initiatorPort;
        this.relativePort = relativePort;
        this.loop = loop;
        this.patience = new Patience(this, target);
    }

    /// Begins to look for the owner. On the event loop, once.
    void open() {
        checkThread();
        patience.begin();
        seek();
    }

    // -- the transport's side --

    @Override
    public Task begin(long lun, ByteBuffer bytes, TaskAttribute attribute) {
        Nexus device = here;
        return device == null
                ? beginElsewhere(lun, bytes, attribute)
                : device.begin(lun, bytes, attribute);
    }

    private Task beginElsewhere(long lun, ByteBuffer bytes, TaskAttribute attribute) {
        checkThread();
        Cdb cdb = Cdb.decode(bytes);
        int at = bytes.position();
        var begin = new Message.Begin(lun, bytes.getLong(at), bytes.getLong(at + 8), attribute);
        LunFacts facts = target.facts();
        int number = Lun.decode(lun);
        int out = facts.dataOutBytes(number, cdb);
        int in = facts.dataInBytes(number, cdb);
        var task = new ForwardedTask(this, ++lastTag, cdb, begin, out, in);
        OwnerConnection connection = owner;
        boolean isFull = connection != null && connection.isCongested();
        if (isFull || tasks.size() >= MAX_TASKS) {
            task.refuse(ForwardedTask.TASK_SET_FULL);
            return task;
        }
        tasks.put(task.tag(), task);
        if (closed != null || phase == Phase.ENDED) {
            task.abort();
        } else if (phase == Phase.OPEN && connection != null) {
            connection.send(task.tag(), begin);
        }
        return task;
    }

    @Override
    public void manage(TaskManagement function, long lun, Consumer<TaskManagement.Response> done) {
        checkThread();
        Nexus device = here;
        OwnerConnection connection = owner;
        if (device != null) {
            device.manage(function, lun, done);
            return;
        }
        if (phase != Phase.OPEN || connection == null || functions.size() >= MAX_FUNCTIONS) {
            post(() -> done.accept(TaskManagement.Response.REJECTED));
            return;
        }
        functions.put(++lastTag, done);
        connection.send(lastTag, new Message.Manage(function, lun));
    }

    @Override
    public void show(@Nullable Host host, LunRights rights) {
        checkThread();
        shown = new Message.Show(host, rights);
        Nexus device = here;
        if (device != null) {
            device.show(host, rights);
        } else if (phase == Phase.OPEN) {
            tellRights();
        }
    }

    @Override
    public void onAttention(Runnable callback) {
        attentionCallback = callback;
        Nexus device = here;
        if (device != null) {
            device.onAttention(callback);
        }
    }

    @Override
    public void leave(Runnable done) {
        throw new AssertionError("It does not leave, it follows its target: " + this);
    }

    @Override
    public void pathsChanged() {
        throw new AssertionError("It says that itself: " + this);
    }

    @Override
    public void close(Runnable done) {
        checkThread();
        closed = done;
        List.copyOf(tasks.values()).forEach(ForwardedTask::abort);
        Nexus device = here;
        OwnerConnection connection = owner;
        if (device != null) {
            device.close(this::gone);
        } else if (phase == Phase.OPEN && connection != null) {
            connection.send(0, new Message.Close());
        }
        post(this::endIfSettled); // after those that it has aborted
    }

    // -- tasks --

    /// A task has all its data.
    void ready(ForwardedTask task) {
        Nexus device = here;
        OwnerConnection connection = owner;
        if (device != null) {
            task.executeHere();
        } else if (phase == Phase.OPEN && connection != null) {
            task.sendTo(connection);
        } else if (!patience.isEnoughFor(task)) {
            task.settled();
        }
    }

    /// Has the hosts of commands that wait for an owner try again, if they have waited long enough.
    void endThoseThatWaitTooLong() {
        each(
                stage -> stage == Stage.READY,
                task -> {
                    if (!patience.isEnoughFor(task)) {
                        task.settled();
                    }
                });
    }

    /// A task was aborted before it was complete.
    void withdrawn(ForwardedTask task) {
        tasks.remove(task.tag());
        abortAtOwner(task);
    }

    void abortAtOwner(ForwardedTask task) {
        OwnerConnection connection = owner;
        if (connection != null && (phase == Phase.OPEN || phase == Phase.LEAVING)) {
            connection.outbox.remove(task.tag());
            connection.send(task.tag(), new Message.Abort());
        }
    }

    void ended(ForwardedTask task) {
        tasks.remove(task.tag());
        OwnerConnection connection = owner;
        if (connection != null) {
            connection.outbox.remove(task.tag());
        }
        if (closed != null) {
            post(this::endIfSettled);
        }
    }

    private void each(Predicate<Stage> which, Consumer<ForwardedTask> action) {
        for (ForwardedTask task : List.copyOf(tasks.values())) {
            if (which.test(task.stage())) {
                action.accept(task);
            }
        }
    }

    // -- here --

    private void openHere(OwnerLookup.Here found) {
        phase = Phase.HERE;
        place = found;
        leastEpoch = found.epoch();
        target.learn(found);
        patience.end();
        Nexus device = found.target().open(initiatorPort, relativePort, loop);
        Message.Show now = shown;
        if (now != null) {
            device.show(now.host(), now.rights());
        }
        device.onAttention(attentionCallback);
        if (wasOpen) {
            device.pathsChanged();
        }
        wasOpen = true;
        each(stage -> stage == Stage.TAKEN || stage == Stage.READY, task -> task.beginAt(device));
        here = device; // from now on commands pass by
        each(stage -> stage == Stage.READY, task -> task.executeHere());
        each(stage -> stage == Stage.UNSETTLED, ForwardedTask::settled);
    }

    private void leaveHere(OwnerLookup.Here found) {
        Nexus device = here;
        if (device == null) {
            return;
        }
        phase = Phase.LEAVING_HERE;
        here = null;
        target.learn(found);
        patience.begin();
        each(stage -> stage == Stage.TAKEN, ForwardedTask::takeBack);
        device.leave(this::gone);
    }

    /// Nothing of the nexus is at this node's device any more.
    private void gone() {
        here = null;
        place = null;
        phase = Phase.SEEKING;
        whenNotHere.forEach(Runnable::run);
        whenNotHere.clear();
        if (closed == null) {
            seek();
        } else {
            endIfSettled();
        }
    }

    /// The lookup has another answer. Any thread.
    ///
    /// @return completes when the nexus is not here any more, or may be
    CompletableFuture<Void> ownerChanged() {
        var notHere = new CompletableFuture<Void>();
        if (!post(() -> ownerChanged(() -> notHere.complete(null)))) {
            notHere.complete(null);
        }
        return notHere;
    }

    private void ownerChanged(Runnable notHere) {
        OwnerLookup.Answer answer = target.owner();
        OwnerLookup.Here at = place;
        if (phase == Phase.HERE && at != null && !isStill(at, answer)) {
            leaveHere(at);
        }
        if (phase == Phase.LEAVING_HERE) {
            whenNotHere.add(notHere);
        } else {
            notHere.run();
        }
        OwnerConnection connection = owner;
        if (phase == Phase.SEEKING && closed == null) {
            seek();
        } else if (connection != null && isNewer(answer)) {
            connection.close(); // what was its owner is none any more
        }
    }

    private static boolean isStill(OwnerLookup.Here at, OwnerLookup.Answer answer) {
        return answer instanceof OwnerLookup.Here now
                && now.epoch() == at.epoch()
                && now.target().equals(at.target());
    }

    private boolean isNewer(OwnerLookup.Answer answer) {
        return switch (answer) {
            case OwnerLookup.Here now -> now.epoch() > leastEpoch;
            case OwnerLookup.Remote now -> now.epoch() > leastEpoch;
            case OwnerLookup.Moving _ -> false;
        };
    }

    // -- the owner --

    private void seek() {
        if (phase != Phase.SEEKING) {
            return;
        }
        switch (target.owner()) {
            case OwnerLookup.Here found when found.epoch() >= leastEpoch && closed == null ->
                    openHere(found);
            case OwnerLookup.Here found when found.epoch() >= leastEpoch -> settle();
            case OwnerLookup.Remote known when known.epoch() >= leastEpoch -> {
                phase = Phase.OPENING;
                owner = target.connect(known, this, loop);
            }
            case OwnerLookup.Here _, OwnerLookup.Remote _, OwnerLookup.Moving _ -> seekLater();
        }
    }

    /// The owner is here: the former one executes nothing any more.
    private void settle() {
        each(stage -> stage == Stage.UNSETTLED, ForwardedTask::settled);
        endIfSettled();
    }

    private void seekLater() {
        target.after(target.settings().retryMillis(), () -> post(this::seek));
    }

    @Override
    public void authenticated(OwnerConnection connection) {
        if (connection != owner) {
            return;
        }
        shownToOwner = shown;
        connection.send(
                0,
                new Message.Open(
                        target.name(), initiatorPort, relativePort, leastEpoch, wasOpen, shown));
    }

    @Override
    public void received(OwnerConnection connection, int tag, Message message, ByteBuf frame)
            throws PeerFailure {
        checkThread();
        if (connection != owner) {
            return;
        }
        switch (message) {
            case Message.Opened(long epoch, LunFacts facts) when phase == Phase.OPENING ->
                    opened(connection, epoch, facts);
            case Message.Refused(Message.Reason reason) when phase == Phase.OPENING -> {
                LOG.debug("No nexus of {} at {}: {}", initiatorPort, target.name(), reason);
                connection.close();
            }
            case Message.Facts(LunFacts facts) -> target.learn(facts);
            case Message.Data _ -> receive(tag, frame);
            case Message.Status status -> answered(tag, status);
            case Message.NotBegun _ -> notBegun(connection, tag);
            case Message.Managed(TaskManagement.Response response) -> {
                Consumer<TaskManagement.Response> done = functions.remove(tag);
                if (done != null) {
                    done.accept(response);
                }
            }
            case Message.Attention _ -> attentionCallback.run();
            case Message.Gone(int lastTag) -> {
                each(
                        stage -> stage == Stage.SENT,
                        task -> {
                            if (task.tag() - lastTag > 0) {
                                task.notBegun();
                            }
                        });
                lost(true);
                connection.close();
            }
            default -> throw new PeerFailure("an owner does not say " + message);
        }
    }

    private void opened(OwnerConnection connection, long epoch, LunFacts facts) throws PeerFailure {
        if (epoch < leastEpoch) {
            throw new PeerFailure("its epoch %d is older than %d".formatted(epoch, leastEpoch));
        }
        leastEpoch = epoch;
        target.learn(facts);
        phase = Phase.OPEN;
        wasOpen = true;
        patience.end();
        tellRights();
        each(
                stage -> stage == Stage.TAKEN || stage == Stage.READY,
                task -> beginAgain(connection, task));
        each(stage -> stage == Stage.UNSETTLED, ForwardedTask::settled);
        if (closed != null) {
            connection.send(0, new Message.Close());
        }
    }

    private void beginAgain(OwnerConnection connection, ForwardedTask task) {
        if (!task.aborted()) { // who is ends in a turn of its own
            connection.send(task.tag(), task.begin());
            if (task.stage() == Stage.READY) {
                task.sendTo(connection);
            }
        }
    }

    private void tellRights() {
        OwnerConnection connection = owner;
        Message.Show now = shown;
        if (now != null && !now.equals(shownToOwner) && connection != null) {
            shownToOwner = now;
            connection.send(0, now);
        }
    }

    private void receive(int tag, ByteBuf data) throws PeerFailure {
        ForwardedTask task = tasks.get(tag);
        if (task != null) {
            task.receive(data);
        }
    }

    private void answered(int tag, Message.Status status) throws PeerFailure {
        ForwardedTask task = tasks.get(tag);
        if (task != null) {
            task.answered(status);
        }
    }

    private void notBegun(OwnerConnection connection, int tag) {
        if (phase == Phase.OPEN) {
            phase = Phase.LEAVING;
            patience.begin();
        }
        ForwardedTask task = tasks.get(tag);
        if (task != null) {
            connection.outbox.remove(tag);
            task.notBegun();
        }
    }

    @Override
    public void lost(OwnerConnection connection) {
        if (connection == owner) {
            lost(false);
        }
    }

    /// There is no nexus any more.
    ///
    /// @param isDrained true if the owner has said that it executes nothing any more
    private void lost(boolean isDrained) {
        if (phase == Phase.OPEN) {
            patience.begin();
        }
        boolean wasTried = phase == Phase.OPENING;
        phase = Phase.SEEKING;
        owner = null;
        shownToOwner = null;
        List.copyOf(tasks.values()).forEach(task -> task.lost(isDrained));
        var unanswered = new ArrayList<>(functions.values());
        functions.clear();
        unanswered.forEach(done -> done.accept(TaskManagement.Response.REJECTED));
        if (closed != null) {
            endIfSettled();
        }
        if (wasTried) {
            seekLater();
        } else {
            post(this::seek);
        }
    }

    /// Ends the nexus if it was closed, unless the owner still has it, or there is a task that may still be executed.
    private void endIfSettled() {
        Runnable done = closed;
        boolean isAtOwner =
                switch (phase) {
                    case HERE, LEAVING_HERE, OPEN, LEAVING -> true;
                    case SEEKING, OPENING, ENDED -> false;
                };
        if (done == null || phase == Phase.ENDED || isAtOwner || !tasks.isEmpty()) {
            return;
        }
        phase = Phase.ENDED;
        OwnerConnection connection = owner;
        owner = null;
        if (connection != null) {
            connection.close();
        }
        target.ended(this);
        done.run();
    }

    // -- the event loop --

    /// Runs something on the event loop. False if that is no more.
    boolean post(Runnable action) {
        try {
            loop.execute(action);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop of {} has ended before its nexus.", initiatorPort, e);
            target.ended(this);
            return false;
        }
    }

    /// The first thread to come is the event loop; no other may follow.
    void checkThread() {
        Thread current = Thread.currentThread();
        if (threadId == NO_THREAD) {
            threadId = current.threadId();
        } else if (threadId != current.threadId()) {
            throw new AssertionError(
                    "The nexus of %s lives on thread %d, not on %s."
                            .formatted(initiatorPort, threadId, current));
        }
    }

    @Override
    public String toString() {
        return initiatorPort;
    }
}
