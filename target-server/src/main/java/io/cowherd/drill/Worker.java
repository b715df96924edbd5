package io.cowherd.drill;

import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.Paths;
import io.cowherd.drill.initiator.ScsiRequest;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/// One of the hosts of a drill: writes to its blocks, one command at a time, in an order that only its seed knows. No write is
/// overwritten before it has been read back: one that was lost would leave no trace.
///
/// **Threading.** *Confined to the thread that runs it.*
final class Worker {
    private final int index;
    private final Ledger ledger;
    private final Paths paths;
    private final StallMeter meter;
    private final Troubles troubles;
    private final HostClock clock;
    private final SplittableRandom random;

    Worker(
            int index,
            Ledger ledger,
            Paths paths,
            StallMeter meter,
            Troubles troubles,
            HostClock clock,
            SplittableRandom random) {
        this.index = index;
        this.ledger = ledger;
        this.paths = paths;
        this.meter = meter;
        this.troubles = troubles;
        this.clock = clock;
        this.random = random;
    }

    /// Reads a block back, if it was written, and writes it.
    ///
    /// @return false if no block is left that could be used
    boolean step() {
        int at = ledger.any(random);
        if (at < 0) {
            return false;
        }
        if (!ledger.isWritten(at) || isRight(at, paths)) {
            write(at);
        }
        return true;
    }

    private void write(int at) {
        ByteBuffer content = ledger.issue(at);
        switch (paths.execute(ScsiRequest.write(ledger.offsetBytes(at), content))) {
            case Paths.Result.Done _ -> {
                ledger.acknowledge(at);
                meter.acknowledged(index, clock.nanos());
            }
            case Paths.Result.Failed(String why) -> fail("WRITE", at, why);
        }
    }

    /// Reads a block. One that cannot be read, or is not right, is told of and used no more.
    private boolean isRight(int at, Paths by) {
        var request = ScsiRequest.read(ledger.offsetBytes(at), BlockPattern.BLOCK_BYTES);
        switch (by.execute(request)) {
            case Paths.Result.Failed(String why) -> {
                fail("READ", at, why);
                return false;
            }
            case Paths.Result.Done(ByteBuffer data) -> {
                meter.acknowledged(index, clock.nanos());
                Damage damage = ledger.judge(at, data);
                if (damage != null) {
                    troubles.damaged(damage);
                    ledger.retire(at);
                }
                return damage == null;
            }
        }
    }

    private void fail(String command, int at, String why) {
        troubles.failed(command + " at byte " + ledger.offsetBytes(at) + ": " + why);
        ledger.retire(at);
    }

    /// Reads all that was ever written, by other paths.
    ///
    /// @return how many blocks were read
    int verify(Paths fresh) {
        int[] issued = ledger.issued();
        for (int at : issued) {
            boolean _ = isRight(at, fresh);
        }
        return issued.length;
    }

    long acknowledgedWrites() {
        return ledger.acknowledgedCount();
    }

    Paths paths() {
        return paths;
    }
}
