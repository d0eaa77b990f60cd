#include "csimdjson.h"
#include <simdjson.h>

size_t sg_json_padding(void) { return simdjson::SIMDJSON_PADDING; }
