package io.cowherd.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// Columns as `lvs` prints them: two blanks in front, one between, sizes to the right.
final class TextTable {
    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /// Alignment of a column's values; headings are always to the left, as in `lvs`.
    enum Align {
        LEFT,
        RIGHT
    }

    /// @param heading what stands above
    /// @param align where values stand
    record Column(String heading, Align align) {
        static Column left(String heading) {
            return new Column(heading, Align.LEFT);
        }

        static Column right(String heading) {
            return new Column(heading, Align.RIGHT);
        }
    }

    TextTable(List<Column> columns) {
        this.columns = columns;
    }

    void add(List<String> row) {
        if (row.size() != columns.size()) {
            throw new IllegalArgumentException(row + " does not fit " + columns);
        }
        rows.add(row);
    }

    void print(PrintWriter out) {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            widths[i] =
                    Math.max(
                            columns.get(i).heading().length(),
                            rows.stream()
                                    .mapToInt(row -> row.get(column).length())
                                    .max()
                                    .orElse(0));
        }
        out.println(line(columns.stream().map(Column::heading).toList(), widths, true));
        rows.forEach(row -> out.println(line(row, widths, false)));
    }

    private String line(List<String> cells, int[] widths, boolean heading) {
        var line = new StringBuilder(" ");
        for (int i = 0; i < widths.length; i++) {
            String cell = cells.get(i);
            String padding = " ".repeat(widths[i] - cell.length());
            boolean right = !heading && columns.get(i).align() == Align.RIGHT;
            line.append(' ').append(right ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing();
    }
}
