package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.FencedException;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class StorageFailuresTest {
    private final long[] now = {Long.MAX_VALUE - 10}; // the clock may wrap
    private final StorageFailures failures = new StorageFailures("vg/base", () -> now[0]);

    @Test
    void aStormIsLoggedOnceInAWhile() {
        for (int i = 0; i < 100; i++) {
            fail();
        }
        assertEquals(99, failures.silent());
        now[0] += StorageFailures.QUIET_NANOS - 1;
        fail();
        assertEquals(100, failures.silent());
        now[0] += 1;
        fail();
        assertEquals(0, failures.silent(), "told with the line");
    }

    /// However deep it lies: the host is to try again elsewhere, and nothing is wrong with the medium.
    @Test
    void aFallenFenceIsNoFaultOfTheStorage() {
        var fenced = new IOException("the flush", new FencedException("not the owner any more"));
        assertEquals(
                Sense.ACCESS_STATE_TRANSITION, failures.senseOf(fenced, new Cdb.Read(1, 2, false)));
        assertEquals(0, failures.silent());
    }

    private void fail() {
        assertEquals(
                Sense.READ_ERROR,
                failures.senseOf(new IOException("on purpose"), new Cdb.Read(1, 2, false)));
    }
}
