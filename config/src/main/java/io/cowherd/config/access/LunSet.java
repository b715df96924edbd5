package io.cowherd.config.access;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// LUNs of a target: all that it ever has, or those that are numbered. Written `all`, or `0,2,5-7`.
public final class LunSet {
    /// Largest LUN that can be addressed (SAM-5 4.7.5, flat space).
    public static final int MAX_LUN = 0x3FFF;

    /// All LUNs, those to come as well.
    public static final LunSet ALL = new LunSet(List.of());

    private static final String ALL_TEXT = "all";

    /// Longest text: all LUNs of a target, one by one.
    private static final int MAX_TEXT_LENGTH = 8192;

    /// Ascending; empty for all.
    private final List<Integer> luns;

    private LunSet(List<Integer> luns) {
        this.luns = luns;
    }

    /// Parses `all` or a list of numbers and ranges.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public static LunSet parse(String text) {
        if (text.equals(ALL_TEXT)) {
            return ALL;
        }
        if (text.length() > MAX_TEXT_LENGTH) {
            throw malformed(text.substring(0, 40) + "…");
        }
        var numbers = new TreeSet<Integer>();
        for (String part : text.split(",", -1)) {
            int dash = part.indexOf('-');
            int first = number(dash < 0 ? part : part.substring(0, dash), text);
            int last = dash < 0 ? first : number(part.substring(dash + 1), text);
            if (last < first) {
                throw malformed(text);
            }
            for (int lun = first; lun <= last; lun++) {
                numbers.add(lun);
            }
        }
        return new LunSet(List.copyOf(numbers));
    }

    private static int number(String digits, String text) {
        if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > MAX_LUN) {
            throw malformed(text);
        }
        return Integer.parseInt(digits);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\""
                        + text
                        + "\" are not LUNs. Write all, or numbers from 0 to "
                        + MAX_LUN
                        + ", for example 0,2,5-7.");
    }

    /// True if every LUN is meant.
    public boolean isAll() {
        return luns.isEmpty();
    }

    /// True if the LUN is meant.
    public boolean contains(int lun) {
        return isAll() || java.util.Collections.binarySearch(luns, lun) >= 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LunSet set && set.luns.equals(luns);
    }

    @Override
    public int hashCode() {
        return luns.hashCode();
    }

    /// As [#parse] reads it, with ranges.
    @Override
    public String toString() {
        if (isAll()) {
            return ALL_TEXT;
        }
        var ranges = new ArrayList<int[]>();
        for (int lun : luns) {
            if (!ranges.isEmpty() && ranges.getLast()[1] == lun - 1) {
                ranges.getLast()[1] = lun;
            } else {
                ranges.add(new int[] {lun, lun});
            }
        }
        return ranges.stream()
                .map(r -> r[0] == r[1] ? String.valueOf(r[0]) : r[0] + "-" + r[1])
                .collect(Collectors.joining(","));
    }
}
