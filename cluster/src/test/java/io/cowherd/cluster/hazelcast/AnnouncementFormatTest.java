package io.cowherd.cluster.hazelcast;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.NodeId;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AnnouncementFormatTest {
    private static final Announcement SAID =
            new Announcement(
                    new NodeId("n1"),
                    0x0102030405060708L,
                    true,
                    Map.of(new UUID(0x11, 0x22), 7L),
                    Map.of(new UUID(0x33, 0x44), new Announcement.Offer(new NodeId("n22"), true)));

    private static final String BYTES =
            "01" // version
                    + "0002"
                    + "6e31" // node
                    + "0102030405060708" // sequence
                    + "01" // drained
                    + "00000001" // held
                    + "0000000000000011"
                    + "0000000000000022"
                    + "0000000000000007"
                    + "00000001" // offers
                    + "0000000000000033"
                    + "0000000000000044"
                    + "0003"
                    + "6e3232"
                    + "01"; // to whom, pinned

    @Test
    void everyByteIsWhereItWas() {
        assertEquals(BYTES, HexFormat.of().formatHex(AnnouncementFormat.encode(SAID)));
        assertEquals(Optional.of(SAID), AnnouncementFormat.decode(HexFormat.of().parseHex(BYTES)));
    }

    @Test
    void whatIsCutOrLongerIsNotListenedTo() {
        byte[] whole = AnnouncementFormat.encode(SAID);
        for (int length = 0; length < whole.length; length++) {
            assertEquals(Optional.empty(), AnnouncementFormat.decode(Arrays.copyOf(whole, length)));
        }
        assertEquals(
                Optional.empty(),
                AnnouncementFormat.decode(Arrays.copyOf(whole, whole.length + 1)));
    }

    @Test
    void anotherVersionIsNotListenedTo() {
        byte[] other = AnnouncementFormat.encode(SAID);
        other[0] = 2;
        assertEquals(Optional.empty(), AnnouncementFormat.decode(other));
    }

    @Test
    void aFlippedBitIsAnAnswerOrSilence() {
        byte[] whole = AnnouncementFormat.encode(SAID);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Optional<Announcement> read = AnnouncementFormat.decode(flipped);
            assertEquals(read, read, "no exception");
        }
    }
}
