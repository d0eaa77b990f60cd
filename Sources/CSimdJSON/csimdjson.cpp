#include "csimdjson.h"
#include <simdjson.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace {

// Four bytes an input byte: what is kept between requests of ordinary size, and no more.
constexpr size_t capacity_kept_max = 1 << 20;

bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The end of the token that the structural character at `next` follows.
uint32_t token_end(const uint8_t *bytes, uint32_t next) {
    while (next > 0 && is_space(bytes[next - 1])) { next--; }
    return next;
}

uint8_t kind_of(uint8_t c) {
    switch (c) {
    case '{': return sg_json_object;
    case '[': return sg_json_array;
    case '"': return sg_json_string;
    case 't': return sg_json_true;
    case 'f': return sg_json_false;
    case 'n': return sg_json_null;
    case '-': return sg_json_number_kind;
    default: return c >= '0' && c <= '9' ? sg_json_number_kind : 0;
    }
}

const uint8_t *digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at >= '0' && *at <= '9') { at++; }
    return at;
}

// RFC 8259, section 6.
bool is_number(const uint8_t *at, const uint8_t *end) {
    if (at < end && *at == '-') { at++; }
    const uint8_t *start = at;
    at = digits(at, end);
    if (at == start || (*start == '0' && at - start > 1)) { return false; }
    if (at < end && *at == '.') {
        start = ++at;
        at = digits(at, end);
        if (at == start) { return false; }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) { at++; }
        start = at;
        at = digits(at, end);
        if (at == start) { return false; }
    }
    return at == end;
}

bool is_scalar(const uint8_t *bytes, const sg_json_member &member) {
    const uint8_t *at = bytes + member.value_start;
    const size_t count = member.value_end - member.value_start;
    switch (member.kind) {
    case sg_json_true: return count == 4 && memcmp(at, "true", 4) == 0;
    case sg_json_false: return count == 5 && memcmp(at, "false", 5) == 0;
    case sg_json_null: return count == 4 && memcmp(at, "null", 4) == 0;
    case sg_json_number_kind: return is_number(at, at + count);
    default: return true;
    }
}

int hex4(const uint8_t *at) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t c = at[i];
        int digit;
        if (c >= '0' && c <= '9') { digit = c - '0'; }
        else if (c >= 'a' && c <= 'f') { digit = c - 'a' + 10; }
        else if (c >= 'A' && c <= 'F') { digit = c - 'A' + 10; }
        else { return -1; }
        value = value << 4 | digit;
    }
    return value;
}

size_t put_utf8(uint32_t scalar, uint8_t *out) {
    if (scalar < 0x80) { out[0] = uint8_t(scalar); return 1; }
    if (scalar < 0x800) {
        out[0] = uint8_t(0xC0 | scalar >> 6);
        out[1] = uint8_t(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = uint8_t(0xE0 | scalar >> 12);
        out[1] = uint8_t(0x80 | (scalar >> 6 & 0x3F));
        out[2] = uint8_t(0x80 | (scalar & 0x3F));
        return 3;
    }
    out[0] = uint8_t(0xF0 | scalar >> 18);
    out[1] = uint8_t(0x80 | (scalar >> 12 & 0x3F));
    out[2] = uint8_t(0x80 | (scalar >> 6 & 0x3F));
    out[3] = uint8_t(0x80 | (scalar & 0x3F));
    return 4;
}

// A `\u` escape at `at` (after the `u`), with its second half; 0 consumed when it is none.
size_t unicode_escape(const uint8_t *at, const uint8_t *end, uint32_t *scalar) {
    if (end - at < 4) { return 0; }
    const int first = hex4(at);
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) { return 0; }
    *scalar = uint32_t(first);
    if (first < 0xD800 || first > 0xDBFF) { return 4; }
    if (end - at < 10 || at[4] != '\\' || at[5] != 'u') { return 0; }
    const int second = hex4(at + 6);
    if (second < 0xDC00 || second > 0xDFFF) { return 0; }
    *scalar = 0x10000 + (uint32_t(first - 0xD800) << 10) + uint32_t(second - 0xDC00);
    return 10;
}

int16_t find_name(const sg_json_names *names, const uint8_t *key, size_t count) {
    for (uint32_t i = 0; i < names->count; i++) {
        const size_t length = names->offsets[i + 1] - names->offsets[i];
        if (length < count) { continue; }
        if (length > count) { return -1; }
        if (memcmp(names->bytes + names->offsets[i], key, count) == 0) {
            return names->numbers[i];
        }
    }
    return -1;
}

// A key may be written with escapes: `mod\u0065l` is `model`.
int16_t known_name(const sg_json_names *names, const uint8_t *key, size_t count) {
    if (count == 0 || memchr(key, '\\', count) == nullptr) { return find_name(names, key, count); }
    uint8_t plain[512];
    if (count > sizeof plain) { return -1; }
    const size_t length = sg_json_unescape(key, count, plain);
    return length == SIZE_MAX ? -1 : find_name(names, plain, length);
}

int code_of(simdjson::error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return sg_json_ok;
    case simdjson::CAPACITY: return sg_json_too_large;
    case simdjson::MEMALLOC: return sg_json_no_memory;
    case simdjson::EMPTY: return sg_json_empty;
    case simdjson::UTF8_ERROR: return sg_json_invalid_utf8;
    case simdjson::UNCLOSED_STRING: return sg_json_unclosed_string;
    case simdjson::UNESCAPED_CHARS: return sg_json_control_character;
    case simdjson::DEPTH_ERROR: return sg_json_too_deep;
    case simdjson::NUMBER_ERROR: return sg_json_number;
    default: return sg_json_syntax;
    }
}

}  // namespace

struct sg_json_scanner {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t capacity = 0;
    uint32_t depth_max;
    bool is_valid = false;           // whether the last document passed the walk
    std::vector<uint8_t> is_object;  // by depth
    std::vector<sg_json_member> members;

    explicit sg_json_scanner(uint32_t depth_max)
        : depth_max(depth_max), is_object(size_t(depth_max) + 1) {}

    int index(const uint8_t *bytes, size_t count);
    int walk(const uint8_t *bytes, uint32_t most, const sg_json_names *names,
             size_t *error_offset);
    int close(const uint8_t *bytes, const sg_json_names *names, uint32_t at, size_t *error_offset);
};

// The first stage: structural characters, UTF-8, strings.
int sg_json_scanner::index(const uint8_t *bytes, size_t count) {
    if (count == 0) { return sg_json_empty; }
    if (count > simdjson::SIMDJSON_MAXSIZE_BYTES - 64) { return sg_json_too_large; }
    const bool is_shrunk = capacity > capacity_kept_max && count <= capacity_kept_max;
    if (count > capacity || is_shrunk) {
        size_t wanted = 16384;
        while (wanted < count) { wanted *= 2; }
        parser.reset();
        capacity = 0;
        const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
            wanted, 1, parser);
        if (error) { return code_of(error); }
        capacity = wanted;
    }
    return code_of(parser->stage1(bytes, count, simdjson::stage1_mode::regular));
}

// Ends the member that is open, at the structural character after it.
int sg_json_scanner::close(const uint8_t *bytes, const sg_json_names *names, uint32_t at,
                           size_t *error_offset) {
    sg_json_member &member = members.back();
    member.value_end = token_end(bytes, at);
    if (!is_scalar(bytes, member)) {
        *error_offset = member.value_start;
        return sg_json_syntax;
    }
    member.known = known_name(names, bytes + member.key_start + 1,
                              member.key_end - member.key_start - 2);
    return sg_json_ok;
}

// The second stage: nesting and punctuation of everything, ranges of the outermost members.
int sg_json_scanner::walk(const uint8_t *bytes, uint32_t most, const sg_json_names *names,
                          size_t *error_offset) {
    enum { value, value_or_end, key, key_or_end, colon, after } want = value;
    const uint32_t *indexes = parser->structural_indexes.get();
    const uint32_t count = parser->n_structural_indexes;
    uint32_t depth = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = indexes[i];
        const uint8_t c = bytes[at];
        *error_offset = at;
        switch (want) {
        case colon:
            if (c != ':') { return sg_json_syntax; }
            if (depth == 1) { members.back().key_end = token_end(bytes, at); }
            want = value;
            continue;
        case key:
        case key_or_end:
            if (c == '"') {
                if (depth == 1) { members.push_back({at, 0, 0, 0, 0, -1, 0, 0}); }
                want = colon;
                continue;
            }
            if (want == key || c != '}') { return sg_json_syntax; }
            break;
        case value:
        case value_or_end: {
            const uint8_t kind = kind_of(c);
            if (depth == 0 && kind != sg_json_object) { return sg_json_not_object; }
            if (kind == 0) {
                if (want == value || c != ']') { return sg_json_syntax; }
                break;
            }
            if (depth == 1) {
                members.back().value_start = at;
                members.back().value_index = i;
                members.back().kind = kind;
            }
            want = after;
            if (kind <= sg_json_array) {
                if (depth == most) { return sg_json_too_deep; }
                is_object[++depth] = kind == sg_json_object;
                want = kind == sg_json_object ? key_or_end : value_or_end;
            }
            continue;
        }
        case after:
            if (depth == 0) { return sg_json_trailing; }
            if (depth == 1 && (c == ',' || c == '}')) {
                if (int error = close(bytes, names, at, error_offset)) { return error; }
            }
            if (c == ',') {
                want = is_object[depth] ? key : value;
                continue;
            }
            if (c != (is_object[depth] ? '}' : ']')) { return sg_json_syntax; }
            break;
        }
        depth--;
        want = after;
    }
    *error_offset = SIZE_MAX;
    return depth == 0 ? sg_json_ok : sg_json_truncated;
}

sg_json_scanner *sg_json_scanner_create(uint32_t depth_max) {
    return new sg_json_scanner(depth_max);
}

void sg_json_scanner_destroy(sg_json_scanner *scanner) { delete scanner; }

int sg_json_scan(sg_json_scanner *scanner, const uint8_t *bytes, size_t count, uint32_t depth_max,
                 const sg_json_names *names, size_t *error_offset) {
    scanner->members.clear();
    scanner->is_valid = false;
    *error_offset = SIZE_MAX;
    if (int error = scanner->index(bytes, count)) { return error; }
    const uint32_t most = std::min(depth_max, scanner->depth_max);
    const int error = scanner->walk(bytes, most, names, error_offset);
    scanner->is_valid = error == sg_json_ok;
    if (error) { scanner->members.clear(); }
    return error;
}

size_t sg_json_children(sg_json_scanner *scanner, const uint8_t *bytes, uint32_t value_index,
                        uint32_t value_start, const sg_json_names *names) {
    auto &members = scanner->members;
    if (!scanner->is_valid || value_index >= scanner->parser->n_structural_indexes) {
        return members.size();
    }
    const uint32_t *indexes = scanner->parser->structural_indexes.get();
    const uint8_t opening = bytes[value_start];
    if (indexes[value_index] != value_start || (opening != '{' && opening != '[')) {
        return members.size();
    }
    const bool is_object = opening == '{';
    uint32_t i = value_index + 1;
    if (bytes[indexes[i]] == (is_object ? '}' : ']')) { return members.size(); }
    while (true) {
        sg_json_member member = {indexes[i], indexes[i], 0, 0, 0, -1, 0, 0};
        if (is_object) {
            member.key_end = token_end(bytes, indexes[i + 1]);
            member.known = known_name(names, bytes + member.key_start + 1,
                                      member.key_end - member.key_start - 2);
            i += 2;
        }
        member.value_start = indexes[i];
        member.value_index = i;
        member.kind = kind_of(bytes[indexes[i]]);
        // The walk has proved that brackets match, so counting them is enough.
        uint32_t depth = 0;
        do {
            const uint8_t c = bytes[indexes[i++]];
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
        } while (depth > 0);
        member.value_end = token_end(bytes, indexes[i]);
        members.push_back(member);
        if (bytes[indexes[i++]] != ',') { return members.size(); }
    }
}

const sg_json_member *sg_json_members(const sg_json_scanner *scanner, size_t *count) {
    *count = scanner->members.size();
    return scanner->members.data();
}

size_t sg_json_unescape(const uint8_t *bytes, size_t count, uint8_t *out) {
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + count;
    uint8_t *to = out;
    while (at < end) {
        const auto *escape = static_cast<const uint8_t *>(memchr(at, '\\', size_t(end - at)));
        const size_t plain = size_t((escape ? escape : end) - at);
        memcpy(to, at, plain);
        to += plain;
        if (!escape) { break; }
        at = escape + 2;
        if (at > end) { return SIZE_MAX; }
        switch (at[-1]) {
        case '"': case '\\': case '/': *to++ = at[-1]; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u': {
            uint32_t scalar = 0;
            const size_t used = unicode_escape(at, end, &scalar);
            if (used == 0) { return SIZE_MAX; }
            to += put_utf8(scalar, to);
            at += used;
            break;
        }
        default: return SIZE_MAX;
        }
    }
    return size_t(to - out);
}

struct sg_json_tree {
    simdjson::dom::parser parser;
};

sg_json_tree *sg_json_tree_create(const uint8_t *bytes, size_t count, size_t depth_max,
                                  int *error) {
    auto tree = std::make_unique<sg_json_tree>();
    auto code = tree->parser.allocate(count < 64 ? 64 : count, depth_max);
    if (!code) { code = tree->parser.parse(bytes, count, true).error(); }
    *error = code_of(code);
    return code ? nullptr : tree.release();
}

void sg_json_tree_destroy(sg_json_tree *tree) { delete tree; }
const uint64_t *sg_json_tree_tape(const sg_json_tree *tree) { return tree->parser.doc.tape.get(); }
const uint8_t *sg_json_tree_strings(const sg_json_tree *tree) {
    return tree->parser.doc.string_buf.get();
}
