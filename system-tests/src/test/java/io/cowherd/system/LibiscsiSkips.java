package io.cowherd.system;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which of libiscsi's tests skip themselves, and why. None tests what a host of ours needs.
///
/// **Threading.** *Immutable.*
final class LibiscsiSkips {
    private static final String NEEDS_512E =
            "wants physical blocks larger than logical ones; run on a 512e LUN by onEmulatedBlocks";

    private static final String NOT_REMOVABLE =
            "disks are not removable: no host expects to eject an iSCSI disk";

    private static final String ZERO_BLOCKS_REFUSED =
            "WSNZ is set: WRITE SAME of no blocks, which means all of them, is refused";

    private static final String SANITIZE_APART =
            "erases the LUN, several times; run apart, by sanitize";

    private static final Map<String, String> ALWAYS =
            together(
                    List.of(
                            reason(
                                    NOT_REMOVABLE,
                                    "PreventAllow.2ITNexuses",
                                    "PreventAllow.ColdReset",
                                    "PreventAllow.Eject",
                                    "PreventAllow.ITNexusLoss",
                                    "PreventAllow.LUNReset",
                                    "PreventAllow.Logout",
                                    "PreventAllow.Simple",
                                    "PreventAllow.WarmReset",
                                    "StartStopUnit.Simple"),
                            reason(
                                    NEEDS_512E,
                                    "CompareAndWrite.InvalidDataOutSize",
                                    "WriteSame10.InvalidDataOutSize",
                                    "WriteSame10.UnmapUnaligned",
                                    "WriteSame16.InvalidDataOutSize",
                                    "WriteSame16.UnmapUnaligned"),
                            reason(
                                    "needs a LUN that hosts may not write to; run on one by readOnlyLun",
                                    "ReadOnly.ReadOnlySBC"),
                            reason(
                                    ZERO_BLOCKS_REFUSED,
                                    "WriteSame10.ZeroBlocks",
                                    "WriteSame16.ZeroBlocks"),
                            reason(
                                    "WRITE ATOMIC (16) is not offered: docs/decisions/0008",
                                    "WriteAtomic16.BeyondEol",
                                    "WriteAtomic16.DpoFua",
                                    "WriteAtomic16.Simple",
                                    "WriteAtomic16.VPD",
                                    "WriteAtomic16.WriteProtect",
                                    "WriteAtomic16.ZeroBlocks"),
                            reason(
                                    SANITIZE_APART,
                                    "Sanitize.BlockErase",
                                    "Sanitize.BlockEraseReserved",
                                    "Sanitize.CryptoErase",
                                    "Sanitize.CryptoEraseReserved",
                                    "Sanitize.ExitFailureMode",
                                    "Sanitize.InvalidServiceAction",
                                    "Sanitize.Overwrite",
                                    "Sanitize.OverwriteReserved",
                                    "Sanitize.Readonly",
                                    "Sanitize.Reservations"),
                            reason(
                                    "sleeps for minutes between its resets; SanitizeTest resets as well",
                                    "Sanitize.Reset")));

    private static final Map<String, String> ONE_PATH =
            reason(
                    "one path only; run with two URLs",
                    "MultipathIO.CompareAndWrite",
                    "MultipathIO.CompareAndWriteAsync",
                    "MultipathIO.Reset",
                    "MultipathIO.Simple");

    private LibiscsiSkips() {}

    /// The skips of family ALL on a writable LUN over so many paths, by test, each with its reason.
    static Map<String, String> of(int urls) {
        Map<String, String> skips = new TreeMap<>(ALWAYS);
        if (urls == 1) {
            skips.putAll(ONE_PATH);
        }
        return skips;
    }

    /// What a run of single tests skipped though nothing excuses it.
    static List<String> unexpected(LibiscsiReport report) {
        return List.copyOf(report.skips().keySet());
    }

    private static Map<String, String> reason(String why, String... tests) {
        Map<String, String> reasons = new TreeMap<>();
        Arrays.stream(tests).forEach(test -> reasons.put(test, why));
        return reasons;
    }

    private static Map<String, String> together(List<Map<String, String>> parts) {
        Map<String, String> all = new TreeMap<>();
        parts.forEach(all::putAll);
        return all;
    }
}
