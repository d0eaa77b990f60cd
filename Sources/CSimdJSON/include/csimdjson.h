// A C face for the few things that Sidegate asks of simdjson.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many bytes beyond the document's end simdjson may read (and the caller must own).
size_t sg_json_padding(void);

#ifdef __cplusplus
}
#endif
