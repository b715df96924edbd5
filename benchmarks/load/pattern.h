// What the disks hold: every sector says which it is, so that a wrong, stale or torn one can be named.
//
//   word 0      LBA of the sector
//   word 1      generation: how often its unit has been written, 1 for the first fill
//   word 2      seed of the disk
//   words 3-62  a fixed sequence
//   word 63     LBA, generation and seed, mixed: a sector of two halves does not match
//
// Generations are counted per unit of 4 KiB, in a file that outlives a run (struct disk in load.c maps it).
#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SECTOR = 512, SECTOR_WORDS = SECTOR / 8, UNIT = 4096, UNIT_SECTORS = UNIT / SECTOR };

static inline uint64_t pattern_body(unsigned word)
{
    return 0x9e3779b97f4a7c15u * (word + 1);
}

static inline uint64_t pattern_mix(uint64_t lba, uint64_t generation, uint64_t seed)
{
    uint64_t x = lba * 0xbf58476d1ce4e5b9u ^ generation * 0x94d049bb133111ebu ^ seed;
    return x ^ x >> 31;
}

// Writes what never changes; once for a buffer.
static inline void pattern_prepare(uint64_t *buffer, uint32_t sectors)
{
    for (uint32_t s = 0; s < sectors; s++)
        for (unsigned w = 0; w < SECTOR_WORDS; w++) buffer[s * SECTOR_WORDS + w] = pattern_body(w);
}

// Makes a prepared unit the one at `lba`.
static inline void pattern_stamp(uint64_t *unit, uint64_t lba, uint64_t generation, uint64_t seed)
{
    for (unsigned s = 0; s < UNIT_SECTORS; s++, unit += SECTOR_WORDS) {
        unit[0] = lba + s;
        unit[1] = generation;
        unit[2] = seed;
        unit[SECTOR_WORDS - 1] = pattern_mix(lba + s, generation, seed);
    }
}

// True if the unit is what was written; otherwise says what is there instead. `whole` looks at every byte.
static inline bool pattern_check(const uint64_t *unit, uint64_t lba, uint64_t generation, uint64_t seed, bool whole)
{
    for (unsigned s = 0; s < UNIT_SECTORS; s++, unit += SECTOR_WORDS, lba++) {
        bool right = unit[0] == lba && unit[1] == generation && unit[2] == seed
            && unit[SECTOR_WORDS - 1] == pattern_mix(lba, generation, seed);
        unsigned w = 3;
        if (right && whole)
            while (w < SECTOR_WORDS - 1 && unit[w] == pattern_body(w)) w++;
        if (right && (!whole || w == SECTOR_WORDS - 1)) continue;
        fprintf(stderr, "load: WRONG DATA at LBA %" PRIu64 ": expected generation %" PRIu64 " of seed %" PRIx64
            ", found LBA %" PRIu64 ", generation %" PRIu64 ", seed %" PRIx64 ", %s\n",
            lba, generation, seed, unit[0], unit[1], unit[2],
            right ? "and a body that was never written"
                  : unit[SECTOR_WORDS - 1] == pattern_mix(unit[0], unit[1], unit[2]) ? "a whole sector" : "a torn sector");
        return false;
    }
    return true;
}
