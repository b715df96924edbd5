/// COW stores: where the chunks go that have left their origin, and how that becomes durable.
///
/// Terms: *prepare* (allocate a store chunk), *place* (write its data), *commit* (make the record durable), *publish*
/// (let readers see it); *pending exception* (one on its way through these four); *committer* (the thread that takes
/// a batch of them along that way). Any thread may look up and read; one committer at a time changes a store.
/// Knows neither snapshots nor who asked for an exception.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.store;
