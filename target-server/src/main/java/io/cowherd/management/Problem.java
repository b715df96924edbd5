package io.cowherd.management;

import io.cowherd.mapping.volume.VolumeRefusedException;
import java.util.List;

/// What a refused request is answered with: `application/problem+json` (RFC 9457) with cause and correction.
///
/// @param status HTTP status
/// @param code stable name of the kind of refusal, for programs
/// @param title the kind of refusal, for people
/// @param cause one sentence naming the thing and why
/// @param correction one sentence saying what to do instead; may be empty
/// @param users sessions that are in the way; empty unless `code` is `IN_USE`
record Problem(
        int status,
        String code,
        String title,
        String cause,
        String correction,
        List<HostSession> users) {
    static final int BAD_REQUEST = 400;
    static final int UNAUTHORIZED = 401;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;
    static final int CONFLICT = 409;
    static final int BODY_TOO_LARGE = 413;
    static final int INTERNAL_ERROR = 500;
    static final int UNAVAILABLE = 503;
    static final int NO_ROOM = 507;
    static final int MISDIRECTED = 421;

    Problem {
        users = List.copyOf(users);
    }

    Problem(int status, String code, String title, String cause, String correction) {
        this(status, code, title, cause, correction, List.of());
    }

    static Problem invalid(String cause, String correction) {
        return new Problem(BAD_REQUEST, "INVALID", "Invalid request", cause, correction);
    }

    static Problem unavailable(String cause, String correction) {
        return new Problem(UNAVAILABLE, "UNAVAILABLE", "Not now", cause, correction);
    }

    static Problem of(VolumeRefusedException refused) {
        int status =
                switch (refused.reason()) {
                    case INVALID -> BAD_REQUEST;
                    case NOT_FOUND -> NOT_FOUND;
                    case EXISTS, CONFLICT -> CONFLICT;
                    case EXHAUSTED -> NO_ROOM;
                    case ELSEWHERE -> MISDIRECTED;
                };
        String title =
                switch (refused.reason()) {
                    case INVALID -> "Invalid request";
                    case NOT_FOUND -> "No such volume";
                    case EXISTS -> "The name is taken";
                    case CONFLICT -> "Not in this state";
                    case EXHAUSTED -> "No room";
                    case ELSEWHERE -> "Served by another node";
                };
        return new Problem(
                status,
                refused.reason().name(),
                title,
                String.valueOf(refused.getMessage()),
                refused.correction());
    }
}
