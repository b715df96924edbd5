package io.cowherd.iscsi.login;

import java.net.InetAddress;

/// Who wants to log in, as far as that is known before anything is proved.
///
/// **Threading.** *Immutable.*
///
/// @param initiatorName iSCSI name in lower case: what the host says
/// @param address where its connection comes from
/// @param isLocal true if the connection goes over loopback: the host is on this machine
public record Visitor(String initiatorName, InetAddress address, boolean isLocal) {}
