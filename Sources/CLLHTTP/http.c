// The library's own source, from Debian's node-llhttp. Its sources ask for the mode before they include
// the header that sets a default.
#define LLHTTP_STRICT_MODE 1
#include "/usr/share/llhttp/http.c"
