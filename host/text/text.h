/* What other modules use of host.text: trimming, and lower case as toLowerCase of
 * JavaScript has it. */
#ifndef HOST_TEXT_TEXT_H
#define HOST_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Trims blanks, NUL and what else shows nothing at both ends. */
void host_text_trim(const char **text, size_t *size);

/* The offset of the first byte that may change: a capital or outside ASCII; `size` if
 * there is none, which is the quick answer for most values. */
size_t host_text_settled(const char *text, size_t size);

/* Bytes that text of this size has at most in lower case. */
static inline size_t host_text_room(size_t size)
{
    return size + size / 2;
}

/* Writes text[0..size) in lower case to `to`, which has host_text_room, and returns its
 * size. Invalid bytes stay as they are. */
size_t host_text_fold(const char *text, size_t size, char *to);

#endif
