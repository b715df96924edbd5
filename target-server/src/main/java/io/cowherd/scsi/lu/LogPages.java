package io.cowherd.scsi.lu;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What LOG SENSE answers (SPC-4 7.3, SBC-3 6.4). Big-endian. Nothing can be set or saved: there is no LOG SELECT.
///
/// | page  | content                                                                              |
/// |------:|--------------------------------------------------------------------------------------|
/// |    00 | the pages of this table                                                              |
/// | 00/FF | the same with subpages: page and subpage of each                                     |
/// |    0C | logical block provisioning: parameter 1 *available*, 2 *used*, in threshold sets     |
/// |    2F | informational exceptions: none (`00 00`), no temperature (`FF`)                      |
///
/// Header: page (bit 6: there is a subpage code), subpage, length (2). Parameter: code (2), `03`, length, value. A count of
/// page 0C is four bytes in threshold sets, then the scope: `01` this logical unit's alone, `02` not; then three zeros.
///
/// Windows asks page 0C when it is told of THIN PROVISIONING SOFT THRESHOLD REACHED. Pinned byte for byte by `LogPagesLayoutTest`.
///
/// **Threading.** *Immutable.*
final class LogPages {
    /// Bytes of a threshold set, the unit of page 0C; VPD page B2 says so (THRESHOLD EXPONENT).
    static final int THRESHOLD_SET_BYTES = 1 << 20;

    static final int PROVISIONING = 0x0C;
    private static final int SUPPORTED = 0x00;
    private static final int EXCEPTIONS = 0x2F;
    private static final int ALL_SUBPAGES = 0xFF;
    private static final int SUBPAGE_FORMAT = 0x40;
    private static final int[] PAGES = {SUPPORTED, PROVISIONING, EXCEPTIONS};

    private static final int AVAILABLE = 0x0001;
    private static final int USED = 0x0002;
    private static final int MAX_BYTES = 64;

    private LogPages() {}

    /// THRESHOLD EXPONENT: log 2 of the blocks in a threshold set.
    static int thresholdExponent(int blockBytes) {
        return Integer.numberOfTrailingZeros(THRESHOLD_SET_BYTES / blockBytes);
    }

    /// Why the command cannot be answered, or null.
    static @Nullable Sense refuses(Cdb.LogSense cdb) {
        boolean isList = cdb.page() == SUPPORTED && cdb.subpage() == ALL_SUBPAGES;
        boolean isPage = cdb.subpage() == 0 && hasPage(cdb.page());
        if (!isList && !isPage) {
            return Sense.invalidField(cdb.subpage() == 0 ? 2 : 3);
        }
        return cdb.pointer() > lastParameter(cdb.page()) ? Sense.invalidField(5) : null;
    }

    private static boolean hasPage(int page) {
        for (int known : PAGES) {
            if (known == page) {
                return true;
            }
        }
        return false;
    }

    private static int lastParameter(int page) {
        return page == PROVISIONING ? USED : 0;
    }

    /// Answers a command that is not refused; of page 0C, see [#provisioning].
    static ByteBuffer sense(Cdb.LogSense cdb) {
        ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
        boolean subpages = cdb.subpage() == ALL_SUBPAGES;
        out.put((byte) (cdb.page() | (subpages ? SUBPAGE_FORMAT : 0)));
        out.put((byte) cdb.subpage()).putShort((short) 0);
        if (cdb.page() == EXCEPTIONS) {
            out.putInt(0x0000_0304).putInt(0x0000_FF00);
        } else {
            for (int page : PAGES) {
                out.put((byte) page);
                if (subpages) {
                    out.put((byte) 0);
                }
            }
            if (subpages) {
                out.put((byte) SUPPORTED).put((byte) ALL_SUBPAGES);
            }
        }
        return ended(out);
    }

    /// Page 0C. Used is rounded up, available down; what nobody knows is left out.
    ///
    /// @param pointer smallest parameter code
    static ByteBuffer provisioning(int pointer, Provisioning.Room room) {
        ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
        out.put((byte) PROVISIONING).put((byte) 0).putShort((short) 0);
        if (pointer <= AVAILABLE && room.availableBytes() >= 0) {
            put(out, AVAILABLE, room.availableBytes() / THRESHOLD_SET_BYTES, room.scope());
        }
        if (room.usedBytes() >= 0) {
            long sets = Math.ceilDiv(room.usedBytes(), THRESHOLD_SET_BYTES);
            put(out, USED, sets, Provisioning.Scope.DEDICATED);
        }
        return ended(out);
    }

    private static void put(ByteBuffer out, int code, long sets, Provisioning.Scope scope) {
        out.putShort((short) code).put((byte) 0x03).put((byte) 8);
        out.putInt((int) Math.min(sets, 0xFFFF_FFFFL));
        out.put((byte) (scope == Provisioning.Scope.DEDICATED ? 1 : 2));
        out.put((byte) 0).putShort((short) 0);
    }

    private static ByteBuffer ended(ByteBuffer out) {
        out.putShort(2, (short) (out.position() - 4));
        return out.flip();
    }
}
