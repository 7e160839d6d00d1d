/* The window that slides over a reader's input, and the scan within it. */

#include "common.h"
#include "json/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 128 * 1024,              /* bytes, unless a record is longer */
    MOST_BLANK = 64 * 1024,           /* bytes before the first record */
    LONGEST_PASSED = 64 * 1024 * 1024 /* bytes of a token outside records */
};

int host_json_slide(lua_State *L, struct reader *r, size_t from)
{
    struct host_bytes *b = &r->window;

    if (from > 0) {
        memmove(b->data, b->data + from, b->size - from);
        b->size -= from;
        r->passed += (lua_Integer)from;
    }
    if (r->ended) return 0;
    size_t left = b->capacity - b->size;
    if (left == 0) left = b->capacity ? b->capacity : WINDOW;
    char *room = host_json_room(L, b, left);
    ssize_t n = host_input_read(L, r->in, room, left);
    if (n < 0) return -1;
    b->size += (size_t)n;
    r->ended = n == 0;
    return n > 0;
}

bool host_json_too_long(lua_State *L, struct reader *r)
{
    lua_Integer at = r->passed + (lua_Integer)(r->scan.base - r->window.data) + 1;
    host_fail(L, HOST_PARSE, "the record at byte %I is longer than %I bytes", at,
              (lua_Integer)r->limit);
    return false;
}

/* Reads more for the scan. Returns false with a failure pushed. */
static bool fetch(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    const char *from = r->keeping ? s->base : s->p;
    size_t at = (size_t)(s->p - from);

    if (r->keeping && (size_t)(s->end - from) > r->limit) return host_json_too_long(L, r);
    if (!r->keeping && s->end - from > LONGEST_PASSED)
        return host_fail(L, HOST_PARSE, "the text at byte %I is longer than %I bytes",
                         r->passed + (lua_Integer)(from - r->window.data) + 1,
                         (lua_Integer)LONGEST_PASSED),
               false;
    int got = host_json_slide(L, r, from ? (size_t)(from - r->window.data) : 0);
    if (got < 0) return false;
    s->base = r->window.data;
    s->p = r->window.data + at;
    s->end = r->window.data + r->window.size;
    s->final = got == 0;
    return true;
}

bool host_json_broken(lua_State *L, struct reader *r)
{
    host_json_fail(L, &r->scan, (size_t)r->passed + (size_t)(r->scan.p - r->window.data));
    return false;
}

void host_json_grow_members(lua_State *L, struct json_scan *s)
{
    size_t capacity = s->capacity ? 2 * s->capacity : 32;
    struct json_member *members = realloc(s->members, capacity * sizeof *members);
    if (!members) luaL_error(L, "out of memory for %I members", (lua_Integer)capacity);
    s->members = members;
    s->capacity = capacity;
}

bool host_json_drive(lua_State *L, struct reader *r, int depth)
{
    for (;;) {
        switch (depth == ONE_TOKEN ? host_json_token(&r->scan)
                                   : host_json_until(&r->scan, depth)) {
        case JSON_OK:
            return true;
        case JSON_ROOM:
            host_json_grow_members(L, &r->scan);
            break;
        case JSON_MORE:
            if (!fetch(L, r)) return false;
            break;
        case JSON_BAD:
            return host_json_broken(L, r);
        }
    }
}

int host_json_peek(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    for (;;) {
        s->p = json_blank(s->p, s->end);
        if (s->p < s->end) return (unsigned char)*s->p;
        if (s->final) return AT_END;
        if (!fetch(L, r)) return UNREADABLE;
    }
}

/* The first byte from `at` on that is not in `skipped`: its offset in the window, which
 * may be read on for it, or the window's size at the end of the input. */
static bool find_other(lua_State *L, struct reader *r, size_t *at, const char *skipped)
{
    for (; *at < MOST_BLANK; ++*at) {
        int got = *at < r->window.size ? 1 : host_json_slide(L, r, 0);
        if (got < 0) return false;
        if (got == 0) break;
        char c = r->window.data[*at];
        if (c == 0 || !strchr(skipped, c)) break;
    }
    return true;
}

/* One document per line, unless the text begins with an array, or with a brace alone on
 * its line. */
static bool detect_lines(lua_State *L, struct reader *r)
{
    size_t at = r->line_at;

    if (!find_other(L, r, &at, " \t\r\n")) return false;
    r->lines = at == r->window.size || r->window.data[at] != '[';
    if (!r->lines || at == r->window.size || r->window.data[at++] != '{') return true;
    if (!find_other(L, r, &at, " \t\r")) return false;
    if (at < r->window.size && r->window.data[at] == '\n') r->lines = false;
    return true;
}

bool host_json_start(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int got = 1;

    while (r->window.size < 3 && got > 0)
        got = host_json_slide(L, r, 0);
    if (got < 0) return false;
    r->started = true;
    const char *text = r->window.data;
    size_t size = r->window.size;
    r->line_at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (r->detects && !detect_lines(L, r)) return false;
    host_json_begin(s, r->window.data + r->line_at, r->window.size - r->line_at, false);
    return true;
}
