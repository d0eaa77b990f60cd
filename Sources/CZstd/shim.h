// zstd, in one go only: what is compressed here is small and at hand as a whole. libcurl has it in
// the process anyway.
#pragma once
#include <stddef.h>
#include <zstd.h>

// How many bytes were written; 0 when that did not work, or would not be smaller than `room`.
static inline size_t sg_zstd_compress(void *out, size_t room, const void *bytes, size_t count) {
    const size_t written = ZSTD_compress(out, room, bytes, count, 1);
    return ZSTD_isError(written) ? 0 : written;
}

// Whether `bytes` are one or more whole frames that hold exactly `count` bytes, which are then
// at `out`. Never writes more, whatever the frames claim.
static inline int sg_zstd_expand(void *out, size_t count, const void *bytes, size_t size) {
    const size_t written = ZSTD_decompress(out, count, bytes, size);
    return !ZSTD_isError(written) && written == count;
}
