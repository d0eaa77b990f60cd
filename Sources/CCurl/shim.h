// libcurl: one wrapper for each argument type of its variadic calls.
#pragma once
#include <curl/curl.h>

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
static inline CURLcode sg_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode sg_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}
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
