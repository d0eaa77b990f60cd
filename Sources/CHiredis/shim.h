// hiredis' protocol reader and command formatter; its connections are not used.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // as every module here, or their copies of system types would differ
#endif
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
