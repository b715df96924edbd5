package io.cowherd.mapping.volume;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/// Closes many things, last first, each of them whatever becomes of the others.
///
/// **Threading.** *Confined to the thread that closes.*
final class ClosingAll implements AutoCloseable {
    private final Deque<Undo.Step> steps = new ArrayDeque<>();

    /// To be closed before what was named earlier.
    void then(Undo.Step step) {
        steps.push(step);
    }

    /// Closes.
    ///
    /// @throws IOException the first failure, the others suppressed in it
    @Override
    public void close() throws IOException {
        IOException failure = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
