/// JMH benchmarks of single mechanisms. BENCHMARKS.md has the commands and what they gave.
@org.jspecify.annotations.NullMarked
package io.cowherd.benchmarks;
