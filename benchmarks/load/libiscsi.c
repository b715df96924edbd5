// The initiator of initiator.h over libiscsi: slower than wire.c, and somebody else's, so that one can see whether what compare
// finds is an artefact of our own initiator. As of 1.19 it knows no data digest.
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "initiator.h"

struct session {
    struct iscsi_context *context;
    unsigned lun;
    uint32_t depth, in_flight;
};

// A command's way through libiscsi.
struct passage {
    struct session *session;
    struct command *command;
};

static void answered(struct iscsi_context *context, int status, void *data, void *private)
{
    struct passage *passage = private;
    struct command *c = passage->command;
    struct scsi_task *task = data;
    if (status != SCSI_STATUS_GOOD && status != SCSI_STATUS_CHECK_CONDITION) die("status 0x%x: %s", status, iscsi_get_error(context));
    c->status = (uint8_t)status;
    c->sense_key = (uint8_t)task->sense.key;
    c->asc = (uint8_t)(task->sense.ascq >> 8);
    c->ascq = (uint8_t)task->sense.ascq;
    passage->session->in_flight--;
    free(passage);
    scsi_free_scsi_task(task);
    c->done(c);
}

bool session_may_submit(const struct session *s) { return s->in_flight < s->depth; }

void session_submit(struct session *s, struct command *c)
{
    static const int ways[] = { [NO_DATA] = SCSI_XFER_NONE, [READ_DATA] = SCSI_XFER_READ, [WRITE_DATA] = SCSI_XFER_WRITE };
    struct scsi_task *task = scsi_create_task(16, c->cdb, ways[c->direction], (int)c->length);
    struct passage *passage = malloc(sizeof *passage);
    if (task == NULL || passage == NULL) die("no memory");
    *passage = (struct passage) { s, c };
    struct iscsi_data data = { c->length, c->buffer };
    if (c->direction == READ_DATA) scsi_task_add_data_in_buffer(task, (int)c->length, c->buffer);
    s->in_flight++;
    if (iscsi_scsi_command_async(s->context, (int)s->lun, task, answered, c->direction == WRITE_DATA ? &data : NULL, passage) != 0)
        die("cannot send: %s", iscsi_get_error(s->context));
}

static void serve(struct session *s, int events)
{
    if (iscsi_service(s->context, events) < 0) die("the connection broke: %s", iscsi_get_error(s->context));
}

bool session_flush(struct session *s)
{
    if (iscsi_which_events(s->context) & POLLOUT) serve(s, POLLOUT);
    return (iscsi_which_events(s->context) & POLLOUT) == 0;
}

void session_receive(struct session *s) { serve(s, POLLIN); }

static bool run_done;
static void note_run_done(struct command *command) { (void)command; run_done = true; }

void session_run(struct session *s, struct command *c)
{
    c->done = note_run_done;
    run_done = false;
    session_submit(s, c);
    while (!run_done) {
        struct pollfd waiting = { iscsi_get_fd(s->context), (short)iscsi_which_events(s->context), 0 };
        if (poll(&waiting, 1, 30000) == 0) die("the target has not answered for 30 s");
        serve(s, waiting.revents);
    }
}

struct session *session_open(uint16_t port, const char *target, const char *initiator, unsigned lun, uint32_t depth, bool digests)
{
    struct session *s = calloc(1, sizeof *s);
    char portal[32];
    snprintf(portal, sizeof portal, "127.0.0.1:%u", port);
    if (digests) die("libiscsi knows no data digest");
    s->context = iscsi_create_context(initiator);
    s->lun = lun;
    s->depth = depth;
    iscsi_set_targetname(s->context, target);
    iscsi_set_session_type(s->context, ISCSI_SESSION_NORMAL);
    iscsi_set_header_digest(s->context, ISCSI_HEADER_DIGEST_NONE);
    if (iscsi_full_connect_sync(s->context, portal, (int)lun) != 0) die("cannot log in to %s: %s", portal, iscsi_get_error(s->context));
    return s;
}

int session_fd(const struct session *s) { return iscsi_get_fd(s->context); }

void session_close(struct session *s)
{
    iscsi_logout_sync(s->context);
    iscsi_destroy_context(s->context);
    free(s);
}
