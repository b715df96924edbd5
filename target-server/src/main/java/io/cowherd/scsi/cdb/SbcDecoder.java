package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;

/// Decodes the commands of SBC-3. Byte and bit numbers are those of its tables.
///
/// RDPROTECT, WRPROTECT, VRPROTECT and ORPROTECT stand in bits 7 to 5 of byte 1 and must be zero: there is no protection
/// information. DPO and the group number are hints, and ignored.
///
/// **Threading.** *Immutable.*
final class SbcDecoder {
    private static final int FUA_BIT = 3;
    private static final int GROUP_OF_16 = 4;
    private static final int GROUP_OF_12 = 5;

    private SbcDecoder() {}

    static Cdb read6(CdbBytes b) {
        return new Cdb.Read(lba6(b), blocks6(b), false);
    }

    static Cdb write6(CdbBytes b) {
        return new Cdb.Write(lba6(b), blocks6(b), false);
    }

    private static long lba6(CdbBytes b) {
        return b.u32(0) & 0x1F_FFFF;
    }

    /// A count of 0 means 256 in the 6-byte commands, and in no others.
    private static long blocks6(CdbBytes b) {
        return b.u8(4) == 0 ? 256 : b.u8(4);
    }

    static Cdb read(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.Read(lba(b), blocks(b), b.bit(1, FUA_BIT));
    }

    static Cdb write(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.Write(lba(b), blocks(b), b.bit(1, FUA_BIT));
    }

    static Cdb writeAndVerify(CdbBytes b) {
        if (asksForProtection(b)) {
            return refused(1);
        }
        return switch (b.u8(1) >> 1 & 3) {
            case 0 -> new Cdb.WriteAndVerify(lba(b), blocks(b), Cdb.ByteCheck.NONE);
            case 1 -> new Cdb.WriteAndVerify(lba(b), blocks(b), Cdb.ByteCheck.EACH_BLOCK);
            default -> refused(1);
        };
    }

    static Cdb verify(CdbBytes b) {
        if (asksForProtection(b)) {
            return refused(1);
        }
        return switch (b.u8(1) >> 1 & 3) {
            case 0 -> new Cdb.Verify(lba(b), blocks(b), Cdb.ByteCheck.NONE);
            case 1 -> new Cdb.Verify(lba(b), blocks(b), Cdb.ByteCheck.EACH_BLOCK);
            case 3 -> new Cdb.Verify(lba(b), blocks(b), Cdb.ByteCheck.ONE_FOR_ALL);
            default -> refused(1);
        };
    }

    static Cdb preFetch(CdbBytes b) {
        return new Cdb.PreFetch(lba(b), blocks(b));
    }

    static Cdb synchronizeCache(CdbBytes b) {
        return new Cdb.SynchronizeCache(lba(b), blocks(b));
    }

    static Cdb writeSame10(CdbBytes b) {
        boolean noDataOut = b.bit(1, 0); // only the long one has it
        return noDataOut ? refused(1) : writeSame16(b);
    }

    /// Refuses ANCHOR (bit 4), PBDATA and LBDATA (bits 2 and 1, obsolete).
    static Cdb writeSame16(CdbBytes b) {
        if (asksForProtection(b) || (b.u8(1) & 0x16) != 0) {
            return refused(1);
        }
        return new Cdb.WriteSame(lba(b), blocks(b), b.bit(1, 0));
    }

    static Cdb unmap(CdbBytes b) {
        boolean anchor = b.bit(1, 0);
        return anchor ? refused(1) : new Cdb.Unmap(b.u16(7));
    }

    static Cdb compareAndWrite(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.CompareAndWrite(lba(b), b.u8(13), b.bit(1, FUA_BIT));
    }

    static Cdb orWrite(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.OrWrite(lba(b), blocks(b), b.bit(1, FUA_BIT));
    }

    static Cdb getLbaStatus(CdbBytes b) {
        return new Cdb.GetLbaStatus(b.u64(2), b.u32(10));
    }

    static Cdb readDefectData10(CdbBytes b) {
        return new Cdb.ReadDefectData(Cdb.Header.SHORT, b.u8(2) & 0x18, b.u8(2) & 7, b.u16(7));
    }

    static Cdb readDefectData12(CdbBytes b) {
        return new Cdb.ReadDefectData(Cdb.Header.LONG, b.u8(1) & 0x18, b.u8(1) & 7, b.u32(6));
    }

    static Cdb readCapacity10(CdbBytes b) {
        boolean partialMediumIndicator = b.bit(8, 0);
        return partialMediumIndicator || b.u32(2) != 0 ? refused(2) : new Cdb.ReadCapacity10();
    }

    static Cdb readCapacity16(CdbBytes b) {
        boolean partialMediumIndicator = b.bit(14, 0);
        return partialMediumIndicator || b.u64(2) != 0
                ? refused(2)
                : new Cdb.ReadCapacity16(b.u32(10));
    }

    /// Refuses LOEJ: nothing can be ejected. A stop flushes, and changes nothing else; neither does a power condition.
    static Cdb startStop(CdbBytes b) {
        boolean loadEject = b.bit(4, 1);
        boolean start = b.bit(4, 0);
        boolean noFlush = b.bit(4, 2);
        boolean ready = start && b.u8(4) >> 4 == 0;
        return loadEject ? refused(4) : new Cdb.StartStop(!start && !noFlush, ready);
    }

    static Cdb preventAllow(CdbBytes b) {
        return new Cdb.PreventAllow((b.u8(4) & 3) != 0);
    }

    /// Refuses what is reserved, bit 6 of byte 1 (ZNR) among it: a host that asks for more than we do must hear of it
    /// before its data is gone. Only an overwrite has a parameter list.
    static Cdb sanitize(CdbBytes b) {
        boolean reserved = (b.u8(1) & 0x40) != 0;
        if (reserved) {
            return refused(1);
        }
        for (int i = 2; i < 7; i++) {
            if (b.u8(i) != 0) {
                return refused(i);
            }
        }
        Cdb.SanitizeAction action =
                switch (b.u8(1) & 0x1F) {
                    case 0x01 -> Cdb.SanitizeAction.OVERWRITE;
                    case 0x02 -> Cdb.SanitizeAction.BLOCK_ERASE;
                    default -> Cdb.SanitizeAction.EXIT_FAILURE_MODE;
                };
        if (action != Cdb.SanitizeAction.OVERWRITE && b.u16(7) != 0) {
            return refused(7);
        }
        return new Cdb.Sanitize(action, b.bit(1, 7), b.bit(1, 5), b.u16(7));
    }

    /// First block of a CDB of 10, 12 or 16 bytes; their operation codes say which (SPC-4 4.3.1).
    private static long lba(CdbBytes b) {
        return group(b) == GROUP_OF_16 ? b.u64(2) : b.u32(2);
    }

    /// Number of blocks of a CDB of 10, 12 or 16 bytes.
    private static long blocks(CdbBytes b) {
        return switch (group(b)) {
            case GROUP_OF_16 -> b.u32(10);
            case GROUP_OF_12 -> b.u32(6);
            default -> b.u16(7); // of 10
        };
    }

    /// GROUP CODE of the operation code.
    private static int group(CdbBytes b) {
        return b.u8(0) >> 5;
    }

    private static boolean asksForProtection(CdbBytes b) {
        return b.u8(1) >> 5 != 0;
    }

    private static Cdb refused(int cdbByte) {
        return new Cdb.Refused(Sense.invalidField(cdbByte));
    }
}
