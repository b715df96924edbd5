package io.cowherd.management;

import org.jspecify.annotations.Nullable;

/// A successful answer.
///
/// @param status HTTP status
/// @param body what is sent as JSON, or null for none
/// @param location path of what was made, or null
record Reply(int status, @Nullable Object body, @Nullable String location) {
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int NO_CONTENT = 204;

    static Reply ok(Object body) {
        return new Reply(OK, body, null);
    }

    static Reply created(Object body, String location) {
        return new Reply(CREATED, body, location);
    }

    static Reply done() {
        return new Reply(NO_CONTENT, null, null);
    }
}
