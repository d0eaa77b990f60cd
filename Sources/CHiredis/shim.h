// hiredis' protocol reader and command formatter; its connections are not used.
#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
