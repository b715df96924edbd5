/// What an operator writes: records, validation, and the shipped defaults. Pure: no I/O framework.
@org.jspecify.annotations.NullMarked
module io.cowherd.config {
    requires static transitive org.jspecify;

    exports io.cowherd.config;
    exports io.cowherd.config.access;
}
