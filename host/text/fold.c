/* The basics of host.text: arguments, lower case. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"

#include <string.h>

const char *host_text_check(lua_State *L, int arg, size_t *size)
{
    int type = lua_type(L, arg);
    if (type == LUA_TNIL || type == LUA_TNONE || type == LUA_TLIGHTUSERDATA) return NULL;
    return luaL_checklstring(L, arg, size);
}

void host_text_push_lower(lua_State *L, const char *text, size_t size)
{
    size_t settled = host_text_settled(text, size);
    if (settled == size) {
        if (lua_rawlen(L, 1) == size)
            lua_pushvalue(L, 1);
        else
            lua_pushlstring(L, text, size);
        return;
    }
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, host_text_room(size));
    luaL_pushresultsize(&b, host_text_fold(text, size, to));
}
