package io.cowherd.cluster.hazelcast;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.NodeId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// An announcement as it travels between nodes. Big-endian; names as a length of two bytes and modified UTF-8.
///
/// | bytes | field     | meaning                                              |
/// |------:|-----------|------------------------------------------------------|
/// |     1 | version   | 1; what has another is not listened to               |
/// |  name | node      | who says so                                          |
/// |     8 | sequence  | later ones are bigger                                |
/// |     1 | drained   | 0 or 1                                               |
/// |     4 | held      | how many follow: 16 bytes of UUID, 8 of epoch each   |
/// |     4 | offers    | how many follow: 16 bytes of UUID, name, 1 byte: pin |
///
/// Pinned byte for byte by `AnnouncementFormatTest`.
final class AnnouncementFormat {
    private static final int VERSION = 1;

    /// Families in one announcement, at most: what a message that is not ours cannot make us allocate.
    static final int MAX_FAMILIES = 1 << 20;

    private AnnouncementFormat() {}

    static byte[] encode(Announcement announcement) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeUTF(announcement.node().name());
            out.writeLong(announcement.sequence());
            out.writeBoolean(announcement.drained());
            out.writeInt(announcement.held().size());
            for (Map.Entry<UUID, Long> held : announcement.held().entrySet()) {
                write(out, held.getKey());
                out.writeLong(held.getValue());
            }
            out.writeInt(announcement.offers().size());
            for (Map.Entry<UUID, Announcement.Offer> offer : announcement.offers().entrySet()) {
                write(out, offer.getKey());
                out.writeUTF(offer.getValue().to().name());
                out.writeBoolean(offer.getValue().pin());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    /// Empty if it is of another version, or broken: it was advice only.
    static Optional<Announcement> decode(byte[] bytes) {
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readUnsignedByte() != VERSION) {
                return Optional.empty();
            }
            var node = new NodeId(in.readUTF());
            long sequence = in.readLong();
            boolean drained = in.readBoolean();
            var held = new HashMap<UUID, Long>();
            for (int left = count(in); left > 0; left--) {
                UUID family = readId(in);
                held.put(family, in.readLong());
            }
            var offers = new HashMap<UUID, Announcement.Offer>();
            for (int left = count(in); left > 0; left--) {
                UUID family = readId(in);
                offers.put(
                        family, new Announcement.Offer(new NodeId(in.readUTF()), in.readBoolean()));
            }
            return in.available() > 0
                    ? Optional.empty()
                    : Optional.of(new Announcement(node, sequence, drained, held, offers));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MAX_FAMILIES) {
            throw new IOException(count + " families in an announcement");
        }
        return count;
    }

    private static void write(DataOutputStream out, UUID id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID readId(DataInputStream in) throws IOException {
        long most = in.readLong();
        return new UUID(most, in.readLong());
    }
}
