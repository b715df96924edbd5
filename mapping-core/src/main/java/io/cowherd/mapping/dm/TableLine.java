package io.cowherd.mapping.dm;

import java.util.List;

/// One line of a table as it is typed: `0 2097152 linear 7:0 2048`.
///
/// @param startSector where in the mapped device the target begins
/// @param lengthSectors sectors that it maps; 0 is for the table to refuse
/// @param type name of the target type
/// @param arguments what follows
public record TableLine(long startSector, long lengthSectors, String type, List<String> arguments) {
    /// The kernel's limit: a device of 2^63 bytes.
    static final long MOST_SECTORS = Long.MAX_VALUE >> 9;

    /// Keeps a copy of the arguments.
    public TableLine {
        arguments = List.copyOf(arguments);
    }

    /// Reads a line.
    ///
    /// @throws TableRefusedException if there is no start, length and type
    public static TableLine parse(String line) throws TableRefusedException {
        var words = List.of(line.strip().split("\\s+"));
        if (words.size() < 3) {
            throw new TableRefusedException(
                    "expected 'start length type [arguments]', found '" + line.strip() + "'");
        }
        return new TableLine(
                sectors(words.get(0), "Invalid start sector"),
                sectors(words.get(1), "Invalid length"),
                words.get(2),
                words.subList(3, words.size()));
    }

    /// A decimal number of sectors that a device can have.
    ///
    /// @param fault the kernel's words if it is none
    static long sectors(String text, String fault) throws TableRefusedException {
        try {
            long sectors = Long.parseLong(text);
            if (sectors >= 0 && sectors <= MOST_SECTORS) {
                return sectors;
            }
        } catch (NumberFormatException _) {
            // refused below, with all other numbers that are none of sectors
        }
        throw new TableRefusedException(fault + ": '" + text + "'");
    }

    /// The line, as it can be parsed again.
    @Override
    public String toString() {
        return (startSector + " " + lengthSectors + " " + type + " " + String.join(" ", arguments))
                .strip();
    }
}
