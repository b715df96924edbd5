package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FencedException;
import org.jspecify.annotations.Nullable;

/// The fence of one family, for as long as this node holds it: falls with the one that it was given, or when the family is given
/// up, and never stands again.
///
/// **Threading.** *Thread-safe*: one volatile field, which is written once or by racing threads that mean the same.
final class LatchedFence implements WriteFence {
    private final WriteFence given;

    private volatile @Nullable String fallen;

    /// @param given what the cluster knows
    LatchedFence(WriteFence given) {
        this.given = given;
    }

    @Override
    public void check() throws FencedException {
        checkKnown();
        try {
            given.check();
        } catch (FencedException e) {
            fall(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private void checkKnown() throws FencedException {
        String why = fallen;
        if (why != null) {
            throw new FencedException(why);
        }
    }

    /// From now on nothing is let through.
    ///
    /// @param why what is said from then on; the first reason is kept
    void fall(String why) {
        if (fallen == null) {
            fallen = why;
        }
    }
}
