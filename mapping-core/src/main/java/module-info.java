/// The pure heart: a user-space device-mapper. Requires nothing but `java.base` and JSpecify.
@org.jspecify.annotations.NullMarked
module io.cowherd.mapping {
    requires static transitive org.jspecify;

    exports io.cowherd.mapping.device;
    exports io.cowherd.mapping.dm;
    exports io.cowherd.mapping.snapshot;
    exports io.cowherd.mapping.table;
    exports io.cowherd.mapping.volume;
}
