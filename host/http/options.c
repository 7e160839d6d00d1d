/* host.http, options - fields of request tables, read and kept. */

#include "http/transfer.h"

#include "common.h"

#include <string.h>

bool host_http_is_token(const char *text)
{
    if (!*text) return false;
    for (; *text; text++)
        if (*text <= ' ' || *text >= 127 || strchr("()<>@,;:\\\"/[]?={}", *text))
            return false;
    return true;
}

double host_http_seconds(lua_State *L, int index, const char *name, double otherwise)
{
    double seconds = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL) {
        seconds = lua_tonumber(L, -1);
        if (!(seconds > 0)) luaL_error(L, "%s must be a number of seconds above 0", name);
    }
    lua_pop(L, 1);
    return seconds;
}

void host_http_keep(lua_State *L)
{
    lua_getiuservalue(L, THIS, KEPT);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

const char *host_http_kept_field(lua_State *L, int index, const char *name, size_t *size)
{
    const char *text = host_field(L, index, name, size);
    if (!text) return NULL;
    lua_getfield(L, index, name);
    host_http_keep(L);
    return text;
}

void host_http_check(lua_State *L, bool fine)
{
    if (!fine) luaL_error(L, "out of memory for a transfer");
}
