/// Where things lie: chunks of a device, metadata areas of a store, capacity. Pure arithmetic.
///
/// Terms: *chunk* (the unit that leaves an origin), *area* (one chunk of exception records). Any thread may call.
/// Knows no device and no bytes.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.geometry;
