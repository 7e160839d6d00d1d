/* UTF-8: checked eight bytes at a time where they are ASCII; counted, read, written. */

#include "utf8.h"

#include <string.h>

#define HIGHS UINT64_C(0x8080808080808080)

size_t host_utf8_check(const char *text, size_t size)
{
    const char *end = text + size;
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        while (size - i >= sizeof word) {
            memcpy(&word, text + i, sizeof word);
            if (word & HIGHS) break;
            i += sizeof word;
        }
        if (i == size) break;
        size_t n = host_utf8_size(text + i, end);
        if (n == 0) return i;
        i += n;
    }
    return size;
}

size_t host_utf8_count(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += (text[i] & 0xc0) != 0x80;
    return n;
}

uint32_t host_utf8_point(const char *text, size_t n)
{
    unsigned char first = (unsigned char)*text;
    if (n == 1) return first;
    uint32_t point = first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    return point;
}

char *host_utf8_put(char *to, uint32_t point)
{
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (char)(first[more] | point >> 6 * more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (point >> 6 * more & 0x3f));
    return to;
}
