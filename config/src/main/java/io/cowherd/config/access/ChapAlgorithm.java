package io.cowherd.config.access;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Hash functions of CHAP with their codes in CHAP_A (RFC 7143 12.1.3, IANA "PPP authentication algorithms").
public enum ChapAlgorithm {
    /// What every host knows.
    MD5(5, "MD5", 16),
    /// SHA-1.
    SHA1(6, "SHA-1", 20),
    /// SHA-256.
    SHA256(7, "SHA-256", 32),
    /// SHA3-256.
    SHA3_256(8, "SHA3-256", 32);

    /// What is chosen first when hosts offer several: the stronger first.
    public static final List<ChapAlgorithm> DEFAULT_PREFERENCE =
            List.of(SHA256, SHA3_256, SHA1, MD5);

    private final int code;
    private final String digestName;
    private final int digestBytes;

    ChapAlgorithm(int code, String digestName, int digestBytes) {
        this.code = code;
        this.digestName = digestName;
        this.digestBytes = digestBytes;
    }

    /// Number in CHAP_A.
    public int code() {
        return code;
    }

    /// Name of the hash function, as standards and Java write it.
    public String digestName() {
        return digestName;
    }

    /// Length of a response.
    public int digestBytes() {
        return digestBytes;
    }

    /// The algorithm of a name, with or without hyphens, in any case.
    ///
    /// @throws IllegalArgumentException with a sentence that names those that there are
    public static ChapAlgorithm parse(String name) {
        for (ChapAlgorithm algorithm : values()) {
            if (algorithm.digestName.equalsIgnoreCase(name)
                    || algorithm.digestName.replace("-", "").equalsIgnoreCase(name)) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException(
                "\""
                        + name
                        + "\" is no CHAP algorithm. There are "
                        + Arrays.stream(values())
                                .map(ChapAlgorithm::digestName)
                                .collect(Collectors.joining(", "))
                        + ".");
    }
}
