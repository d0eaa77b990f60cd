// libyaml's event parser.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // as every module here, or their copies of system types would differ
#endif
#include <yaml.h>
