package io.cowherd.iscsi.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Invariant I9, for memory.
class BufferBudgetTest {
    @Test
    void refusesWhatIsNotLeft() {
        var budget = new BufferBudget(100);
        assertTrue(budget.tryReserve(60));
        assertFalse(budget.tryReserve(41));
        assertTrue(budget.tryReserve(40));
        budget.release(100);
        assertEquals(0, budget.usedBytes());
    }

    @Test
    void aShareIsBoundedByItselfAndByTheWhole() {
        var budget = new BufferBudget(100);
        var one = budget.share(70);
        var other = budget.share(70);
        assertFalse(one.tryReserve(71));
        assertTrue(one.tryReserve(70));
        assertFalse(other.tryReserve(31), "the whole is used up");
        assertEquals(0, other.usedBytes());
        assertEquals(70, budget.usedBytes());
        assertTrue(other.tryReserve(30));
        one.release(70);
        other.release(30);
        assertEquals(0, budget.usedBytes());
    }

    /// Goal: hosts whose storage hangs leave room to the others. Method: shares that take one by one until they are refused.
    @Test
    void greedySharesLeaveRoom() {
        var budget = new BufferBudget(1000);
        int greedy = 4;
        for (int i = 0; i < greedy; i++) {
            var share = budget.share(500);
            while (share.tryReserve(1)) {
                assertTrue(share.usedBytes() <= 500);
            }
        }
        var modest = budget.share(500);
        assertTrue(budget.usedBytes() < 1000 - 1000 / 20, "used: " + budget.usedBytes());
        assertTrue(modest.tryReserve(1000 - budget.usedBytes()), "the first always fits");
    }

    @Test
    void releasingTooMuchIsABug() {
        assertThrows(AssertionError.class, () -> new BufferBudget(1).release(1));
    }
}
