package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.CatalogFields.Fault;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The reservations of one family on disk: UTF-8 text, one line per thing, spelled as the catalog is ([CatalogFormat]).
///
/// | line | word | fields, each `key=value`, in this order, separated by one blank |
/// |-----:|------|-----------------------------------------------------------------|
/// | 1 | `cowherd-reservations` | as [SealedText] has it |
/// | 2 | `family` | `origin` (UUID) |
/// | 3… | `volume` | `uuid`, `generation` (decimal, unsigned), `aptpl` (`yes`, `no`); in ascending order of UUIDs |
/// | after its volume | `registration` | `key` (16 small hex digits), `target-port` (decimal), `initiator-port` |
/// | after those | `reservation` | `type` (decimal), and unless all hold it `target-port`, `initiator-port` of the holder |
///
/// Version 1 is the first; whoever reads it accepts no unknown word or key, so anything new needs version 2.
///
/// Pinned byte for byte by `ReservationsFormatTest`.
///
/// **Threading.** *Immutable.*
final class ReservationsFormat {
    static final String MAGIC = "cowherd-reservations";
    static final int VERSION = 1;

    /// Bytes of one file, at most: 256 volumes, all with as many registrations as they may have. Nothing larger is read.
    static final int MAX_BYTES = 64 << 20;

    /// Names what is wrong with a file.
    static final SealedText.Refusals REFUSALS = new Refusals();

    private static final SealedText TEXT = new SealedText(MAGIC, VERSION, VERSION, REFUSALS);

    private ReservationsFormat() {}

    static byte[] encode(UUID family, Map<UUID, Reservations> volumes) {
        var body = new StringBuilder();
        body.append("family origin=").append(family).append('\n');
        new TreeMap<>(volumes).forEach((uuid, each) -> append(body, uuid, each));
        return TEXT.seal(VERSION, body.toString());
    }

    private static void append(StringBuilder out, UUID uuid, Reservations each) {
        out.append("volume uuid=").append(uuid);
        out.append(" generation=").append(Integer.toUnsignedString(each.generation()));
        out.append(" aptpl=").append(each.throughPowerLoss() ? "yes" : "no").append('\n');
        for (Registration registration : each.registrations()) {
            out.append("registration key=").append(HexFormat.of().toHexDigits(registration.key()));
            append(out, registration.nexus());
            out.append('\n');
        }
        Reservation reservation = each.reservation();
        if (reservation != null) {
            out.append("reservation type=").append(reservation.type().code());
            NexusName holder = reservation.holder();
            if (holder != null) {
                append(out, holder);
            }
            out.append('\n');
        }
    }

    private static void append(StringBuilder out, NexusName nexus) {
        out.append(" target-port=").append(nexus.targetPort());
        out.append(" initiator-port=").append(CatalogFields.escape(nexus.initiatorPort()));
    }

    /// Reads what [#encode] wrote.
    ///
    /// @param file where the bytes come from, for the messages
    static Map<UUID, Reservations> decode(byte[] bytes, UUID family, Path file) throws IOException {
        return TEXT.unseal(bytes, file, new Reader(family), found -> encode(family, found));
    }

    /// Puts the lines together.
    ///
    /// **Threading.** *Confined* to the one decoder that made it.
    private static final class Reader implements SealedText.Reader<Map<UUID, Reservations>> {
        private final UUID family;
        private final Map<UUID, Reservations> volumes = new TreeMap<>();
        private boolean begun;
        private @Nullable UUID volume;
        private Reservations head = Reservations.NONE;
        private final List<Registration> registrations = new ArrayList<>();
        private @Nullable Reservation reservation;

        Reader(UUID family) {
            this.family = family;
        }

        @Override
        public void take(CatalogFields line) throws Fault {
            String kind = line.kind();
            switch (begun ? kind : "family") {
                case "family" -> takeFamily(kind, line);
                case "volume" -> takeVolume(line);
                case "registration" -> takeRegistration(line);
                case "reservation" -> takeReservation(line);
                default ->
                        throw new Fault(
                                "the word",
                                "\"" + kind + "\"",
                                "volume, registration or reservation");
            }
            line.end();
        }

        private void takeFamily(String kind, CatalogFields line) throws Fault {
            if (begun || !kind.equals("family")) {
                throw new Fault("the word", "\"" + kind + "\"", "family, once, before all else");
            }
            begun = true;
            UUID found = line.uuid("origin");
            if (!found.equals(family)) {
                throw new Fault("origin", found.toString(), family + ", as its folder is called");
            }
        }

        private void takeVolume(CatalogFields line) throws Fault {
            finishVolume();
            volume = line.uuid("uuid");
            int generation = (int) line.number("generation", 0, 0xFFFF_FFFFL);
            String aptpl = line.text("aptpl");
            if (!aptpl.equals("yes") && !aptpl.equals("no")) {
                throw new Fault("aptpl", "\"" + aptpl + "\"", "yes or no");
            }
            head = new Reservations(generation, aptpl.equals("yes"), List.of(), null);
        }

        private void takeRegistration(CatalogFields line) throws Fault {
            String digits = line.text("key");
            if (volume == null || reservation != null || !digits.matches("[0-9a-f]{16}")) {
                throw new Fault("the line", "key \"" + digits + "\"", "16 digits, in its place");
            }
            registrations.add(new Registration(nexus(line), HexFormat.fromHexDigitsToLong(digits)));
            if (registrations.size() > Reservations.MAX_REGISTRATIONS) {
                throw new Fault(
                        "the line", "one more", "at most " + Reservations.MAX_REGISTRATIONS);
            }
        }

        private void takeReservation(CatalogFields line) throws Fault {
            ReservationType type = ReservationType.of((int) line.number("type", 0, 15));
            if (volume == null || type == null || reservation != null) {
                throw new Fault("the line", "type " + type, "a type, once for each volume");
            }
            reservation = new Reservation(type, type.isHeldByAll() ? null : nexus(line));
        }

        private static NexusName nexus(CatalogFields line) throws Fault {
            int port = (int) line.number("target-port", 1, 65535);
            return new NexusName(line.text("initiator-port"), port);
        }

        private void finishVolume() throws Fault {
            if (volume == null) {
                return;
            }
            try {
                var whole =
                        new Reservations(
                                head.generation(),
                                head.throughPowerLoss(),
                                registrations,
                                reservation);
                if (volumes.put(volume, whole) != null) {
                    throw new Fault("uuid", volume.toString(), "each volume once");
                }
            } catch (IllegalArgumentException e) {
                throw new Fault("volume " + volume, String.valueOf(e.getMessage()), "none of that");
            }
            registrations.clear();
            reservation = null;
        }

        @Override
        public Map<UUID, Reservations> whole() throws Fault {
            finishVolume();
            return Map.copyOf(volumes);
        }
    }

    /// Names damage.
    private static final class Refusals implements SealedText.Refusals {
        @Override
        public IOException corrupt(Path file, String where, String found, String expected) {
            return new CorruptReservationsException(file, where, found, expected);
        }

        @Override
        public IOException tooNew(Path file, int found, int expected) {
            return new ReservationsTooNewException(file, found, expected);
        }

        /// There has never been an older one.
        @Override
        public IOException tooOld(Path file, int found, int expected) {
            return corrupt(file, "line 1", "version " + found, "version " + expected);
        }
    }
}
