/* UTF-8 as defined by RFC 3629: overlong forms, surrogates, code points above U+10FFFF
 * and truncated sequences are invalid. */
#ifndef HOST_UTF8_H
#define HOST_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_LONGEST = 4 }; /* bytes of a character */

/* Bytes of the character at `text`, which is before `end`; 0 if it is invalid. */
static inline size_t host_utf8_size(const char *text, const char *end)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (n == 1) return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || (size_t)(end - text) < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
    if (p[0] == 0xed && p[1] > 0x9f) return 0; /* surrogates */
    if (p[0] == 0xf0 && p[1] < 0x90) return 0; /* overlong */
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0; /* above U+10FFFF */
    return n;
}

/* The offset of the first byte that is not UTF-8; `size` if there is none. */
size_t host_utf8_check(const char *text, size_t size);

/* Characters in text[0..size), if it is UTF-8; else the number of possible first bytes.
 */
size_t host_utf8_count(const char *text, size_t size);

/* The code point of the character at `text`, whose host_utf8_size is `n`. */
uint32_t host_utf8_point(const char *text, size_t n);

/* Writes a code point and returns the end of its bytes, at most UTF8_LONGEST further. A
 * lone surrogate is written too; it then fails the check. */
char *host_utf8_put(char *to, uint32_t point);

#endif
