package io.cowherd.scsi.lu;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What INQUIRY answers: standard data and the pages of vital product data (SPC-4 6.6, 7.8; SBC-3 6.6). Big-endian.
///
/// Standard data, 96 bytes: `00 00 06 02 5B 18 10 02`, vendor (8), product (16), revision (4), and from byte 58 on the
/// version descriptors SAM-5, iSCSI (Windows' logo asks for it), SPC-4, SBC-3. Byte 5: third-party copy
/// (3PC, `08`) and implicit asymmetric access (TPGS 01, `10`).
///
/// | page | content                                                                            | bytes |
/// |-----:|------------------------------------------------------------------------------------|------:|
/// |   00 | the pages of this table, ascending                                                 |    11 |
/// |   80 | serial number, 32 hex digits                                                       |    36 |
/// |   83 | NAA 6, T10 vendor id + serial; port: relative id, group, name; target: name        |       |
/// |   86 | all task attributes; V_SUP as the cache is                                         |    64 |
/// |   B0 | block limits, in logical blocks: [BlockLimits]                                     |    64 |
/// |   B1 | not rotating; after SANITIZE BLOCK ERASE one may read at once (WABEREQ 01)         |    64 |
/// |   B2 | threshold sets of 1 MiB; UNMAP and WRITE SAME unmap, what is unmapped reads as zeros, thin | 8 |
///
/// Pinned byte for byte by `InquiryDataLayoutTest`.
///
/// **Threading.** *Immutable.*
public final class InquiryData {
    private static final int[] PAGES = {0x00, 0x80, 0x83, 0x86, 0xB0, 0xB1, 0xB2};

    /// Peripheral qualifier and device type of a disk that is there.
    private static final int CONNECTED_DISK = 0x00;

    /// TPGS: the target changes the states of port groups, hosts do not.
    private static final int IMPLICIT_ACCESS = 0x10;

    /// 3PC.
    private static final int THIRD_PARTY_COPY = 0x08;

    private InquiryData() {}

    /// Standard data of a disk.
    static ByteBuffer standard() {
        return standard(CONNECTED_DISK);
    }

    /// Standard data for a LUN with nothing behind it: of LUN 0 *not connected* (PQ 1), so that hosts go on to REPORT
    /// LUNS; of the others *not supported* (PQ 3).
    public static ByteBuffer standardOfAbsent(int lun) {
        return standard(lun == 0 ? 0x3F : 0x7F);
    }

    private static ByteBuffer standard(int peripheral) {
        ByteBuffer out = ByteBuffer.allocate(96);
        out.put((byte) peripheral).put((byte) 0x00).put((byte) 0x06).put((byte) 0x02);
        out.put((byte) (96 - 5))
                .put((byte) (IMPLICIT_ACCESS | THIRD_PARTY_COPY))
                .put((byte) 0x10)
                .put((byte) 0x02);
        out.put((Identity.VENDOR + Identity.PRODUCT + Identity.REVISION).getBytes(US_ASCII));
        out.putShort(58, (short) 0x00A0); // SAM-5
        out.putShort(60, (short) 0x0960); // iSCSI
        out.putShort(62, (short) 0x0460); // SPC-4
        out.putShort(64, (short) 0x04C0); // SBC-3
        return out.clear();
    }

    /// A page of vital product data, ready to read, or null if there is no such page.
    static @Nullable ByteBuffer page(int page, LogicalUnit unit, TargetPort port) {
        return switch (page) {
            case 0x00 -> supportedPages();
            case 0x80 -> page(0x80, unit.identity().serial().getBytes(US_ASCII));
            case 0x83 -> identification(unit.identity(), port);
            case 0x86 -> extended(unit.writeCache());
            case 0xB0 -> unit.limits().encode(pageOf(0xB0, 60));
            case 0xB1 -> pageOf(0xB1, 60).putShort(4, (short) 0x0001).put(7, (byte) 0x40);
            case 0xB2 -> provisioning(unit.blockBytes());
            default -> null;
        };
    }

    static boolean hasPage(int page) {
        for (int known : PAGES) {
            if (known == page) {
                return true;
            }
        }
        return false;
    }

    private static ByteBuffer supportedPages() {
        byte[] pages = new byte[PAGES.length];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = (byte) PAGES[i];
        }
        return page(0x00, pages);
    }

    /// SIMPLE, ORDERED and HEAD OF QUEUE are supported; a volatile cache may lose what was not synchronized.
    private static ByteBuffer extended(boolean writeCache) {
        return pageOf(0x86, 60).put(5, (byte) 0x07).put(6, (byte) (writeCache ? 1 : 0));
    }

    private static ByteBuffer provisioning(int blockBytes) {
        int exponent = LogPages.thresholdExponent(blockBytes);
        return pageOf(0xB2, 4).putInt(4, exponent << 24 | 0xE4_0200);
    }

    private static ByteBuffer identification(Identity identity, TargetPort port) {
        byte[] vendorId = (Identity.VENDOR + identity.serial()).getBytes(US_ASCII);
        byte[] portName = padded(port.portName());
        byte[] targetName = padded(port.targetName());
        int bytes =
                20 + (4 + vendorId.length) + 8 + 8 + (4 + portName.length) + 4 + targetName.length;
        ByteBuffer out = pageOf(0x83, bytes).position(4);
        out.putInt(0x0103_0010).putLong(identity.naaHead()).putLong(identity.naaTail());
        out.putInt(0x0201_0000 | vendorId.length).put(vendorId);
        out.putInt(0x5194_0004).putInt(port.relativePort());
        out.putInt(0x5195_0004).putInt(port.portGroup());
        out.putInt(0x5398_0000 | portName.length).put(portName);
        out.putInt(0x53A8_0000 | targetName.length).put(targetName);
        return out.flip();
    }

    /// UTF-8, ended by at least one NUL, padded to a multiple of four.
    private static byte[] padded(String name) {
        byte[] text = name.getBytes(UTF_8);
        return java.util.Arrays.copyOf(text, (text.length + 4) & ~3);
    }

    private static ByteBuffer page(int page, byte[] content) {
        return pageOf(page, content.length).put(4, content);
    }

    private static ByteBuffer pageOf(int page, int contentBytes) {
        return ByteBuffer.allocate(4 + contentBytes)
                .put(1, (byte) page)
                .putShort(2, (short) contentBytes);
    }
}
