package io.cowherd.management;

import java.time.Instant;

/// Something that happened to a volume.
///
/// @param id counts from 1 while the server runs
/// @param type `created`, `removed`, `renamed`, `resized`, `extended` or `failed`
/// @param time when
/// @param volume full name of the volume
/// @param detail a sentence, or empty
record Event(long id, String type, String time, String volume, String detail) {
    Event(long id, String type, Instant time, String volume, String detail) {
        this(id, type, time.toString(), volume, detail);
    }
}
