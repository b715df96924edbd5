package io.cowherd.forward;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.target.Lun;
import java.util.Map;

/// What a caller has to know of an owner's logical units to say at once how many bytes a command transfers. It never says
/// too much about that: what the owner disagrees with is not executed ([Message.Execute]).
///
/// **Threading.** *Immutable.*
///
/// @param maxTransferBytes largest READ or WRITE
/// @param blockBytes bytes of a logical block by LUN, powers of two
record LunFacts(int maxTransferBytes, Map<Integer, Integer> blockBytes) {
    /// Validates what came from outside.
    LunFacts {
        for (Map.Entry<Integer, Integer> one : blockBytes.entrySet()) {
            int bytes = one.getValue();
            if (one.getKey() < 0 || one.getKey() > Lun.MAX || Integer.bitCount(bytes) != 1) {
                throw new IllegalArgumentException("LUN " + one.getKey() + ": blocks of " + bytes);
            }
        }
        blockBytes = Map.copyOf(blockBytes);
    }

    /// Bytes that a command wants, or 0 if it will be refused for what is known here.
    int dataOutBytes(int lun, Cdb cdb) {
        Integer block = blockBytes.get(lun);
        if (block == null) {
            return 0;
        }
        long bytes = cdb.dataOutBytes(block);
        return bytes > Math.max(maxTransferBytes, MAX_LIST_BYTES) ? 0 : (int) bytes;
    }

    /// Most bytes that a command sends, or 0 if it will be refused for what is known here.
    int dataInBytes(int lun, Cdb cdb) {
        Integer block = blockBytes.get(lun);
        if (block == null) {
            return cdb instanceof Cdb.Asking ? cdb.answerBytes(1) : 0;
        }
        int bytes = cdb.answerBytes(block);
        return bytes > Math.max(maxTransferBytes, Cdb.MAX_ANSWER_BYTES) ? 0 : bytes;
    }

    /// Longest parameter list of any command.
    private static final int MAX_LIST_BYTES = 128 << 10;
}
