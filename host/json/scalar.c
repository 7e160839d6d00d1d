/* Writes JSON strings and numbers to a byte buffer. */

#include "json/json.h"

#include "common.h"
#include "utf8.h"
#include "json/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *host_json_room(lua_State *L, struct host_bytes *b, size_t n)
{
    char *room = host_bytes_room(b, n);

    if (!room) luaL_error(L, "out of memory for %I more bytes of JSON", (lua_Integer)n);
    return room;
}

/* Writes the character at s, which is not plain, and returns its size; 0 if invalid. */
static size_t write_odd(lua_State *L, struct host_bytes *b, const char *s,
                        const char *end)
{
    static const char hex[] = "0123456789abcdef", letters[] = "bfnrt",
                      codes[] = "\b\f\n\r\t";
    unsigned char c = (unsigned char)*s;
    char *out = host_json_space(L, b, 6 + (size_t)(end - s) + 1);

    if (c >= 0x80) {
        size_t n = host_utf8_size(s, end);
        memcpy(out, s, n);
        b->size += n;
        return n;
    }
    out[0] = '\\';
    b->size += 2;
    const char *code = c ? strchr(codes, c) : NULL;
    if (c == '"' || c == '\\') {
        out[1] = (char)c;
    } else if (code) {
        out[1] = letters[code - codes];
    } else {
        memcpy(out + 1, "u00", 3);
        out[4] = hex[c >> 4];
        out[5] = hex[c & 15];
        b->size += 4;
    }
    return 1;
}

/* Copies plain bytes from *s to *out. */
static inline void copy_plain(const char **s, const char *end, char **out)
{
    const char *from = *s;
    char *to = *out;

    while (end - from >= 8 && json_plain8(from)) {
        memcpy(to, from, 8);
        to += 8;
        from += 8;
    }
    while (from < end && json_plain((unsigned char)*from))
        *to++ = *from++;
    *s = from;
    *out = to;
}

/* Writes text with something to escape or check; its plain bytes fit at `out`. */
static bool write_checked(lua_State *L, struct host_bytes *b, const char *s, size_t size,
                          char *out)
{
    const char *start = s, *end = s + size;

    for (;;) {
        copy_plain(&s, end, &out);
        b->size = (size_t)(out - b->data);
        if (s == end) break;
        size_t n = write_odd(L, b, s, end);
        if (n == 0) {
            lua_pushfstring(L, "text that is not UTF-8 (byte %I)",
                            (lua_Integer)(s - start) + 1);
            return false;
        }
        s += n;
        out = host_json_space(L, b, (size_t)(end - s) + 1);
    }
    *host_json_space(L, b, 1) = '"';
    b->size++;
    return true;
}

bool host_json_put_string(lua_State *L, struct host_bytes *b, const char *s, size_t size)
{
    char *out = host_json_space(L, b, size + 2);

    *out++ = '"';
    if (size >= 8) { /* eight at a time; the last eight may overlap */
        size_t last = size - 8, i = 0;
        while (i < last && json_plain8(s + i)) {
            memcpy(out + i, s + i, 8);
            i += 8;
        }
        if (i < last || !json_plain8(s + last)) return write_checked(L, b, s, size, out);
        memcpy(out + last, s + last, 8);
    } else {
        for (size_t i = 0; i < size; i++) {
            if (!json_plain((unsigned char)s[i]))
                return write_checked(L, b, s, size, out);
            out[i] = s[i];
        }
    }
    out[size] = '"';
    b->size += size + 2;
    return true;
}

void host_json_put_integer(lua_State *L, struct host_bytes *b, lua_Integer n)
{
    char digits[20], *p = digits + sizeof digits;
    lua_Unsigned left = n < 0 ? 0 - (lua_Unsigned)n : (lua_Unsigned)n;

    do
        *--p = (char)('0' + left % 10);
    while (left /= 10);
    char *out = host_json_space(L, b, sizeof digits + 1);
    size_t size = (size_t)(digits + sizeof digits - p);
    if (n < 0) {
        *out++ = '-';
        b->size++;
    }
    memcpy(out, p, size);
    b->size += size;
}

/* The shortest text that reads back as the same double, with a fraction or exponent so
 * that it reads back as a float. */
bool host_json_put_float(lua_State *L, struct host_bytes *b, lua_Number d)
{
    char text[32];
    int size = 0;

    if (!isfinite(d)) {
        lua_pushliteral(L, "a number that is not finite");
        return false;
    }
    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d) break;
    }
    memcpy(host_json_space(L, b, sizeof text), text, (size_t)size);
    b->size += (size_t)size;
    if (!strpbrk(text, ".e")) {
        memcpy(host_json_space(L, b, 2), ".0", 2);
        b->size += 2;
    }
    return true;
}

static bool put_word(lua_State *L, struct host_bytes *b, const char *word, size_t size)
{
    memcpy(host_json_space(L, b, size), word, size);
    b->size += size;
    return true;
}

bool host_json_put_scalar(lua_State *L, struct host_bytes *b, int index, int kind,
                          const char *text, size_t size)
{
    switch (kind) {
    case LUA_TSTRING:
        return host_json_put_string(L, b, text, size);
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index))
            return host_json_put_float(L, b, lua_tonumber(L, index));
        host_json_put_integer(L, b, lua_tointeger(L, index));
        return true;
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? put_word(L, b, "true", 4)
                                       : put_word(L, b, "false", 5);
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) return put_word(L, b, "null", 4);
        lua_pushliteral(L, "a userdata");
        return false;
    }
    lua_pushfstring(L, "a %s", lua_typename(L, kind));
    return false;
}
