package io.cowherd.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/// A size as LVM2 reads and prints it.
///
/// **Read** ([#parse]): a decimal number and a unit letter, with or without a leading `+`. The letters are those of
/// `lvcreate --size`, upper and lower case alike: `b` bytes, `s` sectors of 512 bytes, `k`, `m`, `g`, `t`, `p`, `e`
/// powers of 1024. (Upper case never means powers of 1000 here, just as with `lvcreate`.)
///
/// **Printed** ([#format]): as the columns of `lvs` show it, `1.00g`, `100.00m`: the largest unit that leaves at least 1,
/// two decimals, and a `<` in front where rounding made it larger than it is.
///
/// @param bytes the size, 0 to [Long#MAX_VALUE]; a fraction of a byte is rounded up
/// @param relative true if the text began with `+`: to be added to the present size
public record LvmSize(long bytes, boolean relative) {
    private static final String UNITS = "bkmgtpe";
    private static final int SECTOR_BYTES = 512;

    /// Most characters that are looked at; a longer text is refused before any arithmetic.
    private static final int MAX_TEXT_LENGTH = 40;

    /// Validates the range.
    public LvmSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("A size of " + bytes + " bytes is negative.");
        }
    }

    /// Parses a size that must end in a unit letter.
    ///
    /// @throws IllegalArgumentException with a sentence that names the text, what is wrong and how to write it
    public static LvmSize parse(String text) {
        if (text.isEmpty() || Character.isDigit(text.charAt(text.length() - 1))) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" lacks a unit. Write for example 100M, 1.5G or 2097152s.");
        }
        return parse(text, 'b');
    }

    /// Parses a size; one without a letter is in units of `defaultUnit` (LVM2: `m` for sizes, `k` for chunks).
    ///
    /// @throws IllegalArgumentException with a sentence that names the text, what is wrong and how to write it
    public static LvmSize parse(String text, char defaultUnit) {
        String rest = text;
        boolean relative = rest.startsWith("+");
        if (relative) {
            rest = rest.substring(1);
        }
        char unit = defaultUnit;
        if (!rest.isEmpty() && Character.isLetter(rest.charAt(rest.length() - 1))) {
            unit = Character.toLowerCase(rest.charAt(rest.length() - 1));
            rest = rest.substring(0, rest.length() - 1);
        }
        if (rest.length() > MAX_TEXT_LENGTH || !rest.matches("[0-9]+(\\.[0-9]+)?")) {
            throw malformed(text);
        }
        BigDecimal bytes = new BigDecimal(rest).multiply(bytesIn(unit, text));
        try {
            return new LvmSize(bytes.setScale(0, RoundingMode.CEILING).longValueExact(), relative);
        } catch (ArithmeticException _) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is larger than any device can be (8 EiB).");
        }
    }

    private static BigDecimal bytesIn(char unit, String text) {
        if (unit == 's') {
            return BigDecimal.valueOf(SECTOR_BYTES);
        }
        int power = UNITS.indexOf(unit);
        if (power < 0) {
            throw malformed(text);
        }
        return BigDecimal.valueOf(1L << (10 * power));
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\""
                        + text
                        + "\" is not a size. Write a number and one of b (bytes), s (sectors), k, m, g, t, p, e,"
                        + " for example 100M or 1.5G.");
    }

    /// Prints a size as `lvs` does, e.g. `1.00g` or `<1.01g`; no size at all is `0`.
    public static String format(long bytes) {
        if (bytes == 0) {
            return "0";
        }
        int power = 0;
        while (power < UNITS.length() - 1 && bytes >> (10 * (power + 1)) > 0) {
            power++;
        }
        BigDecimal exact = new BigDecimal(bytes).divide(BigDecimal.valueOf(1L << (10 * power)));
        BigDecimal shown = exact.setScale(2, RoundingMode.HALF_UP);
        String mark = shown.compareTo(exact) > 0 ? "<" : "";
        return String.format(
                Locale.ROOT, "%s%s%c", mark, shown.toPlainString(), UNITS.charAt(power));
    }
}
