// Asks iSCSI targets on 127.0.0.1 for blocks, checks what comes, and says how long it took, as one line of JSON.
//
//   load fill  FILE STATE SIZE SEED              writes a patterned disk, and the file of its generations
//   load run   [OPTIONS] PORT TARGET LUN STATE [TARGET LUN STATE]...
//
// STATE is a file of `load fill`, or - for a disk that was not filled: then nothing is checked. Every sector that is read in
// a run is checked by its head and tail, with --whole by each byte. A block is never asked for while a command on it is under way,
// so there is one right answer always. Exit codes: 0 done, 1 failed, 3 wrong data.
#include <fcntl.h>
#include <endian.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "initiator.h"
#include "pattern.h"

enum { MAX_DISKS = 256, MAX_CONNECTIONS = 512, MAX_BLOCK = 262144 };
enum order { RANDOM, SEQUENTIAL, SHUFFLED };

static struct {
    uint32_t connections, depth, block, read_percent;
    enum order order;
    uint64_t offset, length;        // of the range, in bytes; length 0: to the end
    double seconds, warmup;
    uint64_t operations;            // ends earlier; 0: no such end
    bool digests, whole;
    int server_pid;                 // 0: nobody's CPU time is counted
    uint64_t seed;                  // of the order
} options = { .connections = 1, .depth = 1, .block = 4096, .read_percent = 100, .seconds = 2, .seed = 1 };

struct state_header { uint64_t seed, units; };

struct disk {
    const char *target;
    unsigned lun;
    uint64_t seed;
    uint32_t *generations;          // by unit; null: not filled
    uint64_t first, blocks;         // the range, in blocks of options.block
    uint64_t cursor;
    uint32_t *shuffled;             // the order, if it is that
    uint64_t *busy;                 // a bit a block: a command is under way
};

struct slot {
    struct command command;         // first: what `done` is given
    struct connection *connection;
    uint64_t block, started;
    struct slot *next;
};

struct connection {
    struct session *session;
    struct disk *disk;
    struct slot *idle;
    uint32_t under_way;
};

static struct disk disks[MAX_DISKS];
static struct connection connections[MAX_CONNECTIONS];
static uint32_t disk_count;
static struct histogram latencies;
static uint64_t begin, end;         // of the measurement, nanoseconds
static uint64_t issued, reads, writes, checked_units;
static uint64_t random_state;

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t next_random(void) // splitmix64
{
    uint64_t x = random_state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

// ---- disks

static void map_state(struct disk *d, const char *path)
{
    struct stat found;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &found) < 0) die("cannot open %s", path);
    struct state_header *header = mmap(NULL, (size_t)found.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (header == MAP_FAILED || (uint64_t)found.st_size != sizeof *header + header->units * 4) die("%s is no file of generations", path);
    close(fd);
    d->seed = header->seed;
    d->generations = (uint32_t *)(header + 1);
}

static void fill(const char *path, const char *state, uint64_t size, uint64_t seed)
{
    static uint64_t buffer[MAX_BLOCK / 8];
    if (size % MAX_BLOCK != 0) die("a size is a multiple of %d", MAX_BLOCK);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *generations = fopen(state, "w");
    if (fd < 0 || generations == NULL) die("cannot write %s and %s", path, state);
    fwrite(&(struct state_header) { seed, size / UNIT }, sizeof(struct state_header), 1, generations);
    pattern_prepare(buffer, MAX_BLOCK / SECTOR);
    for (uint64_t at = 0; at < size; at += MAX_BLOCK) {
        for (uint32_t u = 0; u < MAX_BLOCK / UNIT; u++) {
            pattern_stamp(buffer + u * UNIT / 8, at / SECTOR + u * UNIT_SECTORS, 1, seed);
            fwrite(&(uint32_t) { 1 }, 4, 1, generations);
        }
        if (write(fd, buffer, MAX_BLOCK) != MAX_BLOCK) die("cannot write %s", path);
    }
    if (fsync(fd) < 0 || close(fd) < 0 || fclose(generations) != 0) die("cannot write %s", path);
}

static void choose_range(struct disk *d, uint64_t capacity)
{
    if (options.offset >= capacity) die("the disk has %" PRIu64 " bytes", capacity);
    uint64_t length = options.length ? options.length : capacity - options.offset;
    if (options.offset % options.block || length < options.block || options.offset + length > capacity) die("no such range in %" PRIu64 " bytes", capacity);
    d->first = options.offset / options.block;
    d->blocks = length / options.block;
    d->busy = calloc(d->blocks / 64 + 1, 8);
    if (d->blocks < 2ull * options.depth * options.connections && options.order == RANDOM) die("a range of %" PRIu64 " blocks is too small for this depth", d->blocks);
    if (options.order != SHUFFLED) return;
    d->shuffled = malloc(d->blocks * 4);
    for (uint64_t i = 0; i < d->blocks; i++) {
        uint64_t j = next_random() % (i + 1);
        d->shuffled[i] = d->shuffled[j];
        d->shuffled[j] = (uint32_t)i;
    }
}

// The next block nobody is at, or -1 if the order has come to its end.
static int64_t next_block(struct disk *d)
{
    uint64_t block;
    do {
        if (options.order == SHUFFLED && d->cursor == d->blocks) return -1;
        block = options.order == RANDOM ? next_random() % d->blocks
            : options.order == SEQUENTIAL ? d->cursor++ % d->blocks : d->shuffled[d->cursor++];
    } while (d->busy[block / 64] >> block % 64 & 1);
    d->busy[block / 64] |= 1ull << block % 64;
    return (int64_t)block;
}

// ---- commands

static void stamp(struct disk *d, uint8_t *buffer, uint64_t unit)
{
    for (uint32_t u = 0; u < options.block / UNIT; u++, unit++, buffer += UNIT)
        pattern_stamp((uint64_t *)(void *)buffer, unit * UNIT_SECTORS, d->generations ? ++d->generations[unit] : 1, d->seed);
}

static void check(struct disk *d, const uint8_t *buffer, uint64_t unit)
{
    for (uint32_t u = 0; u < options.block / UNIT; u++, unit++, buffer += UNIT)
        if (!pattern_check((const uint64_t *)(const void *)buffer, unit * UNIT_SECTORS, d->generations[unit], d->seed, options.whole)) exit(3);
    checked_units += options.block / UNIT;
}

static void completed(struct command *command)
{
    struct slot *slot = (struct slot *)command;
    struct connection *c = slot->connection;
    struct disk *d = c->disk;
    bool read = command->direction == READ_DATA;
    uint64_t time = now();
    if (command->status != 0)
        die("%s of block %" PRIu64 " failed: status 0x%02x, sense %x/%02x/%02x", read ? "READ" : "WRITE", d->first + slot->block,
            command->status, command->sense_key, command->asc, command->ascq);
    if (time >= begin && time < end) {
        histogram_add(&latencies, time - slot->started);
        ++*(read ? &reads : &writes);
    }
    if (read && d->generations) check(d, command->buffer, (d->first + slot->block) * (options.block / UNIT));
    d->busy[slot->block / 64] &= ~(1ull << slot->block % 64);
    slot->next = c->idle;
    c->idle = slot;
    c->under_way--;
}

static bool submit_one(struct connection *c, uint64_t time)
{
    struct slot *slot = c->idle;
    if (slot == NULL || time >= end || (options.operations && issued == options.operations) || !session_may_submit(c->session)) return false;
    int64_t block = next_block(c->disk);
    if (block < 0) return false;
    c->idle = slot->next;
    c->under_way++;
    issued++;
    slot->block = (uint64_t)block;
    bool read = options.read_percent == 100 || (options.read_percent && next_random() % 100 < options.read_percent);
    struct command *command = &slot->command;
    command->direction = read ? READ_DATA : WRITE_DATA;
    command->length = options.block;
    uint64_t lba = htobe64((c->disk->first + slot->block) * (options.block / SECTOR));
    uint32_t sectors = htobe32(options.block / SECTOR);
    memset(command->cdb, 0, 16);
    command->cdb[0] = read ? 0x88 : 0x8a;
    memcpy(command->cdb + 2, &lba, 8);
    memcpy(command->cdb + 10, &sectors, 4);
    if (!read) stamp(c->disk, command->buffer, (c->disk->first + slot->block) * (options.block / UNIT));
    slot->started = time;
    session_submit(c->session, command);
    return true;
}

// ---- connections

static void wait_until_ready(struct session *session)
{
    for (int tries = 0; tries < 16; tries++) { // unit attentions come one a command
        struct command ready = { .direction = NO_DATA };
        session_run(session, &ready);
        if (ready.status == 0) return;
        if (ready.sense_key != 6) die("TEST UNIT READY: status 0x%02x, sense %x/%02x/%02x", ready.status, ready.sense_key, ready.asc, ready.ascq);
    }
    die("16 unit attentions, and no end");
}

static uint64_t read_capacity(struct session *session)
{
    uint8_t data[32] = { 0 };
    struct command capacity = { .cdb = { 0x9e, 0x10, [13] = 32 }, .direction = READ_DATA, .length = 32, .buffer = data };
    session_run(session, &capacity);
    uint64_t last;
    memcpy(&last, data, 8);
    if (capacity.status != 0 || data[10] != 2) die("READ CAPACITY(16) failed, or the blocks are not of 512 bytes");
    return (be64toh(last) + 1) * SECTOR;
}

// The write cache enable bit of the caching mode page, or -1.
static int write_cache(struct session *session)
{
    uint8_t data[255] = { 0 };
    struct command sense = { .cdb = { 0x1a, 8, 8, 0, 255 }, .direction = READ_DATA, .length = 255, .buffer = data };
    session_run(session, &sense);
    uint32_t page = 4u + data[3];
    return sense.status == 0 && page + 2 < sizeof data && (data[page] & 0x3f) == 8 ? data[page + 2] >> 2 & 1 : -1;
}

static int open_connections(uint16_t port)
{
    int cache = -1;
    for (uint32_t i = 0; i < options.connections; i++) {
        struct connection *c = &connections[i];
        char name[64];
        snprintf(name, sizeof name, "iqn.2026-11.io.cowherd.load:%d-%" PRIu32, getpid(), i);
        c->disk = &disks[i % disk_count];
        c->session = session_open(port, c->disk->target, name, c->disk->lun, options.depth, options.digests);
        wait_until_ready(c->session);
        if (i < disk_count) choose_range(c->disk, read_capacity(c->session));
        if (i == 0) cache = write_cache(c->session);
        for (uint32_t n = 0; n < options.depth; n++) {
            struct slot *slot = calloc(1, sizeof *slot);
            slot->connection = c;
            slot->command.done = completed;
            slot->command.buffer = aligned_alloc(4096, options.block);
            pattern_prepare((uint64_t *)(void *)slot->command.buffer, options.block / SECTOR);
            slot->next = c->idle;
            c->idle = slot;
        }
    }
    return cache;
}

// ---- the measurement

// User and system time of a process with all its threads, in seconds.
static double cpu_seconds(int pid)
{
    char path[64], text[1024];
    unsigned long user, system;
    if (pid == 0) return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[length] = 0;
    char *after = strrchr(text, ')');
    if (!after || sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) die("process %d is gone", pid);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// What all processes took, interrupts included, and what was stolen from this machine, in seconds.
static double machine_cpu_seconds(void)
{
    unsigned long user, nice, system, interrupts, soft, steal;
    FILE *file = fopen("/proc/stat", "r");
    if (!file || fscanf(file, "cpu %lu %lu %lu %*u %*u %lu %lu %lu", &user, &nice, &system, &interrupts, &soft, &steal) != 6) die("cannot read /proc/stat");
    fclose(file);
    return (double)(user + nice + system + interrupts + soft + steal) / (double)sysconf(_SC_CLK_TCK);
}

struct cpu { double server, own, machine; };

static void add_cpu(struct cpu *sum, double sign)
{
    sum->server += sign * cpu_seconds(options.server_pid);
    sum->own += sign * own_cpu_seconds();
    sum->machine += sign * machine_cpu_seconds();
}

static uint32_t serve(struct pollfd *waiting)
{
    uint32_t under_way = 0;
    for (uint32_t i = 0; i < options.connections; i++) {
        struct connection *c = &connections[i];
        if (waiting[i].revents & ~POLLOUT) session_receive(c->session);
        if (c->idle)
            for (uint64_t time = now(); submit_one(c, time);) { }
        waiting[i].events = (short)(POLLIN | (session_flush(c->session) ? 0 : POLLOUT));
        waiting[i].revents = 0;
        under_way += c->under_way;
    }
    return under_way;
}

static void measure(int cache)
{
    struct pollfd waiting[MAX_CONNECTIONS];
    for (uint32_t i = 0; i < options.connections; i++) waiting[i] = (struct pollfd) { session_fd(connections[i].session), POLLIN, 0 };
    begin = now() + (uint64_t)(options.warmup * 1e9);
    end = begin + (uint64_t)(options.seconds * 1e9);
    struct cpu cpu = { 0 };
    enum { WARMING, COUNTING, COUNTED } phase = WARMING;
    uint64_t ended = end;
    while (serve(waiting) > 0 || phase == WARMING) {
        uint64_t time = now();
        if (phase == WARMING && time >= begin) {
            phase = COUNTING;
            add_cpu(&cpu, -1);
        } else if (phase == COUNTING && time >= end) {
            phase = COUNTED;
            add_cpu(&cpu, 1);
        }
        if (poll(waiting, options.connections, phase == WARMING ? 1 : 30000) == 0 && phase != WARMING) die("no answer for 30 s");
    }
    if (phase == COUNTING) { // it ended first: the operations ran out, or the last answers took longer
        if (now() < end) ended = now();
        add_cpu(&cpu, 1);
    }
    uint64_t total = reads + writes;
    double seconds = (double)(ended - begin) / 1e9, each = total ? 1e6 / (double)total : 0;
    printf("{\"operations\":%" PRIu64 ",\"seconds\":%.3f,\"iops\":%.1f,\"mib_s\":%.2f,\"mean_us\":%.2f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
        "\"p999_us\":%.2f,\"max_us\":%.2f,\"server_cpu_us\":%.3f,\"client_cpu_us\":%.3f,\"others_cpu\":%.3f,\"wce\":%d,\"issued\":%" PRIu64
        ",\"checked_units\":%" PRIu64 "}\n",
        total, seconds, (double)total / seconds, (double)total * options.block / seconds / 1048576,
        total ? seconds * 1e6 * options.depth * options.connections / (double)total : 0,
        histogram_micros(&latencies, .5), histogram_micros(&latencies, .99), histogram_micros(&latencies, .999), (double)latencies.max / 1e3,
        cpu.server * each, cpu.own * each, (cpu.machine - cpu.server - cpu.own) / seconds, cache, issued, checked_units);
}

// ---- the command line

enum { CONNECTIONS = 1, DEPTH, BLOCK, READS, ORDER, OFFSET, LENGTH, SECONDS, WARMUP, OPERATIONS, SERVER, SEED };

static const struct option known[] = {
    { "connections", required_argument, NULL, CONNECTIONS }, { "depth", required_argument, NULL, DEPTH },
    { "block", required_argument, NULL, BLOCK }, { "reads", required_argument, NULL, READS }, { "order", required_argument, NULL, ORDER },
    { "offset", required_argument, NULL, OFFSET }, { "length", required_argument, NULL, LENGTH },
    { "seconds", required_argument, NULL, SECONDS }, { "warmup", required_argument, NULL, WARMUP },
    { "operations", required_argument, NULL, OPERATIONS }, { "server-pid", required_argument, NULL, SERVER },
    { "seed", required_argument, NULL, SEED }, { "digests", no_argument, NULL, 'd' }, { "whole", no_argument, NULL, 'w' }, { 0 },
};

static uint64_t number(const char *text)
{
    char *after;
    uint64_t value = strtoull(text, &after, 0);
    if (*text == 0 || *after != 0) die("%s is no number", text);
    return value;
}

static enum order order_of(const char *name)
{
    if (strcmp(name, "random") == 0) return RANDOM;
    if (strcmp(name, "sequential") == 0) return SEQUENTIAL;
    if (strcmp(name, "shuffled") == 0) return SHUFFLED;
    die("the order is random, sequential or shuffled (each block once), not %s", name);
}

static void take_options(int count, char **words)
{
    int option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1) switch (option) {
        case CONNECTIONS: options.connections = (uint32_t)number(optarg); break;
        case DEPTH: options.depth = (uint32_t)number(optarg); break;
        case BLOCK: options.block = (uint32_t)number(optarg); break;
        case READS: options.read_percent = (uint32_t)number(optarg); break;
        case ORDER: options.order = order_of(optarg); break;
        case OFFSET: options.offset = number(optarg); break;
        case LENGTH: options.length = number(optarg); break;
        case SECONDS: options.seconds = atof(optarg); break;
        case WARMUP: options.warmup = atof(optarg); break;
        case OPERATIONS: options.operations = number(optarg); break;
        case SERVER: options.server_pid = (int)number(optarg); break;
        case SEED: options.seed = number(optarg); break;
        case 'd': options.digests = true; break;
        case 'w': options.whole = true; break;
        default: exit(2);
        }
    if (options.block < UNIT || options.block > MAX_BLOCK || options.block % UNIT) die("a block is a multiple of %d, up to %d", UNIT, MAX_BLOCK);
    if (options.connections < 1 || options.connections > MAX_CONNECTIONS) die("1 to %d connections", MAX_CONNECTIONS);
    if (options.depth < 1 || options.depth > 1024 || options.read_percent > 100) die("a depth of 1 to 1024, 0 to 100 %% reads");
}

static int run(int count, char **words)
{
    take_options(count, words);
    random_state = options.seed;
    words += optind;
    count -= optind;
    if (count < 4 || count % 3 != 1 || count / 3 > MAX_DISKS) die("wanted: PORT TARGET LUN STATE, and up to %d disks", MAX_DISKS);
    for (int i = 1; i < count; i += 3) {
        struct disk *d = &disks[disk_count++];
        d->target = words[i];
        d->lun = (unsigned)number(words[i + 1]);
        if (strcmp(words[i + 2], "-") != 0) map_state(d, words[i + 2]);
    }
    if (options.connections < disk_count) die("fewer connections than disks");
    measure(open_connections((uint16_t)number(words[0])));
    for (uint32_t i = 0; i < options.connections; i++) session_close(connections[i].session);
    return 0;
}

int main(int count, char **words)
{
    if (count == 6 && strcmp(words[1], "fill") == 0) {
        fill(words[2], words[3], number(words[4]), number(words[5]));
        return 0;
    }
    if (count > 1 && strcmp(words[1], "run") == 0) return run(count - 1, words + 1);
    die("wanted: load fill FILE STATE SIZE SEED, or load run [OPTIONS] PORT TARGET LUN STATE...");
}
