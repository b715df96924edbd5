package io.cowherd.scenario;

/// What the two sides have agreed on; before, the defaults of RFC 7143 13.
final class Agreement {
    boolean headerDigest;
    boolean dataDigest;
    int initiatorMaxDataSegment = 8192;
    int targetMaxDataSegment = 8192;
    int maxBurst = 262_144;
    int firstBurst = 65_536;
    boolean initialR2t = true;
    boolean immediateData = true;

    /// Takes over what a login request offered and its response answered.
    void take(Message offered, Message answered) {
        initiatorMaxDataSegment =
                number(offered.key("MaxRecvDataSegmentLength"), initiatorMaxDataSegment);
        targetMaxDataSegment =
                number(answered.key("MaxRecvDataSegmentLength"), targetMaxDataSegment);
        maxBurst = number(answered.key("MaxBurstLength"), maxBurst);
        firstBurst = number(answered.key("FirstBurstLength"), firstBurst);
        initialR2t = yes(answered.key("InitialR2T"), initialR2t);
        immediateData = yes(answered.key("ImmediateData"), immediateData);
        headerDigest |= answered.key("HeaderDigest").equals("CRC32C");
        dataDigest |= answered.key("DataDigest").equals("CRC32C");
    }

    private static int number(String value, int otherwise) {
        return value.isEmpty() ? otherwise : Integer.parseInt(value);
    }

    private static boolean yes(String value, boolean otherwise) {
        return value.isEmpty() ? otherwise : value.equals("Yes");
    }
}
