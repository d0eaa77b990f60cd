// XXH3-64, compiled into the caller: no shared library is needed at run time.
#pragma once
#define XXH_INLINE_ALL
// Without these two xxHash takes its scalar code, which is as fast for names, and leaves out the
// compiler's module of intrinsics, whose own copies of system types lack _GNU_SOURCE.
#undef __SSE2__
#undef __AVX2__
#include <xxhash.h>

static inline uint64_t sg_xxh3_64(const void *bytes, size_t count) {
    return XXH3_64bits(bytes, count);
}
