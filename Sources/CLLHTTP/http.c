// The library's own source, from Debian's node-llhttp.
#include "/usr/share/llhttp/http.c"
