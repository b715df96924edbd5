package io.cowherd.iscsi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.iscsi.pdu.ConnectionFailed;
import org.junit.jupiter.api.Test;

/// Invariant I7: a CmdSN within the window is executed once, in order; outside it never.
class CommandWindowTest {
    /// Around the place where numbers wrap, too.
    private static final int[] FIRST = {1, 0, -1, -3, Integer.MAX_VALUE - 1, Integer.MIN_VALUE};

    @Test
    void closesWhileCommandsComeInAndOpensAsTheyEnd() throws ConnectionFailed {
        for (int first : FIRST) {
            var window = new CommandWindow(4, first);
            int max = first + 3;
            assertEquals(max, window.maxCmdSn());
            for (int i = 0; i < 4; i++) {
                assertTrue(window.admit(first + i));
                assertEquals(max, window.maxCmdSn(), "stands still");
            }
            assertEquals(window.expCmdSn() - 1, window.maxCmdSn(), "closed");
            assertFalse(window.admit(first + 4), "beyond it is ignored");
            window.release();
            assertEquals(max + 1, window.maxCmdSn());
            assertTrue(window.admit(first + 4));
        }
    }

    @Test
    void ignoresWhatIsOutside() throws ConnectionFailed {
        var window = new CommandWindow(4, 1);
        assertFalse(window.admit(0));
        assertFalse(window.admit(5));
        assertFalse(window.admit(-1));
        assertEquals(1, window.expCmdSn());
    }

    @Test
    void aGapEndsTheConnection() {
        var window = new CommandWindow(4, 1);
        assertThrows(ConnectionFailed.class, () -> window.admit(2));
    }

    @Test
    void nothingEndsTwice() throws ConnectionFailed {
        var window = new CommandWindow(4, 1);
        assertTrue(window.admit(1));
        window.release();
        assertThrows(AssertionError.class, window::release);
    }
}
