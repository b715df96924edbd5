/// The bytes of a persistent COW store, version 1, as the Linux kernel writes them.
///
/// Terms: *header*, *exception record*, *terminator* (the record that ends the list). Any thread may call.
/// Knows no device; what is read where is the store's business.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.format;
