// mock_upstream.c - a fast fake OpenAI upstream for proxy benchmarks.
// One thread, epoll, HTTP/1.1 keep-alive; never meant to be the bottleneck.
//   gcc -O2 -o mock_upstream mock_upstream.c
//   mock_upstream [-p port] [-n chunks] [-d chunk_delay_us] [-l first_byte_latency_us]
// POST any path (Content-Length or chunked body, up to 4 MB):
//   body has "stream": true -> SSE, n content chunks, finish chunk, usage chunk, [DONE]
//   otherwise               -> fixed chat.completion JSON (about 600 bytes)
// POST a path of Bedrock's /model/ID/converse[-stream] -> the same of ConverseStream or Converse
// GET (any path: /v1/models, /health, ...) -> 200.  GET /_ctl?n=64&d=5000&l=0 changes the flags
// live. GET /_stat -> counters. Every content chunk carries "@" + 16 digits: CLOCK_MONOTONIC
// microsecond*10 (100 ns) send time, so the load generator on the same machine can tell the
// per-chunk transit time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mock_bedrock.h"

#define MAXBODY (4u << 20)
#define MAXHDR (64u << 10)

typedef struct conn {
    int fd, heap_idx; // heap_idx: -1 when no timer is armed
    char *in;
    size_t in_len, in_cap;
    char *out;
    size_t out_off, out_len, out_cap;
    size_t need; // do not parse again before this many bytes are in
    int busy, streaming, want_close, wr_armed, sent_head, chunk_no;
    int bedrock; // which form the present request is in
    uint64_t due;
} conn;

static int ep, opt_n = 64;
static uint64_t opt_d = 0, opt_l = 0;
static uint64_t n_req, n_stream, n_conn, n_open, n_bad;
static char resp_json[2048], bedrock_json[2048];
static size_t resp_len, bedrock_len;
static conn **heap;
static int heap_n, heap_cap;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

// ---- timer heap ---------------------------------------------------------
static void hswap(int a, int b) {
    conn *t = heap[a];
    heap[a] = heap[b];
    heap[b] = t;
    heap[a]->heap_idx = a;
    heap[b]->heap_idx = b;
}
static void hup(int i) {
    while (i && heap[(i - 1) / 2]->due > heap[i]->due) {
        hswap(i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}
static void hdown(int i) {
    for (;;) {
        int l = 2 * i + 1, m = i;
        if (l < heap_n && heap[l]->due < heap[m]->due)
            m = l;
        if (l + 1 < heap_n && heap[l + 1]->due < heap[m]->due)
            m = l + 1;
        if (m == i)
            return;
        hswap(i, m);
        i = m;
    }
}
static void timer_set(conn *c, uint64_t due) {
    if (heap_n == heap_cap) {
        heap_cap = heap_cap ? heap_cap * 2 : 1024;
        heap = realloc(heap, heap_cap * sizeof *heap);
    }
    c->due = due;
    c->heap_idx = heap_n;
    heap[heap_n++] = c;
    hup(c->heap_idx);
}
static void timer_del(conn *c) {
    int i = c->heap_idx;
    if (i < 0)
        return;
    c->heap_idx = -1;
    heap_n--;
    if (i != heap_n) {
        heap[i] = heap[heap_n];
        heap[i]->heap_idx = i;
        hup(i);
        hdown(heap[i]->heap_idx);
    }
}

static void conn_close(conn *c) {
    timer_del(c);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
    n_open--;
}

static void out_add(conn *c, const char *p, size_t n) {
    if (c->out_len + n > c->out_cap) {
        c->out_cap = (c->out_len + n) * 2;
        c->out = realloc(c->out, c->out_cap);
    }
    memcpy(c->out + c->out_len, p, n);
    c->out_len += n;
}
static int flush(conn *c) { // -1: connection is gone
    while (c->out_off < c->out_len) {
        ssize_t w = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
        if (w > 0) {
            c->out_off += w;
            continue;
        }
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0 && errno == EAGAIN) {
            if (!c->wr_armed) {
                c->wr_armed = 1;
                struct epoll_event e = {EPOLLIN | EPOLLOUT, {.ptr = c}};
                epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
            }
            return 0;
        }
        conn_close(c);
        return -1;
    }
    c->out_off = c->out_len = 0;
    if (c->wr_armed) {
        c->wr_armed = 0;
        struct epoll_event e = {EPOLLIN, {.ptr = c}};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    }
    return 0;
}

static const char SSE_HEAD[] =
    "HTTP/1.1 200 OK\r\nServer: mock\r\nContent-Type: text/event-stream; "
    "charset=utf-8\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
static void add_chunk(conn *c, const char *p, int n) {
    char h[16];
    int k = sprintf(h, "%x\r\n", n);
    out_add(c, h, k);
    out_add(c, p, n);
    out_add(c, "\r\n", 2);
}
#define PRE                                                                                        \
    "data: "                                                                                       \
    "{\"id\":\"chatcmpl-mock0000000000000000000001\",\"object\":\"chat.completion.chunk\","        \
    "\"created\":1760000000,\"model\":\"mock-model\",\"choices\":["

static void add_event(conn *c, const char *type, const char *payload) {
    char b[1024];
    add_chunk(c, b, bedrock_event(b, type, payload));
}

// One frame of text, and with `is_last` what follows the last one.
static void bedrock_step(conn *c, int is_last) {
    char b[512];
    if (!c->sent_head++) {
        out_add(c, BEDROCK_STREAM_HEAD, sizeof BEDROCK_STREAM_HEAD - 1);
        add_event(c, "messageStart", "{\"p\":\"abcdefgh\",\"role\":\"assistant\"}");
    }
    if (!is_last) {
        sprintf(b,
                "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"@%016llu\"},\"p\":"
                "\"abcdefghijklmnopqrstuvwx\"}",
                (unsigned long long)(now_ns() / 100));
        add_event(c, "contentBlockDelta", b);
        return;
    }
    add_event(c, "contentBlockStop", "{\"contentBlockIndex\":0,\"p\":\"abcdefgh\"}");
    add_event(c, "messageStop", "{\"p\":\"abcdefgh\",\"stopReason\":\"end_turn\"}");
    sprintf(b,
            "{\"metrics\":{\"latencyMs\":551},\"p\":\"abcd\",\"usage\":{\"inputTokens\":256,"
            "\"outputTokens\":%d,\"totalTokens\":%d}}",
            opt_n, 256 + opt_n);
    add_event(c, "metadata", b);
    out_add(c, "0\r\n\r\n", 5);
}

static void
stream_step(conn *c, uint64_t now) { // writes one content chunk; after the last one, the tail too
    char b[1024];
    int n;
    if (c->bedrock) {
        do {
            if (c->chunk_no++ < opt_n)
                bedrock_step(c, 0);
        } while (!opt_d && c->chunk_no < opt_n);
        if (c->chunk_no >= opt_n) {
            bedrock_step(c, 1);
            c->busy = c->streaming = 0;
        } else
            timer_set(c, c->due + opt_d * 1000 > now ? c->due + opt_d * 1000 : now);
        return;
    }
    if (!c->sent_head) {
        out_add(c, SSE_HEAD, sizeof SSE_HEAD - 1);
        c->sent_head = 1;
    }
    do {
        if (c->chunk_no < opt_n) {
            n = sprintf(b,
                        PRE "{\"index\":0,\"delta\":{%s\"content\":\"@%016llu\"},\"logprobs\":null,"
                            "\"finish_reason\":null}]}\n\n",
                        c->chunk_no ? "" : "\"role\":\"assistant\",",
                        (unsigned long long)(now_ns() / 100));
            add_chunk(c, b, n);
            c->chunk_no++;
        }
    } while (!opt_d && c->chunk_no < opt_n);
    if (c->chunk_no >= opt_n) {
        n = sprintf(
            b, PRE "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
        add_chunk(c, b, n);
        n = sprintf(
            b,
            PRE
            "],\"usage\":{\"prompt_tokens\":256,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n",
            opt_n, 256 + opt_n);
        add_chunk(c, b, n);
        add_chunk(c, "data: [DONE]\n\n", 14);
        out_add(c, "0\r\n\r\n", 5);
        c->busy = c->streaming = 0;
    } else
        timer_set(c, c->due + opt_d * 1000 > now ? c->due + opt_d * 1000 : now);
}

static void simple(conn *c, const char *body) {
    char b[1024];
    int n = sprintf(b,
                    "HTTP/1.1 200 OK\r\nServer: mock\r\nContent-Type: "
                    "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                    strlen(body), body);
    out_add(c, b, n);
}
static void answer(conn *c) {
    if (c->bedrock)
        out_add(c, bedrock_json, bedrock_len);
    else
        out_add(c, resp_json, resp_len);
}
static int has_stream(const char *p, size_t n) {
    const char *e = p + n;
    while ((p = memmem(p, e - p, "\"stream\"", 8))) {
        p += 8;
        const char *q = p;
        while (q < e && (*q == ' ' || *q == ':' || *q == '\t' || *q == '\n' || *q == '\r'))
            q++;
        if (e - q >= 4 && !memcmp(q, "true", 4))
            return 1;
    }
    return 0;
}
static char *hdr_find(char *h, char *end, const char *name,
                      size_t nl) { // h: after the request line
    for (char *p = h; p < end;) {
        char *nl_ = memchr(p, '\n', end - p);
        if (!nl_)
            return 0;
        if ((size_t)(nl_ - p) > nl && !strncasecmp(p, name, nl) && p[nl] == ':') {
            p += nl + 1;
            while (*p == ' ')
                p++;
            return p;
        }
        p = nl_ + 1;
    }
    return 0;
}
static void ctl(const char *q) {
    const char *p;
    if ((p = strstr(q, "n=")))
        opt_n = atoi(p + 2);
    if ((p = strstr(q, "d=")))
        opt_d = strtoull(p + 2, 0, 10);
    if ((p = strstr(q, "l=")))
        opt_l = strtoull(p + 2, 0, 10);
}

// Parses one request if whole; returns bytes used, 0: need more, -1: bad.
static ssize_t parse(conn *c, char *in, size_t len, size_t *need) {
    char *he = memmem(in, len, "\r\n\r\n", 4);
    if (!he) {
        *need = 0;
        return len > MAXHDR ? -1 : 0;
    }
    char *body = he + 4, *eol = memchr(in, '\n', he - in + 2);
    size_t blen = 0, used;
    char *rest = eol + 1, *v;
    char *scan = body;
    size_t scan_n = 0;
    if ((v = hdr_find(rest, he + 2, "expect", 6)) && body == in + len)
        out_add(c, "HTTP/1.1 100 Continue\r\n\r\n", 25), flush(c);
    if ((v = hdr_find(rest, he + 2, "content-length", 14))) {
        blen = strtoull(v, 0, 10);
        if (blen > MAXBODY)
            return -1;
        used = (body - in) + blen;
        if (used > len) {
            *need = used;
            return 0;
        }
        scan_n = blen;
    } else if ((v = hdr_find(rest, he + 2, "transfer-encoding", 17)) &&
               !strncasecmp(v, "chunked", 7)) {
        char *p = body; // walk first, then (only once whole) join the pieces in place
        for (;;) {
            char *nl = memchr(p, '\n', in + len - p);
            if (!nl) {
                *need = 0;
                return 0;
            }
            size_t n = strtoull(p, 0, 16);
            p = nl + 1;
            if (blen + n > MAXBODY)
                return -1;
            if (p + n + 2 > in + len) {
                *need = p + n + 2 - in;
                return 0;
            }
            blen += n;
            p += n + 2;
            if (!n)
                break;
        }
        used = p - in;
        char *d = body;
        p = body;
        for (;;) {
            char *nl = memchr(p, '\n', in + len - p);
            size_t n = strtoull(p, 0, 16);
            if (!n)
                break;
            memmove(d, nl + 1, n);
            d += n;
            p = nl + 1 + n + 2;
        }
        scan_n = d - body;
    } else
        used = body - in;
    if ((v = hdr_find(rest, he + 2, "connection", 10)) && !strncasecmp(v, "close", 5))
        c->want_close = 1;
    n_req++;
    if (!memcmp(in, "GET", 3) || !memcmp(in, "HEAD", 4)) {
        char line[256];
        size_t n = eol - in < 255 ? eol - in : 255;
        memcpy(line, in, n);
        line[n] = 0;
        if (strstr(line, "/_ctl")) {
            ctl(strchr(line, '?') ? strchr(line, '?') : "");
            simple(c, "{}");
        } else if (strstr(line, "/_stat")) {
            char b[256];
            sprintf(
                b, "{\"requests\":%llu,\"streams\":%llu,\"conns\":%llu,\"open\":%llu,\"bad\":%llu}",
                (unsigned long long)n_req, (unsigned long long)n_stream, (unsigned long long)n_conn,
                (unsigned long long)n_open, (unsigned long long)n_bad);
            simple(c, b);
        } else if (strstr(line, "/models"))
            simple(c, "{\"object\":\"list\",\"data\":[{\"id\":\"mock-model\",\"object\":\"model\","
                      "\"created\":1760000000,\"owned_by\":\"vllm\",\"root\":\"mock-model\","
                      "\"parent\":null,\"max_model_len\":131072}]}");
        else
            simple(c, "{\"status\":\"ok\",\"model_path\":\"mock-model\",\"served_model_name\":"
                      "\"mock-model\"}");
        return used;
    }
    char *path_end = memmem(in, eol - in, " HTTP/", 6);
    c->bedrock = !memcmp(in, "POST /model/", 12);
    int wants_stream =
        c->bedrock ? path_end && path_end - in > 16 && !memcmp(path_end - 16, "/converse-stream", 16)
                   : has_stream(scan, scan_n);
    if (wants_stream) {
        n_stream++;
        c->busy = c->streaming = 1;
        c->sent_head = c->chunk_no = 0;
        uint64_t now = now_ns();
        c->due = now + opt_l * 1000;
        if (opt_l)
            timer_set(c, c->due);
        else
            stream_step(c, now);
    } else if (opt_l) {
        c->busy = 1;
        timer_set(c, now_ns() + opt_l * 1000);
    } else
        answer(c);
    return used;
}

static int pump(conn *c) { // parse what is in; -1: gone
    size_t off = 0;
    while (!c->busy && off < c->in_len) {
        size_t need = 0;
        ssize_t u = parse(c, c->in + off, c->in_len - off, &need);
        if (u < 0) {
            n_bad++;
            conn_close(c);
            return -1;
        }
        if (!u) {
            c->need = need ? off + need : 0;
            break;
        }
        off += u;
        c->need = 0;
    }
    if (off) {
        memmove(c->in, c->in + off, c->in_len - off);
        c->in_len -= off;
        if (c->need)
            c->need -= off;
    }
    if (c->out_len > c->out_off && !c->wr_armed && flush(c))
        return -1;
    if (c->want_close && !c->busy && !c->out_len) {
        conn_close(c);
        return -1;
    }
    return 0;
}

static void on_read(conn *c) {
    for (;;) {
        size_t want = c->need > c->in_len ? c->need : c->in_len + 8192;
        if (want > c->in_cap) {
            c->in_cap = want > 16384 ? want + 4096 : 16384;
            c->in = realloc(c->in, c->in_cap);
        }
        size_t room = c->in_cap - c->in_len;
        ssize_t r = recv(c->fd, c->in + c->in_len, room, 0);
        if (r > 0) {
            c->in_len += r;
            if (c->need && c->in_len < c->need) {
                if ((size_t)r < room)
                    return;
                continue;
            }
            if (pump(c))
                return;
            if ((size_t)r < room)
                return;
            continue;
        }
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EAGAIN)
            return;
        conn_close(c);
        return;
    }
}

int main(int argc, char **argv) {
    int port = 9001, o;
    while ((o = getopt(argc, argv, "p:n:d:l:")) != -1) {
        if (o == 'p')
            port = atoi(optarg);
        else if (o == 'n')
            opt_n = atoi(optarg);
        else if (o == 'd')
            opt_d = strtoull(optarg, 0, 10);
        else if (o == 'l')
            opt_l = strtoull(optarg, 0, 10);
        else {
            fprintf(stderr, "usage: %s [-p port] [-n chunks] [-d chunk_delay_us] [-l latency_us]\n",
                    argv[0]);
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    const char *body =
        "{\"id\":\"chatcmpl-mock0000000000000000000001\",\"object\":\"chat.completion\","
        "\"created\":1760000000,\"model\":\"mock-model\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"A sidecar "
        "sits next to the application and forwards each call to the model server. It keeps "
        "connections open, "
        "checks limits, and records usage, so the application itself only needs to know one local "
        "address.\",\"refusal\":null,\"tool_calls\":[]},\"logprobs\":null,\"finish_reason\":"
        "\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":256,\"completion_tokens\":42,\"total_tokens\":298,\"prompt_"
        "tokens_details\":{\"cached_tokens\":0}},\"system_fingerprint\":null}";
    resp_len = sprintf(resp_json,
                       "HTTP/1.1 200 OK\r\nServer: mock\r\nContent-Type: "
                       "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(body), body);
    bedrock_len = sprintf(bedrock_json,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%s"
                          "Content-Length: %zu\r\n\r\n%s",
                          BEDROCK_ID, strlen(BEDROCK_ANSWER), BEDROCK_ANSWER);
    int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) {
        perror("bind");
        return 1;
    }
    ep = epoll_create1(0);
    struct epoll_event e = {EPOLLIN, {.ptr = 0}}, ev[512];
    epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
    for (;;) {
        struct timespec ts, *tp = 0;
        if (heap_n) {
            uint64_t t = now_ns(), d = heap[0]->due;
            d = d > t ? d - t : 0;
            ts.tv_sec = d / 1000000000;
            ts.tv_nsec = d % 1000000000;
            tp = &ts;
        }
        int n = epoll_pwait2(ep, ev, 512, tp, 0);
        for (int i = 0; i < n; i++) {
            conn *c = ev[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(ls, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    c = calloc(1, sizeof *c);
                    c->fd = fd;
                    c->heap_idx = -1;
                    n_conn++;
                    n_open++;
                    struct epoll_event x = {EPOLLIN, {.ptr = c}};
                    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &x);
                }
                continue;
            }
            if (ev[i].events & EPOLLOUT) {
                if (flush(c))
                    continue;
                if (!c->out_len && pump(c))
                    continue;
            }
            if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                on_read(c);
        }
        uint64_t now = heap_n ? now_ns() : 0;
        while (heap_n && heap[0]->due <= now) {
            conn *c = heap[0];
            timer_del(c);
            if (c->streaming)
                stream_step(c, now);
            else {
                c->busy = 0;
                answer(c);
            }
            if (flush(c))
                continue;
            if (!c->busy)
                pump(c);
        }
    }
}
