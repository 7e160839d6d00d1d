/* host.text - what mappings do to every row: trimming, case, parts. Addresses are in
 * address.c, phone numbers in phone.c, words for true and false in boolean.c.
 *
 * Every function returns nil for nil and for JSON's null. A value that needs no change is
 * returned as it is, without creating a string. */

#include "text/fold.h"

#include "common.h"
#include "host.h"
#include "text/text.h"
#include "utf8.h"
#include "json/json.h"

#include <stdbool.h>
#include <string.h>

/* trim(value) -> string | nil */
static int text_trim(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text) return host_text_nil(L);
    size_t whole = size;
    host_text_trim(&text, &size);
    if (size == 0) return host_text_nil(L);
    if (size == whole)
        lua_pushvalue(L, 1);
    else
        lua_pushlstring(L, text, size);
    return 1;
}

/* lower(value) -> string | nil */
static int text_lower(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text) return host_text_nil(L);
    host_text_push_lower(L, text, size);
    return 1;
}

static const char *find(const char *p, const char *end, const char *what, size_t size)
{
    while ((size_t)(end - p) >= size && (p = memchr(p, *what, (size_t)(end - p)))) {
        if ((size_t)(end - p) < size) break;
        if (memcmp(p, what, size) == 0) return p;
        p++;
    }
    return end;
}

/* The number of parts, up to ENOUGH, to create the list with the right size. */
static int count_parts(const char *p, const char *end, const char *separator, size_t step)
{
    enum { ENOUGH = 64 };
    int n = 1;
    for (; n < ENOUGH && (p = find(p, end, separator, step)) < end; p += step)
        n++;
    return n;
}

/* split(value, separator) -> list | nil */
static int text_split(lua_State *L)
{
    size_t size, step;
    const char *text = host_text_check(L, 1, &size);
    const char *separator = luaL_checklstring(L, 2, &step);
    luaL_argcheck(L, step > 0, 2, "an empty separator");
    if (!text) return host_text_nil(L);

    const char *end = text + size;
    lua_createtable(L, count_parts(text, end, separator, step), 0);
    lua_Integer n = 0;
    for (;;) {
        const char *stop = find(text, end, separator, step);
        const char *part = text;
        size_t length = (size_t)(stop - text);
        host_text_trim(&part, &length);
        if (length > 0) {
            lua_pushlstring(L, part, length);
            lua_rawseti(L, -2, ++n);
        }
        if (stop == end) break;
        text = stop + step;
    }
    host_json_mark(L);
    return 1;
}

/* is_utf8(value) -> boolean | nil */
static int text_is_utf8(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text) return host_text_nil(L);
    lua_pushboolean(L, host_utf8_check(text, size) == size);
    return 1;
}

/* length(value) -> characters | nil */
static int text_length(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text || host_utf8_check(text, size) < size) return host_text_nil(L);
    lua_pushinteger(L, (lua_Integer)host_utf8_count(text, size));
    return 1;
}

static int least(int a, int b, int c)
{
    int d = a < b ? a : b;
    return d < c ? d : c;
}

/* distance(a, b) -> integer
 * Optimal string alignment over bytes; three rows of the table are enough. */
static int text_distance(lua_State *L)
{
    size_t an, bn;
    const char *a = luaL_checklstring(L, 1, &an), *b = luaL_checklstring(L, 2, &bn);
    luaL_argcheck(L, an < 10000 && bn < 10000, 1, "too long for a word");
    int *table = lua_newuserdatauv(L, 3 * (bn + 1) * sizeof *table, 0);
    int *before = table, *last = before + bn + 1, *now = last + bn + 1;
    for (size_t j = 0; j <= bn; j++)
        now[j] = (int)j;
    for (size_t i = 1; i <= an; i++) {
        int *free_row = before;
        before = last;
        last = now;
        now = free_row;
        now[0] = (int)i;
        for (size_t j = 1; j <= bn; j++) {
            int differ = a[i - 1] != b[j - 1];
            now[j] = least(now[j - 1] + 1, last[j] + 1, last[j - 1] + differ);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
        }
    }
    lua_pushinteger(L, now[bn]);
    return 1;
}

static const luaL_Reg functions[] = {
    {"distance", text_distance},
    {"is_utf8",  text_is_utf8 },
    {"length",   text_length  },
    {"lower",    text_lower   },
    {"split",    text_split   },
    {"trim",     text_trim    },
    {NULL,       NULL         }
};

int luaopen_host_text(lua_State *L)
{
    luaL_newlib(L, functions);
    host_text_address_open(L);
    host_text_boolean_open(L);
    host_text_encode_open(L);
    host_text_phone_open(L);
    host_text_printable_open(L);
    host_text_redact_open(L);
    host_text_unseen_open(L);
    return 1;
}
