package io.cowherd.mapping.device;

/// How durable a write has to be before it returns.
public enum WriteMode {
    /// In the page cache at the least: survives the process, not the machine.
    CACHED,
    /// On stable storage, together with all metadata that is needed to find it (FUA).
    DURABLE
}
