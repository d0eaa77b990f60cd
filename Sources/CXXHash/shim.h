// XXH3-64, compiled into the caller: no shared library is needed at run time.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // as every module here, or their copies of system types would differ
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t sg_xxh3_64(const void *bytes, size_t count) {
    return XXH3_64bits(bytes, count);
}
