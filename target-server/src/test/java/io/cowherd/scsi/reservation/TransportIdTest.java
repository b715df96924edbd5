package io.cowherd.scsi.reservation;

import static io.cowherd.scsi.reservation.ParameterLists.transportId;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A name that no login takes is registered by nobody: it would hold a place for ever.
class TransportIdTest {
    private static final String ISID = ",i,0x400001370002";

    private static @Nullable String taken(byte[] id) {
        return TransportId.take(ByteBuffer.wrap(id));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "two",
                "iqn.",
                "iqn.t w",
                "iqn.\u001b[2J",
                "iqn.t\u202eo",
                "iqn.t,o",
                "iqn.\u00f6\u00f6\u00f6\u00f6\u00f6\u00f6\u00f6\u00f6\u00f6\u00f6\u0130\u2028"
            })
    void namesThatNoHostCouldLogInByAreNone(String bad) {
        assertNull(taken(transportId(bad + ISID)));
    }

    @Test
    void theLongestNameIsOneAndTheNextIsNone() {
        String longest = "iqn." + "o".repeat(219) + ISID;
        assertEquals(longest, taken(transportId(longest)));
        assertNull(taken(transportId("iqn." + "o".repeat(220) + ISID)));
        assertNull(taken(transportId("iqn." + "\u00f6".repeat(110) + ISID)), "in bytes");
    }

    @Test
    void whatIsNoTextIsNoName() {
        byte[] id = transportId("iqn.two" + ISID);
        assertEquals("iqn.two" + ISID, taken(id));
        id[4 + 5] = (byte) 0xFF;
        assertNull(taken(id));
    }

    @Test
    void namesAreFoldedAndIsidsFilled() {
        assertEquals("iqn.\u00f6,i,0x0000000000ab", taken(transportId("IQN.\u00d6,i,0xAB")));
    }
}
