#define _GNU_SOURCE
// The leanest server that can answer load.c: the limit that the machine sets, not a target for anybody's data.
//
//   responder FILE        prints the port it chose, serves FILE as LUN 0 of any target name until it is ended
//
// One thread, one recv and one send for all that a connection has to say at a time, pread and pwrite of the page cache between.
// It believes what it is told, takes a WRITE's data only as immediate data (it asks for bursts of 256 KiB), and knows a handful
// of commands. Digests as the login wishes.
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"

enum { BHS = 48, BUFFER = 1 << 20, LARGEST = 262144 + 2 * BHS, WINDOW = 512, EVENTS = 64 };

struct connection {
    int fd;
    bool digests, digests_next;
    uint8_t *in, *out;
    uint32_t in_start, in_end, out_end;
    uint32_t stat_sn, exp_cmd_sn;
};

static int disk;
static uint64_t sectors;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void put32(uint8_t *at, uint32_t value) { value = htobe32(value); memcpy(at, &value, 4); }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return be32toh(value); }
static uint64_t get64(const uint8_t *at) { uint64_t value; memcpy(&value, at, 8); return be64toh(value); }
static uint32_t get24(const uint8_t *at) { return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]; }

static void send_all(struct connection *c)
{
    for (uint32_t at = 0; at < c->out_end;) {
        ssize_t sent = send(c->fd, c->out + at, c->out_end - at, MSG_NOSIGNAL);
        if (sent > 0) at += (uint32_t)sent;
        else if (errno == EAGAIN) poll(&(struct pollfd) { c->fd, POLLOUT, 0 }, 1, -1);
        else break; // its end is seen by the next read
    }
    c->out_end = 0;
}

// Room for a PDU: its header, zeroed; the segment comes after header_size.
static uint8_t *begin_pdu(struct connection *c, uint8_t opcode, const uint8_t *request)
{
    if (c->out_end + LARGEST > BUFFER) send_all(c);
    uint8_t *pdu = c->out + c->out_end;
    memset(pdu, 0, BHS);
    pdu[0] = opcode;
    pdu[1] = 0x80;
    memcpy(pdu + 16, request + 16, 4);
    return pdu;
}

static uint32_t header_size(const struct connection *c) { return BHS + (c->digests ? 4 : 0); }

static void end_pdu(struct connection *c, uint8_t *pdu, uint32_t length)
{
    uint32_t crc, padded = (length + 3) & ~3u, header = header_size(c);
    pdu[5] = (uint8_t)(length >> 16);
    pdu[6] = (uint8_t)(length >> 8);
    pdu[7] = (uint8_t)length;
    put32(pdu + 24, c->stat_sn++);
    put32(pdu + 28, c->exp_cmd_sn);
    put32(pdu + 32, c->exp_cmd_sn + WINDOW - 1);
    memset(pdu + header + length, 0, padded - length);
    c->out_end += header + padded;
    if (!c->digests) return;
    crc = htole32(crc32c(pdu, BHS));
    memcpy(pdu + BHS, &crc, 4);
    if (length == 0) return;
    crc = htole32(crc32c(pdu + header, padded));
    memcpy(pdu + header + padded, &crc, 4);
    c->out_end += 4;
}

static void answer_status(struct connection *c, const uint8_t *request, uint8_t status)
{
    uint8_t *pdu = begin_pdu(c, 0x21, request);
    pdu[3] = status;
    end_pdu(c, pdu, 0);
}

// Data with status GOOD, at most what was asked for.
static void answer_data(struct connection *c, const uint8_t *request, const uint8_t *data, uint32_t length)
{
    uint8_t *pdu = begin_pdu(c, 0x25, request);
    uint32_t asked = get32(request + 20);
    if (length > asked) length = asked;
    pdu[1] |= 1;
    put32(pdu + 20, 0xffffffff);
    if (length < asked) {
        pdu[1] |= 2;
        put32(pdu + 44, asked - length);
    }
    memcpy(pdu + header_size(c), data, length);
    end_pdu(c, pdu, length);
}

static void answer_read(struct connection *c, const uint8_t *request)
{
    uint32_t length = get32(request + 32 + 10) * 512;
    uint8_t *pdu = begin_pdu(c, 0x25, request);
    pdu[1] |= 1;
    put32(pdu + 20, 0xffffffff);
    if (pread(disk, pdu + header_size(c), length, (off_t)(get64(request + 32 + 2) * 512)) != (ssize_t)length) fail("pread");
    end_pdu(c, pdu, length);
}

static void answer_write(struct connection *c, const uint8_t *request, const uint8_t *data, uint32_t length)
{
    uint32_t crc;
    if (c->digests && memcpy(&crc, data + length, 4) && le32toh(crc) != crc32c(data, length)) fail("a data digest is wrong");
    if (length != get32(request + 32 + 10) * 512) fail("a WRITE whose data is not all immediate");
    if (pwrite(disk, data, length, (off_t)(get64(request + 32 + 2) * 512)) != (ssize_t)length) fail("pwrite");
    answer_status(c, request, 0);
}

static void answer_command(struct connection *c, const uint8_t *pdu, const uint8_t *data, uint32_t length)
{
    static const uint8_t inquiry[36] = { 0, 0, 6, 2, 31, [8] = 'L', 'E', 'A', 'N' };
    static const uint8_t caching[24] = { 23, [4] = 8, 18, 4 }; // write cache enabled
    uint8_t capacity[32] = { [10] = 2 };
    c->exp_cmd_sn = get32(pdu + 24) + 1;
    switch (pdu[32]) {
    case 0x88: answer_read(c, pdu); break;
    case 0x8a: answer_write(c, pdu, data, length); break;
    case 0x12: answer_data(c, pdu, inquiry, sizeof inquiry); break;
    case 0x1a: answer_data(c, pdu, caching, sizeof caching); break;
    case 0x9e:
        put32(capacity + 4, (uint32_t)(sectors - 1));
        answer_data(c, pdu, capacity, sizeof capacity);
        break;
    case 0x00: case 0x35: answer_status(c, pdu, 0); break;
    default: answer_status(c, pdu, 2);
    }
}

// Goes to whatever stage is wished, and declares what suits this program.
static void answer_login(struct connection *c, const uint8_t *request, const char *text, uint32_t length)
{
    static const char stage_keys[] = "TargetPortalGroupTag=1\0AuthMethod=None\0";
    static const char keys[] = "InitialR2T=No\0ImmediateData=Yes\0MaxRecvDataSegmentLength=262144\0MaxBurstLength=262144\0"
        "FirstBurstLength=262144\0MaxConnections=1\0MaxOutstandingR2T=1\0ErrorRecoveryLevel=0\0DefaultTime2Wait=2\0DefaultTime2Retain=0\0"
        "DataPDUInOrder=Yes\0DataSequenceInOrder=Yes\0";
    static const char digests[] = "HeaderDigest=CRC32C\0DataDigest=CRC32C\0", none[] = "HeaderDigest=None\0DataDigest=None\0";
    uint8_t *pdu = begin_pdu(c, 0x23, request);
    char *answer = (char *)pdu + BHS;
    uint32_t at = 0;
    pdu[1] = request[1];
    memcpy(pdu + 8, request + 8, 6);
    put32(pdu + 12, get32(request + 12) | 1);
    c->exp_cmd_sn = get32(request + 24);
    if ((request[1] & 0x0c) == 0) {
        memcpy(answer, stage_keys, at = sizeof stage_keys - 1);
    } else {
        c->digests_next = memmem(text, length, "HeaderDigest=CRC32C", 19) != NULL;
        memcpy(answer, keys, at = sizeof keys - 1);
        memcpy(answer + at, c->digests_next ? digests : none, c->digests_next ? sizeof digests - 1 : sizeof none - 1);
        at += c->digests_next ? sizeof digests - 1 : sizeof none - 1;
    }
    end_pdu(c, pdu, at);
    c->digests = c->digests_next;
}

static bool take_pdu(struct connection *c)
{
    uint8_t *pdu = c->in + c->in_start;
    uint32_t available = c->in_end - c->in_start, header = header_size(c), crc;
    if (available < header) return false;
    uint32_t length = get24(pdu + 5), whole = header + ((length + 3) & ~3u) + (c->digests && length ? 4 : 0);
    if (available < whole) return false;
    if (c->digests && memcpy(&crc, pdu + BHS, 4) && le32toh(crc) != crc32c(pdu, BHS)) fail("a header digest is wrong");
    c->in_start += whole;
    switch (pdu[0] & 0x3f) {
    case 0x01: answer_command(c, pdu, pdu + header, length); break;
    case 0x03: answer_login(c, pdu, (char *)pdu + header, length); break;
    case 0x06: end_pdu(c, begin_pdu(c, 0x26, pdu), 0); break;
    default: fprintf(stderr, "responder: opcode 0x%02x\n", pdu[0]), exit(1);
    }
    return true;
}

static void serve(struct connection *c)
{
    if (BUFFER - c->in_end < LARGEST) {
        memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
        c->in_end -= c->in_start;
        c->in_start = 0;
    }
    ssize_t got = read(c->fd, c->in + c->in_end, BUFFER - c->in_end);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        close(c->fd);
        free(c->in);
        free(c->out);
        free(c);
        return;
    }
    c->in_end += (uint32_t)got;
    while (take_pdu(c)) { }
    if (c->in_start == c->in_end) c->in_start = c->in_end = 0;
    send_all(c);
}

static void accept_one(int events, int listener)
{
    int one = 1;
    struct connection *c = calloc(1, sizeof *c);
    c->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (c->fd < 0) fail("accept");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->in = malloc(BUFFER);
    c->out = malloc(BUFFER);
    if (epoll_ctl(events, EPOLL_CTL_ADD, c->fd, &(struct epoll_event) { .events = EPOLLIN, .data.ptr = c }) < 0) fail("epoll_ctl");
}

int main(int count, char **words)
{
    struct stat found;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    if (count != 2 || (disk = open(words[1], O_RDWR | O_CLOEXEC)) < 0 || fstat(disk, &found) < 0) fail("wanted: responder FILE");
    sectors = (uint64_t)found.st_size / 512;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), events = epoll_create1(EPOLL_CLOEXEC);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 512) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0) fail("listen");
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &(struct epoll_event) { .events = EPOLLIN, .data.ptr = NULL });
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    for (struct epoll_event ready[EVENTS];;) {
        int many = epoll_wait(events, ready, EVENTS, -1);
        for (int i = 0; i < many; i++) {
            if (ready[i].data.ptr) serve(ready[i].data.ptr);
            else accept_one(events, listener);
        }
    }
}
