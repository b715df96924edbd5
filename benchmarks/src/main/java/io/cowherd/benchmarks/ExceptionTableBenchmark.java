package io.cowherd.benchmarks;

import io.cowherd.mapping.table.ExceptionTable;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One lookup in the exception table, beside `HashMap` in the same run: half of the lookups find something.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ExceptionTableBenchmark {
    /// How many exceptions there are.
    @Param({"10000", "1000000"})
    public int exceptions;

    private final ExceptionTable table = new ExceptionTable();
    private final Map<Long, Long> map = new HashMap<>();
    private long at;

    /// For JMH.
    public ExceptionTableBenchmark() {}

    /// Fills both with the same scattered chunks, every second chunk of the range.
    @Setup
    public void fill() {
        for (long i = 0; i < exceptions; i++) {
            table.insert(2 * i, i);
            map.put(2 * i, i);
        }
    }

    private long next() {
        at = (at * 6364136223846793005L + 1442695040888963407L) & Long.MAX_VALUE;
        return at % (2L * exceptions);
    }

    /// Ours.
    @Benchmark
    public long table() {
        return table.lookup(next());
    }

    /// The yardstick.
    @Benchmark
    public long hashMap() {
        Long found = map.get(next());
        return found == null ? ExceptionTable.ABSENT : found;
    }
}
