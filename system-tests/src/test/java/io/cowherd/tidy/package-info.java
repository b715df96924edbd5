/// The house rules that no compiler checks, as a test that reads the sources.
@org.jspecify.annotations.NullMarked
package io.cowherd.tidy;
