package io.cowherd.iscsi.login;

import io.cowherd.config.access.IscsiName;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.text.PeerText;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// Who logs in to what; said in the first request of a login.
///
/// **Threading.** *Immutable.*
///
/// @param initiatorName iSCSI name in lower case (RFC 3722 folds case)
/// @param isid 48 bits
/// @param type discovery or normal
/// @param target the target; null in a discovery session
public record LoginIdentity(
        String initiatorName, long isid, SessionType type, @Nullable TargetEntry target) {
    /// Checks and folds an iSCSI name.
    ///
    /// @throws LoginRefused if it is no iSCSI name
    static String name(String key, String value) throws LoginRefused {
        String name = IscsiName.folded(value);
        if (name == null) {
            throw new LoginRefused(
                    LoginStatus.INITIATOR_ERROR,
                    key
                            + " is no iSCSI name: "
                            + value.length()
                            + " characters, "
                            + PeerText.quoted(value));
        }
        return name;
    }

    /// Name of the initiator port: iSCSI name, `,i,0x`, ISID (RFC 7143 4.2.7.1).
    public String initiatorPort() {
        return initiatorName + ",i,0x" + "%012x".formatted(isid);
    }
}
