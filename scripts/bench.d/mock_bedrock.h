// mock_bedrock.h - Converse and ConverseStream as mock_upstream.c answers them: messages of AWS's
// event streams with right checksums, of about the size of the chunks that the mock sends else.
// Who asks, and with which signature, is not looked at.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BEDROCK_TEXT                                                                               \
    "A sidecar sits next to the application and forwards each call to the model server. It keeps " \
    "connections open, checks limits, and records usage, so the application itself only needs to " \
    "know one local address."

static const char BEDROCK_ANSWER[] =
    "{\"metrics\":{\"latencyMs\":551},\"output\":{\"message\":{\"content\":[{\"text\":"
    "\"" BEDROCK_TEXT "\"}],\"role\":\"assistant\"}},\"stopReason\":\"end_turn\",\"usage\":{"
    "\"cacheReadInputTokenCount\":0,\"cacheReadInputTokens\":0,\"cacheWriteInputTokenCount\":0,"
    "\"cacheWriteInputTokens\":0,\"inputTokens\":256,\"outputTokens\":42,\"serverToolUsage\":{},"
    "\"totalTokens\":298}}";

static const char BEDROCK_ID[] = "x-amzn-RequestId: 7d2d6d4e-4b0b-4c3c-9f0e-3f1f6c2a9b11\r\n";
static const char BEDROCK_STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    "x-amzn-RequestId: 7d2d6d4e-4b0b-4c3c-9f0e-3f1f6c2a9b11\r\nTransfer-Encoding: chunked\r\n\r\n";

static uint32_t bedrock_crc(const uint8_t *p, size_t n) { // as zlib's crc32
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t x = i;
            for (int k = 0; k < 8; k++)
                x = x & 1 ? x >> 1 ^ 0xEDB88320u : x >> 1;
            table[i] = x;
        }
    uint32_t crc = ~0u;
    while (n--)
        crc = crc >> 8 ^ table[(crc ^ *p++) & 255];
    return ~crc;
}

static void bedrock_put32(uint8_t *p, uint32_t v) {
    p[0] = v >> 24, p[1] = v >> 16, p[2] = v >> 8, p[3] = v;
}

static size_t bedrock_header(uint8_t *p, const char *name, const char *value) {
    size_t n = strlen(name), v = strlen(value);
    p[0] = n;
    memcpy(p + 1, name, n);
    p[n + 1] = 7; // a text
    p[n + 2] = v >> 8, p[n + 3] = v;
    memcpy(p + n + 4, value, v);
    return n + 4 + v;
}

// Writes one event of `type`; returns its length.
static int bedrock_event(char *out, const char *type, const char *payload) {
    uint8_t *b = (uint8_t *)out;
    size_t h = 12, n = strlen(payload);
    h += bedrock_header(b + h, ":event-type", type);
    h += bedrock_header(b + h, ":content-type", "application/json");
    h += bedrock_header(b + h, ":message-type", "event");
    memcpy(b + h, payload, n);
    bedrock_put32(b, h + n + 4);
    bedrock_put32(b + 4, h - 12);
    bedrock_put32(b + 8, bedrock_crc(b, 8));
    bedrock_put32(b + h + n, bedrock_crc(b, h + n));
    return h + n + 4;
}
