package io.cowherd.scsi.alua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.scsi.alua.PortGroup.Change;
import io.cowherd.scsi.alua.PortGroup.Preference;
import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The second reader of the table in [PortGroups].
final class PortGroupsLayoutTest {
    private static final PortGroups TWO_NODES =
            new PortGroups(
                    List.of(
                            PortGroup.active(1, List.of(1, 2)),
                            new PortGroup(
                                    0x102,
                                    AccessState.ACTIVE_NON_OPTIMIZED,
                                    Preference.PREFERRED,
                                    Change.NONE,
                                    List.of(0x203))));

    @Test
    void theShortHeaderSaysHowLongItIs() {
        assertEquals(
                """
                00 00 00 1C \
                00 CF 00 01 00 00 00 02 00 00 00 01 00 00 00 02 \
                81 CF 01 02 00 00 00 01 00 00 02 03""",
                hex(TWO_NODES.encode(Cdb.Header.SHORT)));
    }

    @Test
    void theLongHeaderSaysHowLongATransitionTakes() {
        assertEquals(
                """
                00 00 00 10 10 0F 00 00 \
                00 CF 00 01 00 00 00 01 00 00 00 01""",
                hex(PortGroups.SINGLE.encode(Cdb.Header.LONG)));
    }

    @Test
    void aStateThatTheTargetHasChangedSaysSo() {
        PortGroups moved = TWO_NODES.with(1, AccessState.TRANSITIONING);
        assertEquals("0F CF 00 01 00 02 00 02", hex(moved.encode(Cdb.Header.SHORT), 4, 8));
        assertEquals(AccessState.TRANSITIONING, moved.groupOf(2).state());
        assertEquals(AccessState.ACTIVE_NON_OPTIMIZED, moved.groupOf(0x203).state());
        assertEquals(AccessState.ACTIVE_OPTIMIZED, TWO_NODES.groupOf(2).state(), "as it was");
    }

    @Test
    void everyStateHasItsCode() {
        var codes = new StringBuilder();
        for (AccessState state : AccessState.values()) {
            codes.append(hex(PortGroups.SINGLE.with(1, state).encode(Cdb.Header.SHORT), 4, 1));
        }
        assertEquals("000102030E0F", codes.toString());
    }

    @Test
    void nothingIsThereTwiceOrNotAtAll() {
        PortGroup one = PortGroup.active(1, List.of(1));
        for (List<PortGroup> wrong :
                List.of(
                        List.<PortGroup>of(),
                        List.of(one, PortGroup.active(1, List.of(2))),
                        List.of(one, PortGroup.active(2, List.of(1))))) {
            assertThrows(IllegalArgumentException.class, () -> new PortGroups(wrong));
        }
        List<Integer> tooMany = IntStream.rangeClosed(1, 65).boxed().toList();
        assertThrows(IllegalArgumentException.class, () -> PortGroup.active(1, tooMany));
        assertThrows(IllegalArgumentException.class, () -> PortGroup.active(0, List.of(1)));
        assertThrows(IllegalArgumentException.class, () -> PortGroup.active(1, List.of(65536)));
        assertThrows(IllegalArgumentException.class, () -> TWO_NODES.groupOf(3));
        assertThrows(IllegalArgumentException.class, () -> TWO_NODES.with(3, AccessState.STANDBY));
    }

    private static String hex(ByteBuffer buffer) {
        return hex(buffer, 0, buffer.remaining());
    }

    private static String hex(ByteBuffer buffer, int from, int length) {
        byte[] bytes = new byte[length];
        buffer.get(from, bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
