/* What text.c knows of UTF-8, for the other C modules. */
#ifndef HOST_TEXT_H
#define HOST_TEXT_H

#include <stddef.h>

/* The offset of the first byte that is not UTF-8 (overlong forms, surrogates and what is
 * cut off count as such); `size` when there is none. */
size_t host_utf8_check(const char *text, size_t size);

#endif
