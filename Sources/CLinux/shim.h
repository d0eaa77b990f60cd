// What Swift's Glibc module leaves out: Linux calls whose headers it does not map, and variadic
// calls, each with a fixed-argument stand-in. Nothing else may be here.
// _GNU_SOURCE is not defined: with it, system types would differ from those of other modules. What it
// alone declares is declared here.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// errno is a macro. This module is built with _GNU_SOURCE and so clashes with Swift's Glibc module:
// a Swift module imports the one or the other.
static inline int sg_errno(void) { return errno; }

extern const char *strerrordesc_np(int code);
extern int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

// memfd_create(2), for sealed copies of tables.
static inline int sg_memfd_create(const char *name, unsigned flags) {
    return (int)syscall(SYS_memfd_create, name, flags);
}
#define SG_MFD_CLOEXEC 1U
#define SG_MFD_ALLOW_SEALING 2U

// fcntl(F_ADD_SEALS): no more writing, growing, shrinking or sealing.
static inline int sg_seal(int fd) {
    return fcntl(fd, 1033 /* F_ADD_SEALS */, 0x0008 | 0x0004 | 0x0002 | 0x0001);
}

// fcntl(F_SETFL, O_NONBLOCK) with the flags that are there kept.
static inline int sg_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

// open(2) is variadic.
static inline int sg_open(const char *path, int flags, unsigned mode) {
    return open(path, flags, mode);
}

// epoll's data as one integer.
static inline int sg_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, fd, &event);
}
static inline uint64_t sg_epoll_data(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t sg_epoll_events(const struct epoll_event *event) { return event->events; }
static const int SG_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int SG_EFD_FLAGS = EFD_CLOEXEC | EFD_NONBLOCK;
static const int SG_EFD_SEMAPHORE = EFD_CLOEXEC | EFD_SEMAPHORE;
static const int SG_SOCKET_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;
static const int SG_SOCK_STREAM = SOCK_STREAM;
static const int SG_SFD_FLAGS = SFD_CLOEXEC | SFD_NONBLOCK;
static const int SG_INOTIFY_FLAGS = IN_CLOEXEC | IN_NONBLOCK;
static const uint32_t SG_EPOLLIN = (uint32_t)EPOLLIN;
static const uint32_t SG_EPOLLOUT = (uint32_t)EPOLLOUT;
static const uint32_t SG_EPOLLERR = (uint32_t)EPOLLERR;
static const uint32_t SG_EPOLLHUP = (uint32_t)EPOLLHUP;
static const uint32_t SG_EPOLLRDHUP = (uint32_t)EPOLLRDHUP;
static const uint32_t SG_EPOLLET = (uint32_t)EPOLLET;
static const uint32_t SG_EPOLLEXCLUSIVE = (uint32_t)EPOLLEXCLUSIVE;

// accept4(2) and getsockname(2) take a transparent union that Swift cannot fill.
static inline int sg_accept(int fd, struct sockaddr_storage *address, socklen_t *size) {
    return accept4(fd, (struct sockaddr *)address, size, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
static inline int sg_getsockname(int fd, struct sockaddr_storage *address, socklen_t *size) {
    return getsockname(fd, (struct sockaddr *)address, size);
}
static inline int sg_connect(int fd, const void *address, socklen_t size) {
    return connect(fd, (const struct sockaddr *)address, size);
}
static inline int sg_bind(int fd, const void *address, socklen_t size) {
    return bind(fd, (const struct sockaddr *)address, size);
}

// pthread_setname_np(3) is outside Glibc's map.
static inline void sg_set_thread_name(unsigned long thread, const char *name) {
    pthread_setname_np((pthread_t)thread, name);
}

// prctl(2) is variadic. No core dump and no ptrace by others: secrets are in memory.
static inline int sg_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// setrlimit(2) takes an enum in C++ and an int in C. Raises the soft limit of open descriptors to the
// hard one: what starts containers often leaves it at 1024, for programs that use select(2).
static inline int sg_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) { return -1; }
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

// getopt_long(3) keeps its place and its value in globals, which Swift does not let pass.
static inline int sg_next_option(
    int count, char *const *arguments, const struct option *options, const char **value, int *place) {
    opterr = 0;
    int code = getopt_long(count, arguments, ":", options, NULL);
    *value = optarg;
    *place = optind;
    return code;
}
