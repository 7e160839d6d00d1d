/* How readers are asked for records: kept in their metatables, which scripts cannot
 * reach. */

#include "records.h"

#include "common.h"

static const char key = 0; /* its address is the key in the metatables */

void host_records_offer(lua_State *L, const char *type, const struct host_records *how)
{
    luaL_getmetatable(L, type);
    lua_pushlightuserdata(L, (void *)how);
    lua_rawsetp(L, -2, &key);
    lua_pop(L, 1);
}

const struct host_records *host_records_of(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, -1, &key);
    const struct host_records *how = lua_touserdata(L, -1);
    lua_pop(L, 2);
    return how;
}
