/// Asymmetric logical unit access (SPC-4 5.15): by which target ports a logical unit can be reached, and how well.
///
/// Terms: *target port group* (target ports that are always in the same state), *asymmetric access state*, *implicit*
/// (the target changes states, hosts do not). Values only: any thread. Who changes a state, and when, is decided elsewhere.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.alua;
