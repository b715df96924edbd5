package io.cowherd.mapping.snapshot;

/// What is known of a persistent COW store before it is read.
public enum StorePast {
    /// Nothing: it is taken as the kernel takes it; four zeros are a fresh one.
    UNKNOWN,
    /// Its snapshot begins now: it is to be made, or was written elsewhere and is brought along.
    NEW,
    /// It was made in a former life, and that has been recorded since; so its header was durable, and four zeros are damage.
    MADE,
    /// It was given up in a former life, whatever its header says.
    LOST
}
