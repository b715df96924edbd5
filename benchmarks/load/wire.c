// The initiator of initiator.h, on the wire itself: as few system calls as there are bursts, so that what is measured is the
// server. (Over libiscsi the same load got a seventh of the commands from the lean responder; and as of 1.19 it knows no data digest.)
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crc32c.h"
#include "initiator.h"

enum {
    BHS = 48,
    MAX_SEGMENT = 262144,             // MaxRecvDataSegmentLength, both bursts: what we offer
    RECEIVE_BUFFER = 262144,
    MAX_TEXT = 8192,
    MAX_VECTORS = 256,                // of one sendmsg
    OP_COMMAND = 0x01, OP_LOGIN = 0x03, OP_DATA_OUT = 0x05, OP_LOGOUT = 0x06, OP_NOP_OUT = 0x00,
    OP_NOP_IN = 0x20, OP_RESPONSE = 0x21, OP_LOGIN_RESPONSE = 0x23, OP_DATA_IN = 0x25, OP_LOGOUT_RESPONSE = 0x26,
    OP_R2T = 0x31, OP_ASYNC = 0x32, OP_REJECT = 0x3f, IMMEDIATE = 0x40, FINAL = 0x80,
};

// A PDU to be sent: header, digests, and a data segment in its command's buffer.
struct outgoing {
    uint8_t header[BHS + 4];
    uint8_t trailer[4];
    const uint8_t *data;
    uint32_t header_length, length, trailer_length;
};

struct session {
    int fd;
    bool digests;                     // both, once logged in
    unsigned lun;
    uint32_t depth, in_flight;
    struct command **slots;           // by initiator task tag
    uint32_t *free_slots;
    uint32_t cmd_sn, exp_stat_sn, max_cmd_sn;
    bool immediate_data, initial_r2t;
    uint32_t first_burst, max_segment; // what the target takes

    struct outgoing *out;             // a ring
    uint32_t out_capacity, out_head, out_tail, out_sent;

    uint8_t *in;                      // received and not yet looked at
    uint32_t in_start, in_end;
    uint8_t bhs[BHS];                 // of the Data-In whose payload is arriving
    struct command *filling;          // its command, or null
    uint32_t fill_at, fill_left, fill_begin;
};

static void put32(uint8_t *at, uint32_t value) { value = htobe32(value); memcpy(at, &value, 4); }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return be32toh(value); }
static uint32_t get24(const uint8_t *at) { return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]; }
static void put24(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 16); at[1] = (uint8_t)(value >> 8); at[2] = (uint8_t)value; }
static uint32_t padded(uint32_t length) { return (length + 3) & ~3u; }
static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

// ---- sending

static struct outgoing *next_outgoing(struct session *s)
{
    if (s->out_tail - s->out_head == s->out_capacity) die("more than %u PDUs wait to be sent", s->out_capacity);
    struct outgoing *pdu = &s->out[s->out_tail++ & (s->out_capacity - 1)];
    memset(pdu, 0, sizeof *pdu);
    return pdu;
}

// The segment is a multiple of 4 bytes: blocks are, and login texts are padded by their writer.
static void seal(struct session *s, struct outgoing *pdu, const uint8_t *data, uint32_t length)
{
    pdu->data = data;
    pdu->length = length;
    put24(pdu->header + 5, length);
    pdu->header_length = BHS;
    if (!s->digests) return;
    uint32_t crc = htole32(crc32c(pdu->header, BHS));
    memcpy(pdu->header + BHS, &crc, 4);
    pdu->header_length += 4;
    if (length == 0) return;
    crc = htole32(crc32c(data, length));
    memcpy(pdu->trailer, &crc, 4);
    pdu->trailer_length = 4;
}

static void queue_data_out(struct session *s, const struct command *c, uint32_t tag, uint32_t transfer_tag, uint32_t offset, uint32_t length)
{
    for (uint32_t number = 0, end = offset + length; offset < end; number++) {
        uint32_t segment = least(end - offset, s->max_segment);
        struct outgoing *pdu = next_outgoing(s);
        pdu->header[0] = OP_DATA_OUT;
        pdu->header[1] = offset + segment == end ? FINAL : 0;
        pdu->header[8 + 1] = (uint8_t)s->lun;
        put32(pdu->header + 16, tag);
        put32(pdu->header + 20, transfer_tag);
        put32(pdu->header + 28, s->exp_stat_sn);
        put32(pdu->header + 36, number);
        put32(pdu->header + 40, offset);
        seal(s, pdu, c->buffer + offset, segment);
        offset += segment;
    }
}

bool session_may_submit(const struct session *s)
{
    return s->in_flight < s->depth && (int32_t)(s->max_cmd_sn - s->cmd_sn) >= 0;
}

void session_submit(struct session *s, struct command *c)
{
    if (s->in_flight == s->depth) die("more than %u commands", s->depth);
    uint32_t tag = s->free_slots[s->in_flight++];
    s->slots[tag] = c;
    c->slot = tag;
    c->received = 0;
    uint32_t first = c->direction == WRITE_DATA ? least(c->length, s->first_burst) : 0;
    uint32_t immediate = s->immediate_data ? least(first, s->max_segment) : 0;
    uint32_t unsolicited = s->initial_r2t ? 0 : first - immediate;
    struct outgoing *pdu = next_outgoing(s);
    pdu->header[0] = OP_COMMAND;
    pdu->header[1] = (uint8_t)(1 | (unsolicited ? 0 : FINAL) | (c->direction == READ_DATA ? 0x40 : 0) | (c->direction == WRITE_DATA ? 0x20 : 0));
    pdu->header[8 + 1] = (uint8_t)s->lun;
    put32(pdu->header + 16, tag);
    put32(pdu->header + 20, c->length);
    put32(pdu->header + 24, s->cmd_sn++);
    put32(pdu->header + 28, s->exp_stat_sn);
    memcpy(pdu->header + 32, c->cdb, 16);
    seal(s, pdu, c->buffer, immediate);
    if (unsolicited) queue_data_out(s, c, tag, 0xffffffff, immediate, unsolicited);
}

// Adds what is left of one part after `skip` bytes.
static void add_vector(struct iovec *vectors, int *count, const void *data, uint32_t length, uint32_t *skip)
{
    uint32_t over = least(*skip, length);
    *skip -= over;
    if (length > over) vectors[(*count)++] = (struct iovec) { (uint8_t *)(uintptr_t)data + over, length - over };
}

static uint32_t size_of(const struct outgoing *pdu) { return pdu->header_length + pdu->length + pdu->trailer_length; }

bool session_flush(struct session *s)
{
    while (s->out_head != s->out_tail) {
        struct iovec vectors[MAX_VECTORS];
        int count = 0;
        uint32_t skip = s->out_sent;
        for (uint32_t i = s->out_head; i != s->out_tail && count + 3 <= MAX_VECTORS; i++) {
            struct outgoing *pdu = &s->out[i & (s->out_capacity - 1)];
            add_vector(vectors, &count, pdu->header, pdu->header_length, &skip);
            add_vector(vectors, &count, pdu->data, pdu->length, &skip);
            add_vector(vectors, &count, pdu->trailer, pdu->trailer_length, &skip);
        }
        ssize_t sent = writev(s->fd, vectors, count);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (sent < 0) die("the connection broke while sending: %s", strerror(errno));
        s->out_sent += (uint32_t)sent;
        while (s->out_head != s->out_tail && s->out_sent >= size_of(&s->out[s->out_head & (s->out_capacity - 1)]))
            s->out_sent -= size_of(&s->out[s->out_head++ & (s->out_capacity - 1)]);
    }
    return true;
}

// ---- receiving

static void note_numbers(struct session *s, const uint8_t *bhs, bool has_status)
{
    if (has_status) s->exp_stat_sn = get32(bhs + 24) + 1;
    uint32_t max = get32(bhs + 32);
    if ((int32_t)(max - s->max_cmd_sn) > 0) s->max_cmd_sn = max;
}

static struct command *command_of(struct session *s, const uint8_t *bhs)
{
    uint32_t tag = get32(bhs + 16);
    if (tag >= s->depth || s->slots[tag] == NULL) die("the target answers a command that was not asked: opcode 0x%02x, tag 0x%08x", bhs[0], tag);
    return s->slots[tag];
}

static void complete(struct session *s, struct command *c, uint8_t status)
{
    s->slots[c->slot] = NULL;
    s->free_slots[--s->in_flight] = c->slot;
    c->status = status;
    if (status == 0 && c->direction == READ_DATA && c->received != c->length && c->cdb[0] == 0x88)
        die("a READ of %u bytes brought %u", c->length, c->received);
    c->done(c);
}

static void take_response(struct session *s, const uint8_t *bhs, const uint8_t *data, uint32_t length)
{
    struct command *c = command_of(s, bhs);
    note_numbers(s, bhs, true);
    if (bhs[2] != 0) die("iSCSI response 0x%02x instead of a SCSI status", bhs[2]);
    c->sense_key = c->asc = c->ascq = 0;
    if (length >= 2 + 14) {
        c->sense_key = data[2 + 2] & 0xf;
        c->asc = data[2 + 12];
        c->ascq = data[2 + 13];
    }
    complete(s, c, bhs[3]);
}

static void take_nop_in(struct session *s, const uint8_t *bhs)
{
    note_numbers(s, bhs, false);
    if (get32(bhs + 20) == 0xffffffff) return;
    struct outgoing *pdu = next_outgoing(s);
    pdu->header[0] = OP_NOP_OUT | IMMEDIATE;
    pdu->header[1] = FINAL;
    memcpy(pdu->header + 8, bhs + 8, 8);
    put32(pdu->header + 16, 0xffffffff);
    memcpy(pdu->header + 20, bhs + 20, 4);
    put32(pdu->header + 24, s->cmd_sn);
    put32(pdu->header + 28, s->exp_stat_sn);
    seal(s, pdu, NULL, 0);
}

static void data_in_ended(struct session *s)
{
    struct command *c = s->filling;
    s->filling = NULL;
    if ((s->bhs[1] & 1) == 0) return;
    note_numbers(s, s->bhs, true);
    complete(s, c, s->bhs[3]);
}

static void begin_data_in(struct session *s, const uint8_t *bhs)
{
    struct command *c = command_of(s, bhs);
    uint32_t offset = get32(bhs + 40), length = get24(bhs + 5);
    if (offset != c->received || length > c->length - offset)
        die("Data-In of %u bytes at %u, where %u of %u have come", length, offset, c->received, c->length);
    memcpy(s->bhs, bhs, BHS);
    s->filling = c;
    s->fill_at = s->fill_begin = offset;
    s->fill_left = length;
    c->received += length;
}

// Moves what the buffer has of a Data-In's payload. False: there is more to come.
static bool fill(struct session *s)
{
    uint32_t part = least(s->fill_left, s->in_end - s->in_start);
    memcpy(s->filling->buffer + s->fill_at, s->in + s->in_start, part);
    s->in_start += part;
    s->fill_at += part;
    s->fill_left -= part;
    if (s->fill_left > 0) return false;
    uint32_t length = s->fill_at - s->fill_begin;
    uint32_t trailing = padded(length) - length + (s->digests && length ? 4 : 0);
    if (s->in_end - s->in_start < trailing) return false;
    if (s->digests && length) {
        uint32_t crc;
        memcpy(&crc, s->in + s->in_start + trailing - 4, 4);
        if (le32toh(crc) != crc32c(s->filling->buffer + s->fill_begin, length)) die("a data digest is wrong");
    }
    s->in_start += trailing;
    data_in_ended(s);
    return true;
}

// One PDU from the buffer. False: it is not all there.
static bool take_pdu(struct session *s)
{
    const uint8_t *bhs = s->in + s->in_start;
    uint32_t available = s->in_end - s->in_start, header = BHS + (s->digests ? 4 : 0);
    if (available < header) return false;
    uint32_t length = get24(bhs + 5);
    uint8_t opcode = bhs[0] & 0x3f;
    uint32_t whole = header + padded(length) + (s->digests && length ? 4 : 0);
    if (opcode != OP_DATA_IN && available < whole) return false;
    if (s->digests) {
        uint32_t crc;
        memcpy(&crc, bhs + BHS, 4);
        if (le32toh(crc) != crc32c(bhs, BHS)) die("a header digest is wrong");
    }
    if (opcode == OP_DATA_IN) {
        begin_data_in(s, bhs);
        s->in_start += header;
        return true;
    }
    s->in_start += whole;
    struct command *c;
    switch (opcode) {
    case OP_RESPONSE: take_response(s, bhs, bhs + header, length); break;
    case OP_NOP_IN: take_nop_in(s, bhs); break;
    case OP_R2T:
        c = command_of(s, bhs);
        note_numbers(s, bhs, false);
        queue_data_out(s, c, c->slot, get32(bhs + 20), get32(bhs + 40), get32(bhs + 44));
        break;
    default: die("the target sent opcode 0x%02x, byte 2 is 0x%02x", opcode, bhs[2]);
    }
    return true;
}

void session_receive(struct session *s)
{
    struct iovec vectors[2];
    int count = 0;
    uint32_t direct = 0;
    if (s->filling && s->in_start == s->in_end && s->fill_left > 0) { // a long payload goes straight to where it belongs
        direct = s->fill_left;
        vectors[count++] = (struct iovec) { s->filling->buffer + s->fill_at, direct };
    }
    if (s->in_start == s->in_end) s->in_start = s->in_end = 0;
    if (s->in_end > RECEIVE_BUFFER / 2) {
        memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
        s->in_end -= s->in_start;
        s->in_start = 0;
    }
    vectors[count++] = (struct iovec) { s->in + s->in_end, RECEIVE_BUFFER - s->in_end };
    ssize_t got = readv(s->fd, vectors, count);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) die("the target closed the connection%s%s", got ? ": " : "", got ? strerror(errno) : "");
    uint32_t placed = least((uint32_t)got, direct);
    s->fill_at += placed;
    s->fill_left -= placed;
    s->in_end += (uint32_t)got - placed;
    while (s->filling ? fill(s) : take_pdu(s)) { }
}

static void wait_for(struct session *s)
{
    bool sent = session_flush(s);
    struct pollfd waiting = { s->fd, (short)(POLLIN | (sent ? 0 : POLLOUT)), 0 };
    if (poll(&waiting, 1, 30000) == 0) die("the target has not answered for 30 s");
    if (waiting.revents & ~POLLOUT) session_receive(s);
}

static bool run_done;
static void note_run_done(struct command *command) { (void)command; run_done = true; }

void session_run(struct session *s, struct command *c)
{
    c->done = note_run_done;
    run_done = false;
    session_submit(s, c);
    while (!run_done) wait_for(s);
}

// ---- login and logout

static uint32_t add_key(char *text, uint32_t at, const char *key, const char *value)
{
    return at + (uint32_t)snprintf(text + at, MAX_TEXT - at, "%s=%s", key, value) + 1;
}

static void read_exactly(struct session *s, uint8_t *to, uint32_t length)
{
    while (length > 0) {
        ssize_t got = read(s->fd, to, length);
        if (got <= 0) die("the target closed the connection during login");
        to += got;
        length -= (uint32_t)got;
    }
}

static const char *value_of(const char *text, uint32_t length, const char *key)
{
    for (const char *end = text + length; text < end; text += strlen(text) + 1)
        if (strncmp(text, key, strlen(key)) == 0 && text[strlen(key)] == '=') return text + strlen(key) + 1;
    return NULL;
}

static void take_keys(struct session *s, const char *text, uint32_t length, bool digests)
{
    const char *value;
    if ((value = value_of(text, length, "FirstBurstLength"))) s->first_burst = (uint32_t)atoi(value);
    if ((value = value_of(text, length, "MaxRecvDataSegmentLength"))) s->max_segment = (uint32_t)atoi(value);
    if ((value = value_of(text, length, "ImmediateData"))) s->immediate_data = strcmp(value, "Yes") == 0;
    if ((value = value_of(text, length, "InitialR2T"))) s->initial_r2t = strcmp(value, "Yes") == 0;
    const char *wanted = digests ? "CRC32C" : "None";
    const char *names[] = { "HeaderDigest", "DataDigest" };
    for (int i = 0; i < 2; i++)
        if ((value = value_of(text, length, names[i])) && strcmp(value, wanted) != 0) die("the target answers %s=%s", names[i], value);
}

// One login request and its answer. True: the target goes on to the next stage.
static bool login_step(struct session *s, uint8_t stages, const char *text, uint32_t length, bool digests)
{
    uint8_t pdu[BHS] = { OP_LOGIN | IMMEDIATE, (uint8_t)(FINAL | stages) };
    uint8_t answer[MAX_TEXT + 4] = { 0 }, zeros[4] = { 0 };
    put24(pdu + 5, length);
    pdu[8] = 0x80; // ISID: random format
    put32(pdu + 9, (uint32_t)getpid() << 8 | (uint32_t)s->fd);
    put32(pdu + 24, s->cmd_sn);
    put32(pdu + 28, s->exp_stat_sn);
    struct iovec vectors[] = { { pdu, BHS }, { (void *)(uintptr_t)text, length }, { zeros, padded(length) - length } };
    if (writev(s->fd, vectors, 3) != (ssize_t)(BHS + padded(length))) die("cannot send the login");
    read_exactly(s, pdu, BHS);
    if ((pdu[0] & 0x3f) != OP_LOGIN_RESPONSE) die("opcode 0x%02x for an answer to a login", pdu[0]);
    if (pdu[36] != 0) die("the target refuses the login: status 0x%02x%02x", pdu[36], pdu[37]);
    uint32_t answered = get24(pdu + 5);
    if (answered > MAX_TEXT) die("%u bytes of login text", answered);
    read_exactly(s, answer, padded(answered));
    take_keys(s, (char *)answer, answered, digests);
    s->exp_stat_sn = get32(pdu + 24) + 1;
    s->max_cmd_sn = get32(pdu + 32);
    return pdu[1] & FINAL;
}

static void login(struct session *s, const char *target, const char *initiator, bool digests)
{
    char text[MAX_TEXT];
    uint32_t at = add_key(text, 0, "InitiatorName", initiator);
    at = add_key(text, at, "TargetName", target);
    at = add_key(text, at, "SessionType", "Normal");
    at = add_key(text, at, "AuthMethod", "None");
    for (int tries = 0; !login_step(s, 0 << 2 | 1, text, at, digests); tries++, at = 0)
        if (tries == 8) die("the login does not leave its security stage");
    at = add_key(text, 0, "HeaderDigest", digests ? "CRC32C" : "None");
    at = add_key(text, at, "DataDigest", digests ? "CRC32C" : "None");
    at = add_key(text, at, "InitialR2T", "No");
    at = add_key(text, at, "ImmediateData", "Yes");
    at = add_key(text, at, "MaxRecvDataSegmentLength", "262144");
    at = add_key(text, at, "MaxBurstLength", "262144");
    at = add_key(text, at, "FirstBurstLength", "262144");
    at = add_key(text, at, "MaxConnections", "1");
    at = add_key(text, at, "MaxOutstandingR2T", "1");
    at = add_key(text, at, "ErrorRecoveryLevel", "0");
    at = add_key(text, at, "DefaultTime2Wait", "2");
    at = add_key(text, at, "DefaultTime2Retain", "0");
    at = add_key(text, at, "DataPDUInOrder", "Yes");
    at = add_key(text, at, "DataSequenceInOrder", "Yes");
    for (int tries = 0; !login_step(s, 1 << 2 | 3, text, at, digests); tries++, at = 0)
        if (tries == 8) die("the login does not leave its operational stage");
}

struct session *session_open(uint16_t port, const char *target, const char *initiator, unsigned lun, uint32_t depth, bool digests)
{
    struct session *s = calloc(1, sizeof *s);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&address, sizeof address) < 0) die("cannot connect to 127.0.0.1:%u: %s", port, strerror(errno));
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s->lun = lun;
    s->depth = depth;
    s->slots = calloc(depth, sizeof *s->slots);
    s->free_slots = calloc(depth, sizeof *s->free_slots);
    for (uint32_t i = 0; i < depth; i++) s->free_slots[i] = i;
    for (s->out_capacity = 1024; s->out_capacity < 64 * depth; s->out_capacity *= 2) { }
    s->out = calloc(s->out_capacity, sizeof *s->out);
    s->in = malloc(RECEIVE_BUFFER);
    s->cmd_sn = 1;
    s->first_burst = 65536; // RFC 7143 section 13: what holds unless it is said
    s->max_segment = 8192;
    s->immediate_data = true;
    s->initial_r2t = true;
    login(s, target, initiator, digests);
    s->digests = digests;
    if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0) die("cannot make the connection non-blocking");
    return s;
}

int session_fd(const struct session *s) { return s->fd; }

void session_close(struct session *s)
{
    uint8_t pdu[BHS + 4] = { OP_LOGOUT | IMMEDIATE, FINAL };
    put32(pdu + 16, 0xfffffffe);
    put32(pdu + 24, s->cmd_sn);
    put32(pdu + 28, s->exp_stat_sn);
    uint32_t length = BHS;
    if (s->digests) {
        uint32_t crc = htole32(crc32c(pdu, BHS));
        memcpy(pdu + BHS, &crc, 4);
        length += 4;
    }
    struct pollfd waiting = { s->fd, POLLIN, 0 };
    if (write(s->fd, pdu, length) == (ssize_t)length) poll(&waiting, 1, 5000);
    close(s->fd);
    free(s->slots);
    free(s->free_slots);
    free(s->out);
    free(s->in);
    free(s);
}
