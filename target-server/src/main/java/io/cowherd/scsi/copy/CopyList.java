package io.cowherd.scsi.copy;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Parameter list of EXTENDED COPY (LID1), SPC-4 6.4.3. Big-endian.
///
/// Header, 16 bytes:
///
/// | offset | size | field                         | meaning                                                              |
/// |-------:|-----:|-------------------------------|----------------------------------------------------------------------|
/// |      0 |    1 | LIST IDENTIFIER               |                                                                      |
/// |      1 |    1 | STR, LIST ID USAGE, PRIORITY  | bits 4 and 3: 0 and 2 keep the result, 3 does not and has no identifier |
/// |      2 |    2 | CSCD DESCRIPTOR LIST LENGTH   | 32 bytes each                                                        |
/// |      8 |    4 | SEGMENT DESCRIPTOR LIST LENGTH| 28 bytes each                                                        |
/// |     12 |    4 | INLINE DATA LENGTH            | must be 0                                                            |
///
/// Identification CSCD descriptor, 32 bytes (6.4.5.1):
///
/// | offset | size | field                         | meaning                                                              |
/// |-------:|-----:|-------------------------------|----------------------------------------------------------------------|
/// |      0 |    1 | descriptor type code          | `E4`                                                                 |
/// |      1 |    1 | LU ID TYPE, NUL, device type  | bits 7 to 5: without meaning since SPC-4, ignored; 0: disk           |
/// |      4 |    1 | code set                      | 1: binary                                                            |
/// |      5 |    1 | association, designator type  | 03: NAA of the logical unit                                          |
/// |      7 |    1 | designator length             | 16                                                                   |
/// |      8 |   16 | designator                    | as in VPD page 83                                                    |
/// |     29 |    3 | DISK BLOCK LENGTH             | that of the logical unit, or 0                                       |
///
/// Block to block segment, 28 bytes (6.4.6.3):
///
/// | offset | size | field                         | meaning                                                              |
/// |-------:|-----:|-------------------------------|----------------------------------------------------------------------|
/// |      0 |    1 | descriptor type code          | `02`                                                                 |
/// |      1 |    1 | DC, CAT                       | bit 1: blocks are counted as the destination's, not the source's     |
/// |      2 |    2 | descriptor length             | `0018`                                                               |
/// |      4 |    2 | source CSCD                   | index in the list, or `FFFF`: the logical unit that was asked        |
/// |      6 |    2 | destination CSCD              | the same                                                             |
/// |     10 |    2 | number of blocks              |                                                                      |
/// |     12 |    8 | source LBA                    |                                                                      |
/// |     20 |    8 | destination LBA               |                                                                      |
///
/// Pinned byte for byte by `CopyListLayoutTest`.
///
/// **Threading.** *Immutable.*
///
/// @param listId LIST IDENTIFIER
/// @param isKept true if the nexus may ask about the copy by its identifier
/// @param targets what segments refer to by index
/// @param segments what is to be copied, in this order
record CopyList(int listId, boolean isKept, List<CopyTarget> targets, List<Segment> segments)
        implements CopyParameters {
    static final int HEADER_BYTES = 16;
    static final int TARGET_BYTES = 32;
    static final int SEGMENT_BYTES = 28;
    static final int TARGET_TYPE = 0xE4;
    static final int SEGMENT_TYPE = 0x02;

    /// Copy targets of one command.
    static final int MAX_TARGETS = 8;

    /// Segments of one command.
    static final int MAX_SEGMENTS = 16;

    /// Index that means the logical unit that was asked.
    static final int THE_ONE_ASKED = 0xFFFF;

    private static final int NO_IDENTIFIER = 3;
    private static final int RESERVED_USAGE = 1;

    CopyList {
        targets = List.copyOf(targets);
        segments = List.copyOf(segments);
    }

    /// A source or destination.
    ///
    /// @param naaHead first half of the NAA identifier
    /// @param naaTail its second half
    /// @param blockBytes DISK BLOCK LENGTH; 0 if it does not say
    record CopyTarget(long naaHead, long naaTail, int blockBytes) {}

    /// A range to copy.
    ///
    /// @param countsDestinationBlocks DC: `blocks` are of the destination's size
    record Segment(
            boolean countsDestinationBlocks,
            int source,
            int destination,
            int blocks,
            long sourceLba,
            long destinationLba) {}

    /// Most bytes behind the header.
    static int maxDescriptorBytes() {
        return Cdb.MAX_COPY_LIST_BYTES - HEADER_BYTES;
    }

    /// Decodes what was received, at least one byte; the position does not move.
    static CopyParameters decode(ByteBuffer received) {
        ByteBuffer list = received.slice();
        if (list.remaining() < HEADER_BYTES) {
            return new CopyParameters.Wrong(Sense.PARAMETER_LIST_LENGTH);
        }
        int listId = list.get(0) & 0xFF;
        int usage = list.get(1) >> 3 & 3;
        int targetBytes = list.getShort(2) & 0xFFFF;
        long segmentBytes = list.getInt(8) & 0xFFFF_FFFFL;
        if (usage == RESERVED_USAGE || (usage == NO_IDENTIFIER && listId != 0)) {
            return new CopyParameters.Wrong(Sense.invalidListField(usage == NO_IDENTIFIER ? 0 : 1));
        }
        if (list.getInt(12) != 0) {
            return new CopyParameters.Wrong(Sense.invalidListField(12));
        }
        if (HEADER_BYTES + targetBytes + segmentBytes > list.remaining()) {
            return new CopyParameters.Wrong(Sense.PARAMETER_LIST_LENGTH);
        }
        var decoder = new Decoder(list, HEADER_BYTES + targetBytes);
        Sense wrong = decoder.decode(HEADER_BYTES + targetBytes + (int) segmentBytes);
        return wrong != null
                ? new CopyParameters.Wrong(wrong)
                : new CopyList(listId, usage != NO_IDENTIFIER, decoder.targets, decoder.segments);
    }

    /// Goes through the descriptors.
    ///
    /// **Threading.** *Confined* to the one call that made it.
    private static final class Decoder {
        private final ByteBuffer list;
        private final int segmentsAt;
        private final List<CopyTarget> targets = new ArrayList<>();
        private final List<Segment> segments = new ArrayList<>();

        Decoder(ByteBuffer list, int segmentsAt) {
            this.list = list;
            this.segmentsAt = segmentsAt;
        }

        @Nullable Sense decode(int end) {
            Sense wrong = null;
            for (int at = HEADER_BYTES; wrong == null && at < segmentsAt; at += TARGET_BYTES) {
                wrong = target(at);
            }
            for (int at = segmentsAt; wrong == null && at < end; at += SEGMENT_BYTES) {
                wrong = segment(at, end);
            }
            return wrong;
        }

        private @Nullable Sense target(int at) {
            if (targets.size() == MAX_TARGETS) {
                return Sense.TOO_MANY_COPY_TARGETS;
            }
            if ((list.get(at) & 0xFF) != TARGET_TYPE) {
                return Sense.UNSUPPORTED_COPY_TARGET;
            }
            if (at + TARGET_BYTES > segmentsAt) {
                return Sense.PARAMETER_LIST_LENGTH;
            }
            if ((list.get(at + 1) & 0x1F) != 0) {
                return Sense.invalidListField(at + 1);
            }
            boolean isNaa =
                    (list.get(at + 4) & 0x0F) == 1
                            && (list.get(at + 5) & 0x3F) == 3
                            && list.get(at + 7) == 16;
            if (!isNaa) {
                return Sense.invalidListField(at + 4);
            }
            int blockBytes = list.getInt(at + 28) & 0xFF_FFFF;
            targets.add(new CopyTarget(list.getLong(at + 8), list.getLong(at + 16), blockBytes));
            return null;
        }

        private @Nullable Sense segment(int at, int end) {
            if (segments.size() == MAX_SEGMENTS) {
                return Sense.TOO_MANY_COPY_SEGMENTS;
            }
            if ((list.get(at) & 0xFF) != SEGMENT_TYPE) {
                return Sense.UNSUPPORTED_COPY_SEGMENT;
            }
            if (at + SEGMENT_BYTES > end) {
                return Sense.PARAMETER_LIST_LENGTH;
            }
            if (list.getShort(at + 2) != SEGMENT_BYTES - 4) {
                return Sense.invalidListField(at + 2);
            }
            segments.add(
                    new Segment(
                            (list.get(at + 1) & 2) != 0,
                            list.getShort(at + 4) & 0xFFFF,
                            list.getShort(at + 6) & 0xFFFF,
                            list.getShort(at + 10) & 0xFFFF,
                            list.getLong(at + 12),
                            list.getLong(at + 20)));
            return null;
        }
    }
}
