package io.cowherd.scsi.reservation;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Parameter list of PERSISTENT RESERVE OUT (SPC-4 6.16.3 and 6.16.4). Big-endian.
///
/// | offset | size | field                                                                                       |
/// |-------:|-----:|---------------------------------------------------------------------------------------------|
/// |      0 |    8 | reservation key                                                                             |
/// |      8 |    8 | service action reservation key                                                              |
/// |     20 |    1 | bit 3 SPEC_I_PT, bit 2 ALL_TG_PT, bit 0 APTPL                                               |
/// |     24 |    4 | with SPEC_I_PT: bytes of TransportIDs, which follow; otherwise the list ends before         |
///
/// That of REGISTER AND MOVE from byte 16 on:
///
/// | offset | size | field                                                                                       |
/// |-------:|-----:|---------------------------------------------------------------------------------------------|
/// |     17 |    1 | bit 1 UNREG, bit 0 APTPL                                                                    |
/// |     18 |    2 | relative target port identifier                                                             |
/// |     20 |    4 | bytes of the TransportID, which follows                                                     |
///
/// **Threading.** *Immutable.*
///
/// @param key reservation key
/// @param actionKey service action reservation key
/// @param throughPowerLoss APTPL
/// @param allTargetPorts ALL_TG_PT
/// @param specifiesPorts SPEC_I_PT
/// @param unregisters UNREG
/// @param targetPort relative target port identifier; 0 where there is none
/// @param initiatorPorts the ports that TransportIDs name
record ParameterList(
        long key,
        long actionKey,
        boolean throughPowerLoss,
        boolean allTargetPorts,
        boolean specifiesPorts,
        boolean unregisters,
        int targetPort,
        List<String> initiatorPorts) {
    private static final int BYTES = 24;
    private static final int FLAGS_AT = 20;
    private static final int MOVE_FLAGS_AT = 17;
    private static final int TARGET_PORT_AT = 18;
    private static final int MOVE_LENGTH_AT = 20;
    private static final int IDS_AT = 28;

    /// A list that is not what it should be.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Sense sense;

        Refused(Sense sense) {
            super(sense.toString());
            this.sense = sense;
        }

        Sense sense() {
            return sense;
        }
    }

    ParameterList {
        initiatorPorts = List.copyOf(initiatorPorts);
    }

    /// Decodes the list at the buffer's position.
    ///
    /// @param cdb what it came with
    /// @param list what was received; borrowed, its position does not move
    static ParameterList decode(Cdb.PersistentReserveOut cdb, ByteBuffer list) throws Refused {
        if (cdb.listBytes() < BYTES || list.remaining() < cdb.listBytes()) {
            throw new Refused(Sense.PARAMETER_LIST_LENGTH);
        }
        ByteBuffer in = list.slice(list.position(), cdb.listBytes());
        return cdb.action() == Cdb.ReserveAction.REGISTER_AND_MOVE ? move(in) : others(in);
    }

    private static ParameterList others(ByteBuffer in) throws Refused {
        int flags = in.get(FLAGS_AT);
        boolean specifies = (flags & 8) != 0;
        List<String> ports = List.of();
        if (specifies) {
            if (in.limit() < IDS_AT
                    || Integer.toUnsignedLong(in.getInt(BYTES)) != in.limit() - IDS_AT) {
                throw new Refused(Sense.PARAMETER_LIST_LENGTH);
            }
            ports = initiatorPorts(in.position(IDS_AT));
        } else if (in.limit() != BYTES) {
            throw new Refused(Sense.PARAMETER_LIST_LENGTH);
        }
        boolean allPorts = (flags & 4) != 0;
        boolean aptpl = (flags & 1) != 0;
        return new ParameterList(
                in.getLong(0), in.getLong(8), aptpl, allPorts, specifies, false, 0, ports);
    }

    private static ParameterList move(ByteBuffer in) throws Refused {
        if (Integer.toUnsignedLong(in.getInt(MOVE_LENGTH_AT)) != in.limit() - BYTES) {
            throw new Refused(Sense.PARAMETER_LIST_LENGTH);
        }
        List<String> ports = initiatorPorts(in.position(BYTES));
        if (ports.size() != 1) {
            throw new Refused(Sense.invalidListField(BYTES));
        }
        int flags = in.get(MOVE_FLAGS_AT);
        boolean aptpl = (flags & 1) != 0;
        boolean unregisters = (flags & 2) != 0;
        int targetPort = in.getShort(TARGET_PORT_AT) & 0xFFFF;
        return new ParameterList(
                in.getLong(0), in.getLong(8), aptpl, false, false, unregisters, targetPort, ports);
    }

    private static List<String> initiatorPorts(ByteBuffer in) throws Refused {
        var ports = new ArrayList<String>();
        while (in.hasRemaining()) {
            int at = in.position();
            String port = TransportId.take(in);
            if (port == null) {
                throw new Refused(Sense.invalidListField(at));
            }
            ports.add(port);
        }
        return ports;
    }
}
