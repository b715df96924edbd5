// An iSCSI session with one connection (RFC 7143), non-blocking, for as many commands as its owner has. wire.c and libiscsi.c are it.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum direction { NO_DATA, READ_DATA, WRITE_DATA };

// One command. Its owner keeps it and its buffer until `done` was called.
struct command {
    uint8_t cdb[16];
    enum direction direction;
    uint32_t length;
    uint8_t *buffer;
    uint8_t status;          // SCSI status; 0 is GOOD
    uint8_t sense_key, asc, ascq;
    uint32_t received;
    void (*done)(struct command *command);
    uint32_t slot;           // the initiator's own
};

struct session;

// Connects to 127.0.0.1:port and logs in; ends the process with a message if that fails.
struct session *session_open(uint16_t port, const char *target, const char *initiator, unsigned lun, uint32_t depth, bool digests);
int session_fd(const struct session *session);

// True if fewer than `depth` commands are under way and the target's command window is open.
bool session_may_submit(const struct session *session);
// Queues a command; sent by the next session_flush.
void session_submit(struct session *session, struct command *command);
// Sends what is queued. False: the socket is full, call again when it is writable.
bool session_flush(struct session *session);
// Takes what has come, and calls `done` for what is complete.
void session_receive(struct session *session);
// Sends a command and waits for it; for what comes before and after a measurement.
void session_run(struct session *session, struct command *command);
void session_close(struct session *session);

// Ends the process with a message.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
