package io.cowherd.scsi.lu;

import java.util.UUID;

/// Who a logical unit is, on every path and every node, for ever (docs/decisions/0002).
///
/// **Threading.** *Immutable.*
///
/// @param uuid the volume's; serial number and NAA identifier are made of it
/// @param name for logs only; hosts never see it
/// @param companyId 24 bits that stand where an NAA 6 identifier has the IEEE company_id
public record Identity(UUID uuid, String name, int companyId) {
    /// A company_id that IEEE assigns to nobody: locally administered, for administrators to choose (IEEE 802c, AAI).
    public static final int DEFAULT_COMPANY_ID = 0x02_43_57;

    /// T10 vendor identification, 8 bytes.
    public static final String VENDOR = "COWHERD ";

    /// Product identification, 16 bytes.
    public static final String PRODUCT = "VOLUME          ";

    /// Product revision level, 4 bytes.
    public static final String REVISION = "0001";

    /// Validates the company_id.
    public Identity {
        if (companyId < 0 || companyId > 0xFF_FFFF) {
            throw new IllegalArgumentException(
                    "Company id %x of %s is not within 0 to ffffff.".formatted(companyId, name));
        }
    }

    /// With [#DEFAULT_COMPANY_ID].
    public Identity(UUID uuid, String name) {
        this(uuid, name, DEFAULT_COMPANY_ID);
    }

    /// Unit serial number: the UUID in 32 hex digits.
    public String serial() {
        return "%016x%016x"
                .formatted(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
    }

    /// True if an NAA 6 identifier of two halves is this one: how a third-party copy names us.
    public boolean isNaa(long head, long tail) {
        return head == naaHead() && tail == naaTail();
    }

    /// First half of the NAA 6 identifier: `6`, company_id, the low 36 bits of the UUID's upper half.
    long naaHead() {
        return 6L << 60 | (long) companyId << 36 | (uuid.getMostSignificantBits() & 0xF_FFFF_FFFFL);
    }

    /// Second half of the NAA 6 identifier: the UUID's lower half.
    long naaTail() {
        return uuid.getLeastSignificantBits();
    }
}
