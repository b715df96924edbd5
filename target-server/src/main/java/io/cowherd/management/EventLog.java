package io.cowherd.management;

import io.cowherd.config.LvmSize;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeListener;
import io.cowherd.mapping.volume.VolumeName;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// The latest events, and who listens for more.
///
/// Subscribers are called in the order of events, with the log's lock held: they must only pass the event on.
///
/// **Threading.** *Thread-safe*: every method holds the log's own lock.
public final class EventLog implements VolumeListener {
    // Immutable
    private final InstantSource clock;
    private final int backlog;
    private final int maxSubscribers;

    // Guarded by this
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private final Set<Consumer<Event>> subscribers = new HashSet<>();
    private long lastId;

    /// @param clock tells when events happen
    /// @param backlog events that are kept
    /// @param maxSubscribers subscribers at a time
    public EventLog(InstantSource clock, int backlog, int maxSubscribers) {
        this.clock = clock;
        this.backlog = backlog;
        this.maxSubscribers = maxSubscribers;
    }

    /// Hands over the kept events after `lastSeen`, then every new one, until unsubscribed. False if there are too many
    /// subscribers.
    synchronized boolean subscribe(long lastSeen, Consumer<Event> subscriber) {
        if (subscribers.size() >= maxSubscribers) {
            return false;
        }
        events.stream().filter(event -> event.id() > lastSeen).forEach(subscriber);
        return subscribers.add(subscriber);
    }

    synchronized void unsubscribe(Consumer<Event> subscriber) {
        subscribers.remove(subscriber);
    }

    /// The kept events.
    synchronized List<Event> kept() {
        return List.copyOf(events);
    }

    /// Id of the latest event, 0 before the first.
    synchronized long lastId() {
        return lastId;
    }

    @Override
    public void created(Volume volume) {
        add("created", volume, "");
    }

    @Override
    public void removing(Volume volume) {
        add("removed", volume, "");
    }

    @Override
    public void renamed(Volume volume, VolumeName before) {
        add("renamed", volume, "was " + before);
    }

    @Override
    public void resized(Volume volume) {
        add("resized", volume, "");
    }

    @Override
    public void extended(Volume snapshot) {
        add("extended", snapshot, "COW store " + LvmSize.format(snapshot.cowSizeBytes()));
    }

    @Override
    public void filling(Volume snapshot, int percent) {
        add("filling", snapshot, "COW store " + percent + " % full");
    }

    @Override
    public void failed(Volume volume, String why) {
        add("failed", volume, why);
    }

    private synchronized void add(String type, Volume volume, String detail) {
        var event = new Event(++lastId, type, clock.instant(), volume.name().toString(), detail);
        if (events.size() == backlog) {
            events.removeFirst();
        }
        events.addLast(event);
        subscribers.forEach(subscriber -> subscriber.accept(event));
    }
}
