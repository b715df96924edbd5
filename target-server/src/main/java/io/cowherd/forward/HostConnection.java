package io.cowherd.forward;

import io.cowherd.forward.OwnerLookup.Here;
import io.cowherd.iscsi.wire.BufferBudget;
import io.cowherd.scsi.Nexus;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The owner's side of a connection: the real nexus of a host that talks to another node.
///
/// **Threading.** *Confined to the connection's event loop*, but for [#leave].
final class HostConnection extends PeerConnection {
    private enum Phase {
        /// Waits for Open.
        NEW,
        /// Waits until a former nexus of these ports has ended.
        OPENING,
        /// Serves.
        OPEN,
        /// Finishes what it executes, and begins nothing more.
        LEAVING,
        /// The nexus is closed; its tasks are ending.
        DRAINING,
        /// Nothing is left.
        ENDED
    }

    // Immutable
    private final ForwardListener listener;
    private final Channel channel;
    private final BufferBudget budget;

    /// Completes when nothing of its nexus, nor of those before it, is executed any more. Any thread.
    final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Owned by the event loop
    private final Map<Integer, ServedTask> tasks = new HashMap<>();
    private Phase phase = Phase.NEW;
    private Message.@Nullable Open request;
    private @Nullable Here served;
    private @Nullable Nexus nexus;
    private Map<Integer, Integer> toldBlockSizes = Map.of();
    private int lastBegun;
    private boolean attentionIsScheduled;

    HostConnection(
            ForwardSettings settings,
            ForwardListener listener,
            Channel channel,
            BufferBudget budget) {
        super(settings, ClusterSecret.Role.OWNER);
        this.listener = listener;
        this.channel = channel;
        this.budget = budget;
    }

    @Override
    Executor home() {
        return channel.eventLoop();
    }

    /// True while there is somebody to answer.
    boolean isUp() {
        return channel.isActive();
    }

    @Override
    void authenticated() {
        listener.authenticated(this);
    }

    @Override
    void complain(String line) {
        listener.complain(line);
    }

    @Override
    public void channelWritabilityChanged(io.netty.channel.ChannelHandlerContext ctx) {
        channel.config().setAutoRead(channel.isWritable()); // who does not listen is not heard
        super.channelWritabilityChanged(ctx);
    }

    // -- the nexus --

    @Override
    void received(int tag, Message message, ByteBuf frame) throws PeerFailure {
        switch (message) {
            case Message.Open open when phase == Phase.NEW -> open(open);
            case Message.Begin begin when phase == Phase.OPEN -> begin(tag, begin);
            case Message.Begin _ when isEnding() -> send(tag, new Message.NotBegun());
            case Message.Execute execute -> {
                ServedTask task = tasks.get(tag);
                if (task != null) {
                    task.execute(execute, budget);
                }
            }
            case Message.Data _ -> {
                ServedTask task = tasks.get(tag);
                if (task != null) {
                    task.receive(frame);
                }
            }
            case Message.Abort _ -> {
                ServedTask task = tasks.get(tag);
                if (task != null && !task.abort()) {
                    tasks.remove(tag);
                }
            }
            case Message.Manage manage when nexus != null && !isEnding() ->
                    nexus.manage(
                            manage.function(),
                            manage.lun(),
                            response -> send(tag, new Message.Managed(response)));
            case Message.Manage _, Message.Show _, Message.Close _ when isEnding() -> {}
            case Message.Show(var host, var rights) when nexus != null -> nexus.show(host, rights);
            case Message.Close _ when nexus != null -> drain();
            default -> throw new PeerFailure("no " + message + " is expected: " + phase);
        }
    }

    private boolean isEnding() {
        return switch (phase) {
            case LEAVING, DRAINING, ENDED -> true;
            case NEW, OPENING, OPEN -> false;
        };
    }

    private void open(Message.Open open) {
        request = open;
        if (find(open) == null) {
            refuse(Message.Reason.NOT_HERE);
            return;
        }
        phase = Phase.OPENING;
        CompletionStage<Void> former = listener.enter(this, open);
        var _ = former.thenRun(() -> post(this::openNow));
    }

    private @Nullable Here find(Message.Open open) {
        Here found = listener.find(open.target());
        return found == null || found.epoch() < open.leastEpoch() ? null : found;
    }

    private void refuse(Message.Reason reason) {
        send(0, new Message.Refused(reason));
        closeWhenSent();
    }

    /// Everything of a former nexus of these ports has ended.
    private void openNow() {
        Message.Open open = request;
        if (phase != Phase.OPENING || open == null) {
            return;
        }
        Here found = find(open); // again: it may have taken long
        if (found == null) {
            end();
            refuse(Message.Reason.NOT_HERE);
            return;
        }
        Nexus opened;
        try {
            opened =
                    found.target()
                            .open(open.initiatorPort(), open.relativePort(), channel.eventLoop());
        } catch (IllegalArgumentException e) {
            complain(
                    "A nexus by port %d of %s is refused: %s"
                            .formatted(open.relativePort(), open.target(), e.getMessage()));
            end();
            refuse(Message.Reason.NOT_UNDERSTOOD);
            return;
        }
        nexus = opened;
        served = found;
        phase = Phase.OPEN;
        Message.Show shown = open.shown();
        if (shown != null) {
            opened.show(shown.host(), shown.rights());
        }
        if (open.again()) {
            opened.pathsChanged();
        }
        toldBlockSizes = found.blockSizes().get();
        send(0, new Message.Opened(found.epoch(), facts()));
        opened.onAttention(this::attention);
    }

    private LunFacts facts() {
        return new LunFacts(settings.maxTransferBytes(), toldBlockSizes);
    }

    /// Says what the caller has to know of the logical units.
    void tellFacts() {
        Here here = served;
        if (here != null) {
            toldBlockSizes = here.blockSizes().get();
            send(0, new Message.Facts(facts()));
        }
    }

    private void attention() {
        if (!attentionIsScheduled) {
            attentionIsScheduled = true;
            post(this::tellAttention);
        }
    }

    private void tellAttention() {
        attentionIsScheduled = false;
        Here here = served;
        if (here != null && !here.blockSizes().get().equals(toldBlockSizes)) {
            tellFacts();
        }
        send(0, new Message.Attention());
    }

    // -- its tasks --

    private void begin(int tag, Message.Begin begin) throws PeerFailure {
        Nexus at = nexus;
        if (at == null || tasks.containsKey(tag) || tasks.size() >= ClusterNexus.MAX_TASKS) {
            throw new PeerFailure(
                    "command %d, beside %d others, is not expected".formatted(tag, tasks.size()));
        }
        lastBegun = tag;
        ByteBuffer cdb =
                ByteBuffer.allocate(16).putLong(begin.cdbHead()).putLong(begin.cdbTail()).flip();
        tasks.put(tag, new ServedTask(this, tag, at.begin(begin.lun(), cdb, begin.attribute())));
    }

    /// A task has ended, and its data was sent.
    void ended(ServedTask task, Message.Status status) {
        tasks.remove(task.tag());
        send(task.tag(), status);
        drainIfDone();
    }

    // -- the end --

    /// Has the caller look for another owner: what is executed may end, nothing else is begun. Any thread.
    void leave(int drainMillis) {
        post(
                () -> {
                    switch (phase) {
                        case NEW, OPENING -> close();
                        case OPEN -> {
                            phase = Phase.LEAVING;
                            for (ServedTask task : List.copyOf(tasks.values())) {
                                if (task.drop()) {
                                    tasks.remove(task.tag());
                                    send(task.tag(), new Message.NotBegun());
                                }
                            }
                            listener.after(channel, drainMillis, this::drain);
                            drainIfDone();
                        }
                        case LEAVING, DRAINING, ENDED -> {}
                    }
                });
    }

    private void drainIfDone() {
        if (phase == Phase.LEAVING && tasks.isEmpty()) {
            drain();
        }
    }

    /// Closes the nexus; says so once nothing of it is left.
    private void drain() {
        Nexus at = nexus;
        if (phase == Phase.DRAINING || phase == Phase.ENDED || at == null) {
            return;
        }
        phase = Phase.DRAINING;
        List.copyOf(tasks.values()).forEach(ServedTask::drop);
        at.close(
                () -> {
                    end();
                    send(0, new Message.Gone(lastBegun));
                    closeWhenSent();
                });
    }

    private void closeWhenSent() {
        post( // behind the flush
                () ->
                        channel.writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER)
                                .addListener(_ -> close()));
    }

    private void end() {
        phase = Phase.ENDED;
        drained.complete(null);
    }

    @Override
    void gone() {
        listener.left(this);
        if (nexus != null) {
            tasks.values().forEach(this::abandon);
            drain();
        } else {
            end();
        }
    }

    /// Nobody waits for it any more.
    private void abandon(ServedTask task) {
        outbox.remove(task.tag());
        if (task.stage() == ServedTask.Stage.ENDED) {
            task.release(); // its data was on the way
        }
    }
}
