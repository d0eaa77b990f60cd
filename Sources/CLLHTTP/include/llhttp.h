// llhttp's header is outside the compiler's search path on Debian; included by its place, so that
// the package needs no unsafe flags. Strict mode refuses what no well-behaved client sends.
#pragma once
#define LLHTTP_STRICT_MODE 1
#include "/usr/share/include/llhttp/llhttp.h"
