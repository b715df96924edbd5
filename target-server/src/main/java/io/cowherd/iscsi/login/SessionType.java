package io.cowherd.iscsi.login;

/// What a session is for (RFC 7143 13.21).
public enum SessionType {
    /// SendTargets only.
    DISCOVERY,
    /// SCSI commands to one target.
    NORMAL
}
