/* The basics of host.text: arguments, trimming, lower case. */

#include "text/fold.h"

#include "common.h"

#include <string.h>

/* Bytes of the blank at `p`, 0 if there is none: ASCII white space, NUL, U+00A0, U+FEFF.
 */
static size_t blank_size(const char *p, size_t left)
{
    if (*p == ' ' || (*p >= '\t' && *p <= '\r') || *p == '\0') return 1;
    if (left >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) return 2;
    if (left >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) return 3;
    return 0;
}

void host_text_trim(const char **text, size_t *size)
{
    size_t n;
    while (*size > 0 && (n = blank_size(*text, *size)) > 0) {
        *text += n;
        *size -= n;
    }
    while (*size > 0) {
        const char *end = *text + *size;
        if (blank_size(end - 1, 1) == 1)
            *size -= 1;
        else if (*size >= 2 && blank_size(end - 2, 2) == 2)
            *size -= 2;
        else if (*size >= 3 && blank_size(end - 3, 3) == 3)
            *size -= 3;
        else
            break;
    }
}

const char *host_text_check(lua_State *L, int arg, size_t *size)
{
    int type = lua_type(L, arg);
    if (type == LUA_TNIL || type == LUA_TNONE || type == LUA_TLIGHTUSERDATA) return NULL;
    return luaL_checklstring(L, arg, size);
}

void host_text_push_lower(lua_State *L, const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && host_lower(text[i]) == text[i])
        i++;
    if (i == size) {
        if (lua_rawlen(L, 1) == size)
            lua_pushvalue(L, 1);
        else
            lua_pushlstring(L, text, size);
        return;
    }
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    memcpy(to, text, i);
    for (; i < size; i++)
        to[i] = host_lower(text[i]);
    luaL_pushresultsize(&b, size);
}
