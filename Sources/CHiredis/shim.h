// hiredis' protocol reader and command formatter; its connections are not used.
#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <string.h>

// What the reader has of a reply that is not whole: bytes, and whether they are those of a line (a
// status, an error, a number, a length) and not of a string whose length is known.
static inline size_t sg_redis_pending(const redisReader *reader) { return reader->len - reader->pos; }
static inline int sg_redis_is_in_line(const redisReader *reader) {
    if (reader->ridx < 0) return 1;
    if (reader->rstack[reader->ridx].type != REDIS_REPLY_STRING) return 1;
    return memchr(reader->buf + reader->pos, '\n', reader->len - reader->pos) == NULL;
}
