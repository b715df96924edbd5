/// The scenarios of the hosts' profile, played by an initiator that shares no code with the target.
///
/// Terms: *host* (an initiator with the habits of one operating system), *message* (a PDU as bytes). Nothing here imports
/// the codec it is to test: headers, digests and text keys are written anew from RFC 7143, and only a socket leads to the
/// server. Where the profile gives bytes, bytes are asserted; what must hold for every PDU a target sends is checked of
/// each one that arrives ([io.cowherd.scenario.WireRules]).
///
/// Not here: scenario 23, the failover clock, which needs two nodes and comes with the cluster. Test scope only; each
/// test is confined to its thread unless it says otherwise.
@org.jspecify.annotations.NullMarked
package io.cowherd.scenario;
