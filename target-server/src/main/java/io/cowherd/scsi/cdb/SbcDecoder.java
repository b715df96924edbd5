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

    static Cdb read10(CdbBytes b) {
        return read(b, b.u32(2), b.u16(7));
    }

    static Cdb read12(CdbBytes b) {
        return read(b, b.u32(2), b.u32(6));
    }

    static Cdb read16(CdbBytes b) {
        return read(b, b.u64(2), b.u32(10));
    }

    private static Cdb read(CdbBytes b, long lba, long blocks) {
        return asksForProtection(b) ? refused(1) : new Cdb.Read(lba, blocks, b.bit(1, FUA_BIT));
    }

    static Cdb write10(CdbBytes b) {
        return write(b, b.u32(2), b.u16(7));
    }

    static Cdb write12(CdbBytes b) {
        return write(b, b.u32(2), b.u32(6));
    }

    static Cdb write16(CdbBytes b) {
        return write(b, b.u64(2), b.u32(10));
    }

    private static Cdb write(CdbBytes b, long lba, long blocks) {
        return asksForProtection(b) ? refused(1) : new Cdb.Write(lba, blocks, b.bit(1, FUA_BIT));
    }

    static Cdb writeAndVerify10(CdbBytes b) {
        return writeAndVerify(b, b.u32(2), b.u16(7));
    }

    static Cdb writeAndVerify12(CdbBytes b) {
        return writeAndVerify(b, b.u32(2), b.u32(6));
    }

    static Cdb writeAndVerify16(CdbBytes b) {
        return writeAndVerify(b, b.u64(2), b.u32(10));
    }

    private static Cdb writeAndVerify(CdbBytes b, long lba, long blocks) {
        if (asksForProtection(b)) {
            return refused(1);
        }
        return switch (b.u8(1) >> 1 & 3) {
            case 0 -> new Cdb.WriteAndVerify(lba, blocks, Cdb.ByteCheck.NONE);
            case 1 -> new Cdb.WriteAndVerify(lba, blocks, Cdb.ByteCheck.EACH_BLOCK);
            default -> refused(1);
        };
    }

    static Cdb verify10(CdbBytes b) {
        return verify(b, b.u32(2), b.u16(7));
    }

    static Cdb verify12(CdbBytes b) {
        return verify(b, b.u32(2), b.u32(6));
    }

    static Cdb verify16(CdbBytes b) {
        return verify(b, b.u64(2), b.u32(10));
    }

    private static Cdb verify(CdbBytes b, long lba, long blocks) {
        if (asksForProtection(b)) {
            return refused(1);
        }
        return switch (b.u8(1) >> 1 & 3) {
            case 0 -> new Cdb.Verify(lba, blocks, Cdb.ByteCheck.NONE);
            case 1 -> new Cdb.Verify(lba, blocks, Cdb.ByteCheck.EACH_BLOCK);
            case 3 -> new Cdb.Verify(lba, blocks, Cdb.ByteCheck.ONE_FOR_ALL);
            default -> refused(1);
        };
    }

    static Cdb preFetch10(CdbBytes b) {
        return new Cdb.PreFetch(b.u32(2), b.u16(7));
    }

    static Cdb preFetch16(CdbBytes b) {
        return new Cdb.PreFetch(b.u64(2), b.u32(10));
    }

    static Cdb synchronizeCache10(CdbBytes b) {
        return new Cdb.SynchronizeCache(b.u32(2), b.u16(7));
    }

    static Cdb synchronizeCache16(CdbBytes b) {
        return new Cdb.SynchronizeCache(b.u64(2), b.u32(10));
    }

    static Cdb writeSame10(CdbBytes b) {
        return b.bit(1, 0) ? refused(1) : writeSame(b, b.u32(2), b.u16(7));
    }

    static Cdb writeSame16(CdbBytes b) {
        return writeSame(b, b.u64(2), b.u32(10));
    }

    /// Refuses ANCHOR (bit 4), PBDATA and LBDATA (bits 2 and 1, obsolete).
    private static Cdb writeSame(CdbBytes b, long lba, long blocks) {
        if (asksForProtection(b) || (b.u8(1) & 0x16) != 0) {
            return refused(1);
        }
        return new Cdb.WriteSame(lba, blocks, b.bit(1, 0));
    }

    static Cdb unmap(CdbBytes b) {
        boolean anchor = b.bit(1, 0);
        return anchor ? refused(1) : new Cdb.Unmap(b.u16(7));
    }

    static Cdb compareAndWrite(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.CompareAndWrite(b.u64(2), b.u8(13), b.bit(1, FUA_BIT));
    }

    static Cdb orWrite(CdbBytes b) {
        return asksForProtection(b)
                ? refused(1)
                : new Cdb.OrWrite(b.u64(2), b.u32(10), b.bit(1, FUA_BIT));
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
        return loadEject ? refused(4) : new Cdb.StartStop(!start && !noFlush);
    }

    private static boolean asksForProtection(CdbBytes b) {
        return b.u8(1) >> 5 != 0;
    }

    private static Cdb refused(int cdbByte) {
        return new Cdb.Refused(Sense.invalidField(cdbByte));
    }
}
