// A C face for the few things that Sidegate asks of simdjson.
//
// simdjson's first stage finds every structural character of a document and checks its UTF-8 and
// its strings; a walk over those checks the nesting (which On-Demand does not do for what it
// skips) and notes where members lie. Neither reads beyond the document's last byte.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a scan can find wrong; 0 is success.
enum {
    sg_json_ok = 0,
    sg_json_too_large = 1,
    sg_json_no_memory = 2,
    sg_json_empty = 3,
    sg_json_invalid_utf8 = 4,
    sg_json_unclosed_string = 5,
    sg_json_control_character = 6,
    sg_json_too_deep = 7,
    sg_json_syntax = 8,
    sg_json_trailing = 9,
    sg_json_truncated = 10,
    sg_json_not_object = 11,
    sg_json_number = 12,
};

/// Kinds of values.
enum {
    sg_json_object = 1,
    sg_json_array = 2,
    sg_json_string = 3,
    sg_json_number_kind = 4,
    sg_json_true = 5,
    sg_json_false = 6,
    sg_json_null = 7,
};

/// One member of an object, or one element of an array (whose key is empty).
typedef struct {
    uint32_t key_start;    // at the quote
    uint32_t key_end;      // after the closing quote
    uint32_t value_start;
    uint32_t value_end;
    uint32_t value_index;  // where the value is in the list of structural characters
    int16_t known;         // number of the name, -1 if it is none of them
    uint8_t kind;
    uint8_t reserved;
} sg_json_member;

/// Names to recognise: `count` of them, sorted by length; name i is
/// bytes[offsets[i]..<offsets[i + 1]] and is reported as numbers[i].
typedef struct {
    const uint8_t *bytes;
    const uint32_t *offsets;
    const int16_t *numbers;
    uint32_t count;
} sg_json_names;

typedef struct sg_json_scanner sg_json_scanner;

sg_json_scanner *sg_json_scanner_create(uint32_t depth_max);
void sg_json_scanner_destroy(sg_json_scanner *scanner);

/// Checks a whole document and lists the members of the object that it must be. More than
/// `depth_max` nested containers, or more than the scanner takes, are refused.
/// `error_offset` is SIZE_MAX where the place is not known.
int sg_json_scan(sg_json_scanner *scanner, const uint8_t *bytes, size_t count, uint32_t depth_max,
                 const sg_json_names *names, size_t *error_offset);

/// Lists the children of a container of the document scanned last, after those already listed.
/// Returns the list's new length. A value that is no container of that document has no children.
size_t sg_json_children(sg_json_scanner *scanner, const uint8_t *bytes, uint32_t value_index,
                        uint32_t value_start, const sg_json_names *names);

/// The list; it moves with the next scan or list of children.
const sg_json_member *sg_json_members(const sg_json_scanner *scanner, size_t *count);

/// Writes the text of a JSON string (without its quotes) to `out`, which has room for `count`
/// bytes. Returns the length, or SIZE_MAX for an escape that is not one.
size_t sg_json_unescape(const uint8_t *bytes, size_t count, uint8_t *out);

/// The first place of `byte` in `start..<end`, or `end`.
static inline size_t sg_find_byte(const uint8_t *bytes, size_t start, size_t end, uint8_t byte) {
    const void *found = start < end ? memchr(bytes + start, byte, end - start) : NULL;
    return found ? (size_t)((const uint8_t *)found - bytes) : end;
}

/// A parsed tree, as simdjson's tape (its doc/tape.md).
typedef struct sg_json_tree sg_json_tree;
sg_json_tree *sg_json_tree_create(const uint8_t *bytes, size_t count, size_t depth_max,
                                  int *error);
void sg_json_tree_destroy(sg_json_tree *tree);
const uint64_t *sg_json_tree_tape(const sg_json_tree *tree);
const uint8_t *sg_json_tree_strings(const sg_json_tree *tree);

#ifdef __cplusplus
}
#endif
