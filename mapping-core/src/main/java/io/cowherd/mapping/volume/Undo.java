package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// What has to be taken back if a change fails half-way, in reverse order.
///
/// ```java
/// try (var undo = new Undo(log)) {
///     make();
///     undo.push("unmake", this::unmake);
///     …
///     undo.keep();
/// }
/// ```
///
/// A step that cannot be taken back is logged and does not stop the others.
///
/// **Threading.** *Confined to the thread that makes the change.*
final class Undo implements AutoCloseable {
    /// Takes one step back.
    interface Step {
        void run() throws IOException;
    }

    private record Named(String name, Step step) {}

    private final Consumer<String> log;
    private final Deque<Named> steps = new ArrayDeque<>();

    Undo(Consumer<String> log) {
        this.log = log;
    }

    /// To be run if the change fails from here on.
    ///
    /// @param name says in the log what could not be undone
    void push(String name, Step step) {
        steps.push(new Named(name, step));
    }

    /// The change is made: nothing is taken back.
    void keep() {
        steps.clear();
    }

    /// These steps are made, but belong to a larger change that may still fail.
    void handTo(Undo larger) {
        steps.descendingIterator().forEachRemaining(larger.steps::push);
        steps.clear();
    }

    /// Runs all steps, whatever becomes of one of them.
    @Override
    public void close() {
        Named next = steps.poll();
        if (next != null) {
            try {
                attempt(log, next.name(), next.step());
            } finally {
                close();
            }
        }
    }

    /// Runs a step whose failure changes nothing for anybody but the log.
    static void attempt(Consumer<String> log, String name, Step step) {
        try {
            step.run();
        } catch (IOException e) {
            log.accept("Could not " + name + ": " + FileFault.describe(e) + ".");
        }
    }
}
