/// The management API: REST under `/v1`, health probes and events, over the volumes and the hosts that use them.
///
/// Terms: *call* (one request after its body has come), *endpoint* (what answers it), *problem* (an RFC 9457 answer
/// with cause and correction). Requests arrive on an event loop, endpoints work on worker threads and may block; event
/// streams live on their connection's loop. Knows nothing of iSCSI's PDUs: hosts are seen through
/// [io.cowherd.management.HostAccess].
@org.jspecify.annotations.NullMarked
package io.cowherd.management;
