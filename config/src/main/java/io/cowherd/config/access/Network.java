package io.cowherd.config.access;

import java.net.InetAddress;

/// Addresses that share their first bits, in CIDR notation: `192.0.2.0/24`, `2001:db8::/32`; a bare address is itself alone.
///
/// @param base an address of the network, whose other bits are 0
/// @param prefixLength how many bits are shared, 0 to 32 or 128
public record Network(InetAddress base, int prefixLength) {
    /// Validates that the base has no bits beyond the prefix, which would be a slip of the pen.
    public Network {
        byte[] bytes = base.getAddress();
        if (prefixLength < 0 || prefixLength > bytes.length * Byte.SIZE) {
            throw new IllegalArgumentException(
                    "A prefix of %d bits is not within 0 to %d."
                            .formatted(prefixLength, bytes.length * Byte.SIZE));
        }
        for (int bit = prefixLength; bit < bytes.length * Byte.SIZE; bit++) {
            if (bitAt(bytes, bit)) {
                throw new IllegalArgumentException(
                        "%s/%d has bits beyond its first %d. Write the network's first address."
                                .formatted(base.getHostAddress(), prefixLength, prefixLength));
            }
        }
    }

    /// Parses `ADDRESS/BITS` or `ADDRESS`. Never asks DNS. An IPv4-mapped IPv6 address is its IPv4 address.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        try {
            InetAddress base = InetAddress.ofLiteral(address);
            int bits = base.getAddress().length * Byte.SIZE;
            return new Network(
                    base, slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1)));
        } catch (NumberFormatException _) {
            throw malformed(text);
        } catch (IllegalArgumentException e) {
            throw address.equals(text) || String.valueOf(e.getMessage()).contains("Invalid")
                    ? malformed(text)
                    : e;
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\""
                        + text
                        + "\" is not a network. Write for example 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7.");
    }

    /// True if the address is of this network; an address of the other family never is.
    public boolean contains(InetAddress address) {
        byte[] mine = base.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < prefixLength; bit++) {
            if (bitAt(mine, bit) != bitAt(other, bit)) {
                return false;
            }
        }
        return true;
    }

    private static boolean bitAt(byte[] bytes, int bit) {
        return (bytes[bit / Byte.SIZE] >> (Byte.SIZE - 1 - bit % Byte.SIZE) & 1) == 1;
    }

    @Override
    public String toString() {
        return base.getHostAddress() + "/" + prefixLength;
    }
}
