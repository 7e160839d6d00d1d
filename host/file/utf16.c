/* Text in UTF-16 for host.file - it comes as UTF-8, without its byte order mark. */

#include "file/parts.h"

#include "utf8.h"

#include <string.h>

enum { LOOKED_AT = 4 }; /* bytes */

static bool is_ascii(unsigned char c)
{
    return c != 0 && c < 0x80;
}

static void look(struct host_wide *w)
{
    const unsigned char *p = w->raw;
    size_t n = w->end;

    w->order = HOST_WIDE_NONE;
    if (n >= 2 && p[0] == 0xff && p[1] == 0xfe)
        w->order = HOST_WIDE_LITTLE;
    else if (n >= 2 && p[0] == 0xfe && p[1] == 0xff)
        w->order = HOST_WIDE_BIG;
    if (w->order != HOST_WIDE_NONE)
        w->begin = 2;
    else if (n >= LOOKED_AT && is_ascii(p[0]) && !p[1] && is_ascii(p[2]) && !p[3])
        w->order = HOST_WIDE_LITTLE;
    else if (n >= LOOKED_AT && !p[0] && is_ascii(p[1]) && !p[2] && is_ascii(p[3]))
        w->order = HOST_WIDE_BIG;
}

static uint32_t unit(const struct host_wide *w, size_t at)
{
    const unsigned char *p = w->raw + at;
    return w->order == HOST_WIDE_LITTLE ? (uint32_t)(p[0] | p[1] << 8)
                                        : (uint32_t)(p[0] << 8 | p[1]);
}

/* The next character as UTF-8 in `rest`; false if more bytes are needed. A lone surrogate
 * is written as it is, half a unit at the end as 0xff: neither is UTF-8. */
static bool next(struct host_wide *w)
{
    size_t left = w->end - w->begin, n = 2;
    w->rest_begin = w->rest_end = 0;
    if (left == 0 || (left == 1 && !w->ended)) return false;
    if (left == 1) {
        w->rest[w->rest_end++] = (char)0xff;
        w->begin++;
        return true;
    }
    uint32_t c = unit(w, w->begin);
    bool is_high = (c & 0xfc00) == 0xd800;
    if (is_high && left < 4 && !w->ended) return false;
    uint32_t low = is_high && left >= 4 ? unit(w, w->begin + 2) : 0;
    if ((low & 0xfc00) == 0xdc00) {
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
        n = 4;
    }
    w->begin += n;
    w->rest_end = (size_t)(host_utf8_put(w->rest, c) - w->rest);
    return true;
}

static size_t convert(struct host_wide *w, char *to, size_t n)
{
    size_t done = 0;
    while (done < n && (w->rest_begin < w->rest_end || next(w)))
        to[done++] = w->rest[w->rest_begin++];
    return done;
}

bool host_wide_is_none(const struct host_wide *w)
{
    return w->order == HOST_WIDE_NONE && w->begin == w->end;
}

unsigned char *host_wide_room(struct host_wide *w, size_t *room)
{
    memmove(w->raw, w->raw + w->begin, w->end - w->begin);
    w->end -= w->begin;
    w->begin = 0;
    *room = sizeof w->raw - w->end;
    return w->raw + w->end;
}

void host_wide_filled(struct host_wide *w, size_t n)
{
    w->end += n;
    w->ended = n == 0;
    if (w->order == HOST_WIDE_UNKNOWN && (w->end >= LOOKED_AT || w->ended)) look(w);
}

size_t host_wide_take(struct host_wide *w, char *to, size_t n)
{
    if (w->order == HOST_WIDE_UNKNOWN) return 0;
    if (w->order != HOST_WIDE_NONE) return convert(w, to, n);
    if (n > w->end - w->begin) n = w->end - w->begin;
    memcpy(to, w->raw + w->begin, n);
    w->begin += n;
    return n;
}
