package io.cowherd.iscsi.conversation;

import io.cowherd.iscsi.session.Timers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// Timers that fire when the test says that time has passed.
final class ManualTimers implements Timers {
    private record Entry(long id, long at, Executor loop, Runnable work) {}

    private final List<Entry> entries = new ArrayList<>();
    private long now;
    private long lastId;

    @Override
    public synchronized Timer after(Executor loop, long delayMillis, Runnable work) {
        Entry entry = new Entry(++lastId, now + delayMillis, loop, work);
        entries.add(entry);
        return () -> remove(entry);
    }

    private synchronized void remove(Entry entry) {
        entries.remove(entry);
    }

    /// Timers that have not fired.
    synchronized int pending() {
        return entries.size();
    }

    /// True if something is due after just that long.
    synchronized boolean isPending(long millis) {
        return entries.stream().anyMatch(entry -> entry.at() == now + millis);
    }

    /// True if something is due within that long.
    synchronized boolean isPendingWithin(long millis) {
        return entries.stream().anyMatch(entry -> entry.at() <= now + millis);
    }

    /// Moves time on; returns when what was due has run on its event loop.
    void advance(long millis) {
        List<Entry> due;
        synchronized (this) {
            now += millis;
            due =
                    entries.stream()
                            .filter(entry -> entry.at() <= now)
                            .sorted(Comparator.comparingLong(Entry::at))
                            .toList();
            entries.removeAll(due);
        }
        CompletableFuture<?>[] done =
                due.stream()
                        .map(entry -> CompletableFuture.runAsync(entry.work(), entry.loop()))
                        .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(done).orTimeout(30, TimeUnit.SECONDS).join();
    }
}
