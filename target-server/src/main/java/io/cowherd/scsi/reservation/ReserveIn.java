package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What PERSISTENT RESERVE IN answers (SPC-4 6.15). Big-endian.
///
/// READ KEYS, READ RESERVATION and READ FULL STATUS begin with PRGENERATION (4) and the number of bytes that follow (4).
/// Then:
///
/// | answer           | content                                                                                             |
/// |------------------|-----------------------------------------------------------------------------------------------------|
/// | READ KEYS        | a key (8) for each registration                                                                     |
/// | READ RESERVATION | nothing; or key of the holder (8, zeros if all hold it), `00 00 00 00 00`, scope and type, `00 00`    |
/// | READ FULL STATUS | for each registration: key (8), four zeros, R_HOLDER, scope and type, four zeros, target port (2), length (4), TransportID |
///
/// REPORT CAPABILITIES: `00 08`; CRH, SIP_C, ATP_C and PTPL_C (`1D`); TMV, and PTPL_A if the last APTPL was 1 (`80` or `81`);
/// the type mask `EA 01`: all six; `00 00`. ALLOW COMMANDS says nothing.
///
/// Pinned byte for byte by `UnitReservationsTest`.
///
/// **Threading.** *Immutable.*
final class ReserveIn {
    private static final int HEADER_BYTES = 8;
    private static final int STATUS_BYTES = 24;

    /// CRH: RESERVE(6) and RELEASE(6) of registrants do nothing, and well; SIP_C, ATP_C, PTPL_C.
    private static final int CAPABILITIES = 0x1D;

    private static final int TYPE_MASK_VALID = 0x80;
    private static final short ALL_TYPES = (short) 0xEA01;

    private ReserveIn() {}

    /// Encodes an answer, ready to read.
    static ByteBuffer encode(Cdb.ReserveReport report, Reservations now) {
        return switch (report) {
            case READ_KEYS -> keys(now);
            case READ_RESERVATION -> reservation(now);
            case REPORT_CAPABILITIES -> capabilities(now);
            case READ_FULL_STATUS -> fullStatus(now);
        };
    }

    private static ByteBuffer keys(Reservations now) {
        ByteBuffer out = answer(now, Long.BYTES * now.registrations().size());
        now.registrations().forEach(each -> out.putLong(each.key()));
        return out.flip();
    }

    private static ByteBuffer reservation(Reservations now) {
        Reservation reservation = now.reservation();
        if (reservation == null) {
            return answer(now, 0).flip();
        }
        ByteBuffer out = answer(now, 16);
        out.putLong(keyOf(reservation.holder(), now)).putInt(0).put((byte) 0);
        return out.put((byte) reservation.type().code()).putShort((short) 0).flip();
    }

    private static long keyOf(@Nullable NexusName holder, Reservations now) {
        Registration registration = holder == null ? null : now.registration(holder);
        return registration == null ? 0 : registration.key();
    }

    private static ByteBuffer capabilities(Reservations now) {
        return ByteBuffer.allocate(8)
                .putShort((short) 8)
                .put((byte) CAPABILITIES)
                .put((byte) (TYPE_MASK_VALID | (now.throughPowerLoss() ? 1 : 0)))
                .putShort(ALL_TYPES)
                .putShort((short) 0)
                .flip();
    }

    private static ByteBuffer fullStatus(Reservations now) {
        int bytes = 0;
        for (Registration each : now.registrations()) {
            bytes += STATUS_BYTES + TransportId.bytes(each.nexus().initiatorPort());
        }
        ByteBuffer out = answer(now, bytes);
        for (Registration each : now.registrations()) {
            putStatus(each, now, out);
        }
        return out.flip();
    }

    private static void putStatus(Registration each, Reservations now, ByteBuffer out) {
        Reservation reservation = now.reservation();
        boolean holds = reservation != null && now.isHolder(each.nexus());
        String port = each.nexus().initiatorPort();
        out.putLong(each.key()).putInt(0);
        out.put((byte) (holds ? 1 : 0));
        out.put((byte) (holds && reservation != null ? reservation.type().code() : 0));
        out.putInt(0).putShort((short) each.nexus().targetPort());
        out.putInt(TransportId.bytes(port));
        TransportId.put(port, out);
    }

    private static ByteBuffer answer(Reservations now, int bytes) {
        return ByteBuffer.allocate(HEADER_BYTES + bytes).putInt(now.generation()).putInt(bytes);
    }
}
