// loadgen.c - low-noise HTTP/1.1 load generator for OpenAI-style gateways. One thread, epoll. One
// JSON line out.
//   gcc -O2 -o loadgen loadgen.c
//   loadgen closed -c 1 -n 5000 [-t maxsecs]     closed loop: latency of back-to-back requests
//   loadgen open   -r 500 -t 6  [-c maxconns]    open loop at a fixed rate; latency counts from the
//   planned send time
//                                                (so it is coordinated-omission safe)
//   loadgen stream -c 100 -n 200 [-w ramp_ms]    -c streams at a time, -n in all; starts spread
//   over ramp_ms loadgen probe  [-t maxsecs]                  tries until the first 200, prints
//   CLOCK_MONOTONIC ns loadgen body   [-b bytes]                    prints the request body (used
//   for wrk)
// common: -p port -u path -m model -k api_key -b prompt_bytes -N expected_chunks (per stream)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct conn {
    int fd, busy, reused, got_any, wr_armed, id;
    size_t out_off;
    char hdr[16384];
    int hlen, in_body, status, close_after, chunked, cst; // cst: 0 size, 1 data, 2 crlf, 3 trailer
    int64_t left;
    int line_len;
    char line[64];
    uint64_t t_plan, t_first;
    int stamp_pos, done_pos, chunks, done;
    uint64_t stamp;
    struct conn *next;
} conn;
typedef struct {
    uint64_t *v;
    size_t n, cap;
} vec;

static int port = 4000, maxc = 0, ep, streaming, expect_chunks = 64;
static long total = 0;
static double rate = 0, secs = 0;
static int ramp_ms = 0;
static const char *path = "/v1/chat/completions", *model = "mock-model", *key = "sk-bench";
static size_t bodysz = 1024;
static char *req;
static size_t reqlen;
static vec lat, ttft, transit, dur;
static long errors, finished, reconnects, short_streams;
static conn *idle_list;
static int nconns, inflight;
static char first_err[256];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static void push(vec *a, uint64_t x) {
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 4096;
        a->v = realloc(a->v, a->cap * 8);
    }
    a->v[a->n++] = x;
}
static int cmp(const void *a, const void *b) {
    uint64_t x = *(uint64_t *)a, y = *(uint64_t *)b;
    return x < y ? -1 : x > y;
}
static double pct(vec *a, double p) {
    if (!a->n)
        return -1;
    size_t i = (size_t)(p * a->n);
    if (i >= a->n)
        i = a->n - 1;
    return a->v[i] / 1000.0;
}
static void show(const char *name, vec *a) {
    double s = 0;
    qsort(a->v, a->n, 8, cmp);
    for (size_t i = 0; i < a->n; i++)
        s += a->v[i];
    printf(", \"%s\": {\"n\": %zu, \"mean\": %.1f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, "
           "\"p999\": %.1f, \"max\": %.1f}",
           name, a->n, a->n ? s / a->n / 1000 : -1, pct(a, .5), pct(a, .9), pct(a, .99),
           pct(a, .999), a->n ? a->v[a->n - 1] / 1000.0 : -1);
}

static char *
make_body(size_t want,
          size_t *len) { // prompt text with escapes and some non-ASCII, as real prompts have
    static const char *w = "The quick brown fox jumps over the lazy dog.\\nShe said: \\\"please "
                           "summarise this r\xc3\xa9sum\xc3\xa9 in three points\\\" and left; ";
    char *b = malloc(want + 1024);
    size_t n = sprintf(b,
                       "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"You are "
                       "a helpful assistant.\"},{\"role\":\"user\",\"content\":\"",
                       model);
    char tail[256];
    size_t tl =
        sprintf(tail, "\"}],\"temperature\":0.7,\"top_p\":0.95,\"max_tokens\":256%s}",
                streaming ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "");
    size_t wl = strlen(w);
    while (n + wl + tl <= want) {
        memcpy(b + n, w, wl);
        n += wl;
    }
    while (n + tl < want)
        b[n++] = 'x';
    memcpy(b + n, tail, tl + 1);
    *len = n + tl;
    return b;
}

static int do_connect(conn *c) {
    int one = 1;
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) {
        close(c->fd);
        c->fd = -1;
        return -1;
    }
    c->reused = 0;
    c->wr_armed = 1;
    struct epoll_event e = {EPOLLIN | EPOLLOUT, {.ptr = c}};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
    return 0;
}
static conn *conn_new(void) {
    conn *c = calloc(1, sizeof *c);
    c->fd = -1;
    c->id = nconns++;
    return c;
}

static void arm(conn *c, int wr) {
    if (wr == c->wr_armed)
        return;
    c->wr_armed = wr;
    struct epoll_event e = {EPOLLIN | (wr ? EPOLLOUT : 0), {.ptr = c}};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static int do_send(conn *c) {
    while (c->out_off < reqlen) {
        ssize_t w = send(c->fd, req + c->out_off, reqlen - c->out_off, MSG_NOSIGNAL);
        if (w > 0) {
            c->out_off += w;
            continue;
        }
        if (w < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
            arm(c, 1);
            return 0;
        }
        return -1;
    }
    arm(c, 0);
    return 0;
}
static void reset(conn *c) {
    c->hlen = c->in_body = c->status = c->close_after = c->chunked = c->cst = c->line_len =
        c->got_any = 0;
    c->left = 0;
    c->t_first = 0;
    c->stamp_pos = -1;
    c->done_pos = c->chunks = c->done = 0;
    c->out_off = 0;
}
static void drop(conn *c) {
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}
static void finish(conn *c, int ok);
static void start(conn *c, uint64_t plan) {
    reset(c);
    c->busy = 1;
    c->t_plan = plan;
    inflight++;
    if (c->fd < 0) {
        if (do_connect(c))
            finish(c, 0);
        return;
    } // sent when writable
    c->reused = 1;
    if (do_send(c)) {
        drop(c);
        reconnects++;
        if (do_connect(c))
            finish(c, 0);
        else {
            c->out_off = 0;
        }
    }
}
static void (*on_finish)(conn *);
static void finish(conn *c, int ok) {
    uint64_t t = now_ns();
    c->busy = 0;
    inflight--;
    if (ok && c->status == 200 &&
        (!streaming || (c->done && (!expect_chunks || c->chunks >= expect_chunks)))) {
        finished++;
        push(streaming ? &dur : &lat, t - c->t_plan);
    } else {
        errors++;
        if (ok && c->status == 200)
            short_streams++;
        if (!first_err[0]) {
            int n =
                snprintf(first_err, sizeof first_err, "ok=%d status=%d chunks=%d done=%d: %.*s", ok,
                         c->status, c->chunks, c->done, c->hlen > 120 ? 120 : c->hlen, c->hdr);
            for (int i = 0; i < n && i < 255; i++)
                if (first_err[i] < 32 || first_err[i] == '"' || first_err[i] == '\\')
                    first_err[i] = ' ';
        }
    }
    if (!ok || c->close_after) {
        drop(c);
        if (ok)
            reconnects++;
    }
    on_finish(c);
}

static void body_bytes(conn *c, const char *p, size_t n, uint64_t t) {
    if (!streaming)
        return;
    static const char D[] = "[DONE]";
    for (size_t i = 0; i < n; i++) {
        char ch = p[i];
        if (c->stamp_pos >= 0) {
            if (ch >= '0' && ch <= '9') {
                c->stamp = c->stamp * 10 + (ch - '0');
                if (++c->stamp_pos == 16) {
                    uint64_t s = c->stamp * 100;
                    push(&transit, t > s ? t - s : 0);
                    if (!c->chunks++) {
                        c->t_first = t;
                        push(&ttft, t - c->t_plan);
                    }
                    c->stamp_pos = -1;
                }
            } else
                c->stamp_pos = -1;
            continue;
        }
        if (ch == '@') {
            c->stamp_pos = 0;
            c->stamp = 0;
            c->done_pos = 0;
            continue;
        }
        if (ch == D[c->done_pos]) {
            if (++c->done_pos == 6) {
                c->done = 1;
                c->done_pos = 0;
            }
        } else
            c->done_pos = ch == '[';
    }
}
static int feed(conn *c, const char *p, size_t n, uint64_t t) { // 1: response whole, -1: bad
    while (n || (c->in_body && !c->chunked && c->left == 0)) {
        if (!c->in_body) {
            size_t k = n;
            if (k > sizeof c->hdr - 1 - c->hlen)
                k = sizeof c->hdr - 1 - c->hlen;
            if (!k)
                return -1;
            int old = c->hlen;
            memcpy(c->hdr + old, p, k);
            c->hlen += k;
            c->hdr[c->hlen] = 0;
            int from = old > 3 ? old - 3 : 0;
            char *e = memmem(c->hdr + from, c->hlen - from, "\r\n\r\n", 4);
            if (!e) {
                p += k;
                n -= k;
                continue;
            }
            int hl = e + 4 - c->hdr, used = hl - old;
            p += used;
            n -= used;
            c->hlen = hl;
            e[2] = 0;
            c->status = atoi(c->hdr + 9);
            if (c->status == 100) {
                c->hlen = 0;
                continue;
            }
            if (!memcmp(c->hdr, "HTTP/1.0", 8) || strcasestr(c->hdr, "\r\nconnection: close"))
                c->close_after = 1;
            char *v = strcasestr(c->hdr, "\r\ncontent-length:");
            c->left = -1;
            c->in_body = 1;
            if (strcasestr(c->hdr, "\r\ntransfer-encoding: chunked"))
                c->chunked = 1, c->cst = 0, c->line_len = 0;
            else if (v)
                c->left = atoll(v + 17);
            else
                c->close_after = 1; // body until close
            continue;
        }
        if (!c->chunked) {
            if (c->left < 0) {
                body_bytes(c, p, n, t);
                return 0;
            }
            size_t k = n < (size_t)c->left ? n : (size_t)c->left;
            body_bytes(c, p, k, t);
            c->left -= k;
            p += k;
            n -= k;
            if (!c->left)
                return 1;
            continue;
        }
        if (c->cst == 1) {
            size_t k = n < (size_t)c->left ? n : (size_t)c->left;
            body_bytes(c, p, k, t);
            c->left -= k;
            p += k;
            n -= k;
            if (!c->left) {
                c->cst = 2;
                c->line_len = 0;
            }
            continue;
        }
        char ch = *p++;
        n--;
        if (ch != '\n') {
            if (c->line_len < 63)
                c->line[c->line_len++] = ch;
            continue;
        }
        c->line[c->line_len] = 0;
        if (c->line_len && c->line[c->line_len - 1] == '\r')
            c->line[--c->line_len] = 0;
        if (c->cst == 2)
            c->cst = 0;
        else if (c->cst == 0) {
            c->left = strtoll(c->line, 0, 16);
            c->cst = c->left ? 1 : 3;
        } else if (c->cst == 3 && !c->line_len)
            return 1;
        c->line_len = 0;
    }
    return 0;
}
static char rbuf[1 << 18];
static void on_event(conn *c, uint32_t evs) {
    if (c->fd < 0)
        return;
    if ((evs & EPOLLOUT) && c->busy && do_send(c))
        goto lost;
    if ((evs & EPOLLOUT) && !c->busy)
        arm(c, 0);
    if (!(evs & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    for (;;) {
        ssize_t r = recv(c->fd, rbuf, sizeof rbuf, 0);
        if (r > 0) {
            if (!c->busy) {
                drop(c);
                return;
            }
            c->got_any = 1;
            int k = feed(c, rbuf, r, now_ns());
            if (k < 0)
                goto lost;
            if (k == 1) {
                finish(c, 1);
                return;
            }
            if ((size_t)r < sizeof rbuf)
                return;
            continue;
        }
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EAGAIN)
            return;
        if (!c->busy) {
            drop(c);
            return;
        } // idle close by the peer
        if (r == 0 && c->in_body && !c->chunked && c->left < 0) {
            finish(c, 1);
            return;
        }
        if (c->reused && !c->got_any) {
            drop(c);
            reconnects++;
            c->out_off = 0;
            if (do_connect(c))
                finish(c, 0);
            return;
        } // stale keep-alive: once more
        goto lost;
    }
lost:
    drop(c);
    if (c->busy)
        finish(c, 0);
}

static uint64_t t0, t_end;
static long launched, queued_max;
static int stopping;
static void fin_loop(conn *c) { // closed and stream
    if (launched < total && !stopping && (!t_end || now_ns() < t_end)) {
        launched++;
        start(c, now_ns());
    } else {
        c->next = idle_list;
        idle_list = c;
    }
}
static void fin_open(conn *c) {
    c->next = idle_list;
    idle_list = c;
}
static void poll_once(uint64_t until) {
    struct epoll_event ev[256];
    struct timespec ts = {1, 0};
    uint64_t t = now_ns(), d = until > t ? until - t : 0;
    ts.tv_sec = d / 1000000000;
    ts.tv_nsec = d % 1000000000;
    int n = epoll_pwait2(ep, ev, 256, &ts, 0);
    for (int i = 0; i < n; i++)
        on_event(ev[i].data.ptr, ev[i].events);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr,
                "usage: %s closed|open|stream|probe|body [options], see the top of loadgen.c\n",
                argv[0]);
        return 2;
    }
    const char *mode = argv[1];
    int o;
    optind = 2;
    while ((o = getopt(argc, argv, "p:u:m:k:b:c:n:r:t:w:N:s")) != -1)
        switch (o) {
        case 'p':
            port = atoi(optarg);
            break;
        case 'u':
            path = optarg;
            break;
        case 'm':
            model = optarg;
            break;
        case 'k':
            key = optarg;
            break;
        case 'b':
            bodysz = strtoull(optarg, 0, 10);
            break;
        case 'c':
            maxc = atoi(optarg);
            break;
        case 'n':
            total = atol(optarg);
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 't':
            secs = atof(optarg);
            break;
        case 'w':
            ramp_ms = atoi(optarg);
            break;
        case 'N':
            expect_chunks = atoi(optarg);
            break;
        case 's':
            streaming = 1;
            break;
        default:
            return 2;
        }
    if (!strcmp(mode, "stream"))
        streaming = 1;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    size_t bl;
    char *body = make_body(bodysz, &bl);
    if (!strcmp(mode, "body")) {
        fwrite(body, 1, bl, stdout);
        return 0;
    }
    req = malloc(bl + 1024);
    reqlen = sprintf(
        req,
        "POST %s HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: Bearer %s\r\nContent-Type: "
        "application/json\r\nAccept: %s\r\nUser-Agent: loadgen/1\r\nContent-Length: %zu\r\n\r\n",
        path, port, key, streaming ? "text/event-stream" : "application/json", bl);
    memcpy(req + reqlen, body, bl);
    reqlen += bl;
    ep = epoll_create1(0);
    t0 = now_ns();
    if (!strcmp(mode, "probe")) {
        uint64_t give_up = t0 + (uint64_t)((secs ? secs : 120) * 1e9);
        while (now_ns() < give_up) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            struct sockaddr_in a = {.sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
            struct timeval tv = {5, 0};
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
            if (!connect(fd, (void *)&a, sizeof a) &&
                send(fd, req, reqlen, MSG_NOSIGNAL) == (ssize_t)reqlen) {
                ssize_t r = recv(fd, rbuf, sizeof rbuf, 0);
                if (r > 12 && !memcmp(rbuf + 9, "200", 3)) {
                    printf("%llu\n", (unsigned long long)now_ns());
                    return 0;
                }
            }
            close(fd);
            usleep(2000);
        }
        return 1;
    }
    if (!strcmp(mode, "open")) {
        if (!maxc)
            maxc = 512;
        on_finish = fin_open;
        if (!secs)
            secs = 6;
        total = (long)(rate * secs);
        double gap = 1e9 / rate;
        for (int i = 0; i < 16 && i < maxc; i++) {
            conn *c = conn_new();
            c->next = idle_list;
            idle_list = c;
        }
        t0 = now_ns() + 1000000;
        uint64_t hard = t0 + (uint64_t)((secs + 3) * 1e9);
        while ((launched < total || inflight) && now_ns() < hard) {
            uint64_t t = now_ns();
            long lateq = 0;
            while (launched < total) {
                uint64_t plan = t0 + (uint64_t)(launched * gap);
                if (plan > t)
                    break;
                conn *c = idle_list;
                if (c)
                    idle_list = c->next;
                else if (nconns < maxc)
                    c = conn_new();
                else {
                    lateq = (long)((t - plan) / gap);
                    break;
                }
                launched++;
                start(c, plan);
            }
            if (lateq > queued_max)
                queued_max = lateq;
            uint64_t nx = launched < total ? t0 + (uint64_t)(launched * gap) : hard;
            t = now_ns();
            if (nx <= t && !idle_list && nconns >= maxc)
                nx = t + 1000000;
            poll_once(nx);
        }
        // whatever is unanswered counts as late, with the wait so far
        long un = inflight + (total - launched);
        uint64_t t = now_ns();
        for (long i = launched; i < total; i++)
            push(&lat, t - (t0 + (uint64_t)(i * gap)));
        for (int i = 0; i < inflight; i++)
            push(&lat, t - t0);
        printf("{\"mode\": \"open\", \"rate\": %.0f, \"secs\": %.3f, \"ok\": %ld, \"errors\": %ld, "
               "\"unanswered\": %ld, \"achieved\": %.1f, \"conns\": %d, \"reconnects\": %ld",
               rate, (t - t0) / 1e9, finished, errors, un, finished / ((t - t0) / 1e9), nconns,
               reconnects);
    } else {
        if (!maxc)
            maxc = 1;
        if (!total)
            total = streaming ? maxc : 5000;
        on_finish = fin_loop;
        if (secs)
            t_end = t0 + (uint64_t)(secs * 1e9);
        uint64_t hard = t0 + (uint64_t)((secs ? secs + 10 : 600) * 1e9);
        double gap = ramp_ms * 1e6 / maxc;
        int started = 0;
        while ((started < maxc || inflight) && now_ns() < hard) {
            uint64_t t = now_ns();
            while (started < maxc && t0 + (uint64_t)(started * gap) <= t) {
                started++;
                conn *c = conn_new();
                if (launched < total) {
                    launched++;
                    start(c, t0 + (uint64_t)((started - 1) * gap) > t0 && ramp_ms
                                 ? t0 + (uint64_t)((started - 1) * gap)
                                 : now_ns());
                }
            }
            // All may be done before the last connection is due.
            if (started < maxc || inflight)
                poll_once(started < maxc ? t0 + (uint64_t)(started * gap) : hard);
        }
        stopping = 1;
        double el = (now_ns() - t0) / 1e9;
        printf("{\"mode\": \"%s\", \"conns\": %d, \"secs\": %.3f, \"ok\": %ld, \"errors\": %ld, "
               "\"short\": %ld, \"unanswered\": %d, \"rps\": %.1f, \"reconnects\": %ld",
               mode, maxc, el, finished, errors, short_streams, inflight, finished / el,
               reconnects);
    }
    if (streaming) {
        show("ttft_us", &ttft);
        show("transit_us", &transit);
        show("total_us", &dur);
    } else
        show("lat_us", &lat);
    printf(", \"first_error\": \"%s\"}\n", first_err);
    return 0;
}
