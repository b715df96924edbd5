package io.cowherd.scenario;

/// CDBs as hosts send them.
final class Scsi {
    static final String TEST_UNIT_READY = "00 00 00 00 00 00";
    static final String READ_CAPACITY_10 = "25 00 00 00 00 00 00 00 00 00";
    static final String READ_CAPACITY_16 = "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00";
    static final String REPORT_LUNS = "A0 00 00 00 00 00 00 00 10 00 00 00";

    private Scsi() {}

    static String inquiry(int bytes) {
        return "12 00 00 %02X %02X 00".formatted(bytes >> 8, bytes & 0xFF);
    }

    static String vpd(int page, int bytes) {
        return "12 01 %02X %02X %02X 00".formatted(page, bytes >> 8, bytes & 0xFF);
    }

    static String modeSense6(int page, int bytes) {
        return "1A 00 %02X 00 %02X 00".formatted(page, bytes);
    }

    static String read10(int lba, int blocks) {
        return "28 00 %08X 00 %04X 00".formatted(lba, blocks);
    }

    static String write10(int lba, int blocks) {
        return "2A 00 %08X 00 %04X 00".formatted(lba, blocks);
    }

    static String read12(int lba, int blocks) {
        return "A8 00 %08X %08X 00 00".formatted(lba, blocks);
    }

    static String write12(int lba, int blocks) {
        return "AA 00 %08X %08X 00 00".formatted(lba, blocks);
    }

    static String writeAndVerify10(int lba, int blocks) {
        return "2E 00 %08X 00 %04X 00".formatted(lba, blocks);
    }

    static String read16(long lba, int blocks) {
        return "88 00 %016X %08X 00 00".formatted(lba, blocks);
    }

    static String write16(long lba, int blocks) {
        return "8A 00 %016X %08X 00 00".formatted(lba, blocks);
    }

    static String compareAndWrite(long lba, int blocks) {
        return "89 00 %016X 00 00 00 %02X 00 00".formatted(lba, blocks);
    }

    static String writeSame16(long lba, int blocks) {
        return "93 00 %016X %08X 00 00".formatted(lba, blocks);
    }

    static String unmap(int listBytes) {
        return "42 00 00 00 00 00 00 %04X 00".formatted(listBytes);
    }

    /// A parameter list of UNMAP: pairs of first block and number of blocks.
    static byte[] unmapList(long... ranges) {
        int bytes = ranges.length / 2 * 16;
        var list = new StringBuilder("%04X %04X 00 00 00 00 ".formatted(bytes + 6, bytes));
        for (int i = 0; i < ranges.length; i += 2) {
            list.append("%016X %08X 00 00 00 00 ".formatted(ranges[i], ranges[i + 1]));
        }
        return Bytes.of(list.toString());
    }
}
