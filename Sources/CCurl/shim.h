// libcurl: one wrapper for each argument type of its variadic calls.
#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

// curl_easy_setopt(3) by the type of its last argument.
static inline CURLcode sg_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode sg_curl_set_off(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode sg_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode sg_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
typedef size_t (*sg_curl_data_function)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode sg_curl_set_data_function(
    CURL *easy, CURLoption option, sg_curl_data_function function) {
    return curl_easy_setopt(easy, option, function);
}
typedef int (*sg_curl_seek_function)(void *context, curl_off_t offset, int origin);
static inline CURLcode sg_curl_set_seek_function(CURL *easy, sg_curl_seek_function function) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}
typedef int (*sg_curl_request_function)(void *context, char *peer, char *own, int peer_port, int own_port);
static inline CURLcode sg_curl_set_request_function(CURL *easy, sg_curl_request_function function) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}
typedef curl_socket_t (*sg_curl_open_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode sg_curl_set_open_function(CURL *easy, sg_curl_open_function function) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}
typedef int (*sg_curl_close_function)(void *context, curl_socket_t fd);
static inline CURLcode sg_curl_set_close_function(CURL *easy, sg_curl_close_function function) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}

// curl_easy_getinfo(3).
static inline CURLcode sg_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

// curl_multi_setopt(3).
static inline CURLMcode sg_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode sg_curl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
typedef int (*sg_curl_socket_function)(CURL *easy, curl_socket_t fd, int what, void *context, void *socket);
static inline CURLMcode sg_curl_multi_set_socket_function(CURLM *multi, sg_curl_socket_function function) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
typedef int (*sg_curl_timer_function)(CURLM *multi, long milliseconds, void *context);
static inline CURLMcode sg_curl_multi_set_timer_function(CURLM *multi, sg_curl_timer_function function) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

// Macros that Swift does not import.
static const size_t SG_CURL_WRITE_PAUSE = CURL_WRITEFUNC_PAUSE;
static const size_t SG_CURL_READ_ABORT = CURL_READFUNC_ABORT;
static const long SG_CURL_GLOBAL_ALL = CURL_GLOBAL_ALL;
static const long SG_CURL_HTTP_2_TLS = CURL_HTTP_VERSION_2TLS;
static const long SG_CURL_HTTP_1_1 = CURL_HTTP_VERSION_1_1;
static const long SG_CURL_PIPE_MULTIPLEX = CURLPIPE_MULTIPLEX;
static const int SG_CURL_UNPAUSE = CURLPAUSE_CONT;
static const curl_socket_t SG_CURL_TIMEOUT_SOCKET = CURL_SOCKET_TIMEOUT;

// The result of the next finished transfer.
// Returns NULL when there is none.
static inline CURL *sg_curl_next_done(CURLM *multi, CURLcode *code) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

// Swift's Glibc module and <curl/curl.h> disagree on fd_set, so a file sees only one of them.
static inline int sg_curl_close(curl_socket_t fd) { return close(fd); }
static inline curl_socket_t sg_curl_open(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
// The port that a socket of this machine is bound to, -1 when there is none.
static inline int sg_curl_own_port(curl_socket_t fd) {
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0) return -1;
    if (own.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&own)->sin6_port);
    return own.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&own)->sin_port) : -1;
}
static const int SG_CURL_REQUEST_OK = CURL_PREREQFUNC_OK;
static const int SG_CURL_REQUEST_ABORT = CURL_PREREQFUNC_ABORT;
static const int SG_CURL_SEEK_SET = SEEK_SET;
static inline const char *sg_curl_version(void) { return curl_version_info(CURLVERSION_NOW)->version; }
