// zlib, of which only the checksum is used. libcurl has it in the process anyway.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

// Null bytes mean "start anew" to zlib, whatever the checksum; here they are no bytes.
static inline uint32_t sg_crc32(uint32_t checksum, const void *bytes, size_t count) {
    return bytes ? (uint32_t)crc32_z(checksum, (const Bytef *)bytes, count) : checksum;
}
