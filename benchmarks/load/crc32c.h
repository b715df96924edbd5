// CRC32C (Castagnoli) as iSCSI's digests use it: RFC 7143 section 13.1.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t crc32c(const void *data, size_t length)
{
    const uint8_t *p = data;
    uint64_t crc = 0xffffffffu;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; length > 0; p++, length--) crc = __builtin_ia32_crc32qi((uint32_t)crc, *p);
    return ~(uint32_t)crc;
}
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static inline uint32_t crc32c(const void *data, size_t length)
{
    const uint8_t *p = data;
    uint32_t crc = 0xffffffffu;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    for (; length > 0; p++, length--) crc = __crc32cb(crc, *p);
    return ~crc;
}
#else
#error "needs a processor with a CRC32C instruction: x86-64 with SSE4.2, or ARM with -march=armv8-a+crc"
#endif
