/// The exception table: which chunks have left their origin, and where in the store they are.
///
/// Terms: *exception* (an origin chunk replaced by a store chunk). Any thread may look up; one at a time may change.
/// Knows nothing of devices or of what is on disk.
package io.cowherd.mapping.table;
