package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.INVALID;

import java.util.List;

/// LVM2's rules for the names of volume groups and volumes (spec 3.2).
///
/// **Threading.** *Immutable.*
final class NameRules {
    /// Characters in one name, at most.
    static final int MAX_NAME_CHARS = 127;

    /// Characters in the name of a mapped device, layer included, at most: the kernel's 128 less its final NUL.
    static final int MAX_DEVICE_NAME_CHARS = 127;

    private static final List<String> RESERVED_PREFIXES = List.of("pvmove", "snapshot");

    private static final List<String> RESERVED_INFIXES =
            List.of(
                    "_cdata",
                    "_cmeta",
                    "_corig",
                    "_cpool",
                    "_cvol",
                    "_wcorig",
                    "_mimage",
                    "_mlog",
                    "_rimage",
                    "_rmeta",
                    "_tdata",
                    "_tmeta",
                    "_vdata",
                    "_imeta",
                    "_iorig",
                    "_pmspare",
                    "_vorigin");

    private NameRules() {}

    /// Checks both parts and the length of the device names that come of them.
    ///
    /// @throws VolumeRefusedException naming the rule that is broken
    static void check(VolumeName name) throws VolumeRefusedException {
        checkPart("volume group", name.group());
        checkPart("volume", name.volume());
        checkReserved(name.volume());
        int chars = DeviceNames.of(name).longest();
        if (chars > MAX_DEVICE_NAME_CHARS) {
            throw new VolumeRefusedException(
                    INVALID,
                    "The device of "
                            + name
                            + " would have a name of "
                            + chars
                            + " characters, hyphens doubled; at most "
                            + MAX_DEVICE_NAME_CHARS
                            + " are possible.",
                    "Choose a shorter name.");
        }
    }

    private static void checkPart(String what, String part) throws VolumeRefusedException {
        String fault = fault(part);
        if (!fault.isEmpty()) {
            throw new VolumeRefusedException(
                    INVALID,
                    "The " + what + "'s name \"" + part + "\" " + fault + ".",
                    "Use 1 to "
                            + MAX_NAME_CHARS
                            + " of the characters A-Z a-z 0-9 + _ . - and no hyphen in front.");
        }
    }

    private static String fault(String part) {
        if (part.isEmpty()) {
            return "is empty";
        }
        if (part.length() > MAX_NAME_CHARS) {
            return "has " + part.length() + " characters";
        }
        if (part.charAt(0) == '-') {
            return "starts with a hyphen";
        }
        if (part.equals(".") || part.equals("..")) {
            return "is a directory's";
        }
        for (int i = 0; i < part.length(); i++) {
            if (!isAllowed(part.charAt(i))) {
                return "has an invalid character at position " + (i + 1);
            }
        }
        return "";
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "+_.-".indexOf(c) >= 0;
    }

    private static void checkReserved(String volume) throws VolumeRefusedException {
        for (String prefix : RESERVED_PREFIXES) {
            if (volume.startsWith(prefix)) {
                throw reserved("starting \"" + prefix + "\"");
            }
        }
        for (String infix : RESERVED_INFIXES) {
            if (volume.contains(infix)) {
                throw reserved("including \"" + infix + "\"");
            }
        }
    }

    /// LVM2's words.
    private static VolumeRefusedException reserved(String which) {
        return new VolumeRefusedException(
                INVALID, "Names " + which + " are reserved.", "Please choose a different LV name.");
    }
}
