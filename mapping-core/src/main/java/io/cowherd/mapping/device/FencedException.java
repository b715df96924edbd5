package io.cowherd.mapping.device;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// This node may not write any more, or not yet: another one may. The request has had no effect here, and whoever asked should
/// ask again: where the volume is by then.
///
/// It says nothing about the storage, nor about what is on it: a snapshot is not lost by it.
public final class FencedException extends IOException {
    private static final long serialVersionUID = 1L;

    /// Causes that are looked through, at most: ours are two or three deep.
    private static final int MAX_DEPTH = 16;

    /// @param why a sentence that names what may not be written, and since when or why
    public FencedException(String why) {
        super(why);
    }

    /// The fence behind a failure, or null if it has another cause.
    public static @Nullable FencedException behind(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (cause instanceof FencedException fenced) {
                return fenced;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
