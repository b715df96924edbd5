package io.cowherd.scsi.lu;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Mode parameters of a logical unit (SPC-4 7.5, SBC-3 6.5): what MODE SENSE shows and MODE SELECT changes. Big-endian.
///
/// | page | bytes | content                                                                                     |
/// |-----:|------:|---------------------------------------------------------------------------------------------|
/// |   01 |    12 | read-write error recovery: zeros                                                            |
/// |   08 |    20 | caching: WCE (byte 2 bit 2) as configured; DRA (byte 12 bit 5)                              |
/// |   0A |    12 | control: D_SENSE (byte 2 bit 2), GLTSD, QAM 1, QERR 0, SWP (byte 4 bit 3), TAS              |
/// |   1A |    12 | power condition: zeros; Windows' certification asks for the page                            |
/// |   1C |    12 | informational exceptions: zeros                                                             |
///
/// D_SENSE and SWP may be changed, nothing is saved, and a logical unit reset takes them back. Layouts are pinned by
/// `ModePagesLayoutTest`.
///
/// **Threading.** *Thread-safe: two volatile flags, each changed by itself.*
final class ModePages {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

    /// Default values, ascending; page 08 with the cache on.
    private static final byte[][] PAGES = {
        HEX.parseHex("01 0A 00 00 00 00 00 00 00 00 00 00"),
        HEX.parseHex("08 12 04 00 00 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00"),
        HEX.parseHex("0A 0A 02 10 00 40 00 00 FF FF 00 1E"),
        HEX.parseHex("1A 0A 00 00 00 00 00 00 00 00 00 00"),
        HEX.parseHex("1C 0A 00 00 00 00 00 00 00 00 00 00"),
    };

    private static final int CACHING = 0x08;
    private static final int CONTROL = 0x0A;
    private static final int ALL_PAGES = 0x3F;
    private static final int ALL_SUBPAGES = 0xFF;
    private static final int D_SENSE = 0x04;
    private static final int SWP = 0x08;
    private static final int WRITE_PROTECT = 0x80;
    private static final int DPO_FUA = 0x10;

    // Immutable
    private final LogicalUnit unit;

    // Any thread
    private volatile boolean descriptorSense;
    private volatile boolean softwareWriteProtect;

    ModePages(LogicalUnit unit) {
        this.unit = unit;
    }

    boolean descriptorSense() {
        return descriptorSense;
    }

    boolean softwareWriteProtect() {
        return softwareWriteProtect;
    }

    /// Takes back what was changed.
    void reset() {
        descriptorSense = false;
        softwareWriteProtect = false;
    }

    static boolean hasPage(int page, int subpage) {
        if (page == ALL_PAGES) {
            return subpage == 0 || subpage == ALL_SUBPAGES;
        }
        return subpage == 0 && indexOf(page) >= 0;
    }

    private static int indexOf(int page) {
        for (int i = 0; i < PAGES.length; i++) {
            if (PAGES[i][0] == page) {
                return i;
            }
        }
        return -1;
    }

    /// Answers a MODE SENSE for a page that exists, ready to read.
    ByteBuffer sense(Cdb.ModeSense cdb) {
        ByteBuffer out = ByteBuffer.allocate(128);
        boolean longHeader = cdb.header() == Cdb.Header.LONG;
        boolean longLba = longHeader && cdb.longLbaAccepted();
        int descriptorBytes = !cdb.blockDescriptor() ? 0 : longLba ? 16 : 8;
        int protect = unit.isWritable() ? 0 : WRITE_PROTECT;
        byte deviceSpecific = (byte) (protect | DPO_FUA);
        if (longHeader) {
            out.putShort((short) 0).put((byte) 0).put(deviceSpecific);
            out.put((byte) (longLba ? 1 : 0)).put((byte) 0).putShort((short) descriptorBytes);
        } else {
            out.put((byte) 0).put((byte) 0).put(deviceSpecific).put((byte) descriptorBytes);
        }
        putBlockDescriptor(out, descriptorBytes);
        for (byte[] page : PAGES) {
            if (cdb.page() == ALL_PAGES || cdb.page() == page[0]) {
                out.put(values(page[0], cdb.control()));
            }
        }
        if (longHeader) {
            out.putShort(0, (short) (out.position() - 2));
        } else {
            out.put(0, (byte) (out.position() - 1));
        }
        return out.flip();
    }

    private void putBlockDescriptor(ByteBuffer out, int descriptorBytes) {
        long blocks = unit.blocks();
        if (descriptorBytes == 16) {
            out.putLong(blocks).putInt(0).putInt(unit.blockBytes());
        } else if (descriptorBytes == 8) {
            out.putInt((int) Math.min(blocks, 0xFFFF_FFFFL)).putInt(unit.blockBytes());
        }
    }

    /// A page as it is now, as it was at first, or as a mask of what may change.
    private byte[] values(int page, Cdb.PageControl control) {
        byte[] bytes = PAGES[indexOf(page)].clone();
        if (control == Cdb.PageControl.CHANGEABLE) {
            java.util.Arrays.fill(bytes, 2, bytes.length, (byte) 0);
            if (page == CONTROL) {
                bytes[2] = D_SENSE;
                bytes[4] = SWP;
            }
            return bytes;
        }
        if (page == CACHING && !unit.writeCache()) {
            bytes[2] = 0;
        }
        if (page == CONTROL && control == Cdb.PageControl.CURRENT) {
            bytes[2] |= (byte) (descriptorSense ? D_SENSE : 0);
            bytes[4] |= (byte) (softwareWriteProtect ? SWP : 0);
        }
        return bytes;
    }

    /// Executes a MODE SELECT: all pages are checked first, then all are taken over.
    Outcome select(Cdb.ModeSelect cdb, ByteBuffer list) {
        if (cdb.listBytes() == 0) {
            return Outcome.DONE;
        }
        int headerBytes = cdb.header() == Cdb.Header.LONG ? 8 : 4;
        if (list.remaining() < cdb.listBytes() || list.remaining() < headerBytes) {
            return refused(Sense.PARAMETER_LIST_LENGTH);
        }
        int start = list.position();
        boolean isLong = cdb.header() == Cdb.Header.LONG;
        int descriptorBytes =
                isLong ? list.getShort(start + 6) & 0xFFFF : list.get(start + 3) & 0xFF;
        Sense wrong = wrongDescriptor(list, headerBytes, descriptorBytes);
        int at = headerBytes + descriptorBytes;
        while (wrong == null && at < list.remaining()) {
            wrong = wrongPage(list, at);
            at += wrong == null ? 2 + (list.get(start + at + 1) & 0xFF) : 0;
        }
        return wrong == null ? takeOver(list, headerBytes + descriptorBytes) : refused(wrong);
    }

    /// A block descriptor may only say what is so already.
    private @Nullable Sense wrongDescriptor(ByteBuffer list, int headerBytes, int descriptorBytes) {
        if (descriptorBytes == 0) {
            return null;
        }
        if (descriptorBytes != 8 && descriptorBytes != 16) {
            return Sense.invalidListField(headerBytes - 1);
        }
        if (list.remaining() < headerBytes + descriptorBytes) {
            return Sense.PARAMETER_LIST_LENGTH;
        }
        int lengthOffset = headerBytes + descriptorBytes - 4;
        int lengthMask = descriptorBytes == 8 ? 0xFF_FFFF : -1;
        int blockBytes = list.getInt(list.position() + lengthOffset) & lengthMask;
        return blockBytes == unit.blockBytes() ? null : Sense.invalidListField(lengthOffset);
    }

    private @Nullable Sense wrongPage(ByteBuffer list, int at) {
        int start = list.position() + at;
        if (list.remaining() - at < 2) {
            return Sense.PARAMETER_LIST_LENGTH;
        }
        int page = list.get(start) & 0x7F; // bit 7 is PS, reserved here; bit 6 is SPF
        int index = indexOf(page);
        if (index < 0) {
            return Sense.invalidListField(at);
        }
        if (list.get(start + 1) != PAGES[index][1]) {
            return Sense.invalidListField(at + 1);
        }
        if (list.remaining() - at < PAGES[index].length) {
            return Sense.PARAMETER_LIST_LENGTH;
        }
        byte[] current = values(page, Cdb.PageControl.CURRENT);
        byte[] mask = values(page, Cdb.PageControl.CHANGEABLE);
        for (int i = 2; i < current.length; i++) {
            if (((list.get(start + i) ^ current[i]) & ~mask[i]) != 0) {
                return Sense.invalidListField(at + i);
            }
        }
        return null;
    }

    private Outcome takeOver(ByteBuffer list, int firstPage) {
        boolean wasDescriptorSense = descriptorSense;
        boolean wasProtected = softwareWriteProtect;
        int at = list.position() + firstPage;
        while (at < list.limit()) {
            if ((list.get(at) & 0x7F) == CONTROL) {
                descriptorSense = (list.get(at + 2) & D_SENSE) != 0;
                softwareWriteProtect = (list.get(at + 4) & SWP) != 0;
            }
            at += 2 + (list.get(at + 1) & 0xFF);
        }
        boolean same =
                wasDescriptorSense == descriptorSense && wasProtected == softwareWriteProtect;
        return same ? Outcome.DONE : new Outcome.GoodTellOthers(UnitAttention.MODE_CHANGED);
    }

    private static Outcome refused(Sense sense) {
        return new Outcome.CheckCondition(sense);
    }
}
