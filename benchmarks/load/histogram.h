// Latencies in nanoseconds, in buckets of at most 1/64 of their value, up to about 68 s.
#pragma once
#include <stdint.h>

enum { HISTOGRAM_SUB = 64, HISTOGRAM_BUCKETS = 32 * HISTOGRAM_SUB };

struct histogram {
    uint64_t count[HISTOGRAM_BUCKETS];
    uint64_t total, max;
};

static inline void histogram_add(struct histogram *h, uint64_t nanos)
{
    unsigned bucket = (unsigned)nanos;
    if (nanos >= HISTOGRAM_SUB) {
        unsigned shift = 63 - 6 - (unsigned)__builtin_clzll(nanos);
        bucket = shift * HISTOGRAM_SUB + (unsigned)(nanos >> shift);
    }
    h->count[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    h->total++;
    if (nanos > h->max) h->max = nanos;
}

// The middle of the bucket below which `share` of all values are, in microseconds.
static inline double histogram_micros(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += h->count[bucket];
        if (seen <= wanted) continue;
        if (bucket < HISTOGRAM_SUB) return bucket / 1e3;
        unsigned shift = bucket / HISTOGRAM_SUB - 1;
        uint64_t low = (uint64_t)(bucket % HISTOGRAM_SUB + HISTOGRAM_SUB) << shift;
        return ((double)low + (double)(1ull << shift) / 2) / 1e3;
    }
    return (double)h->max / 1e3;
}
