/* Finds and loads what is embedded. */

#include "embedded.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct host_embedded *)entry)->name);
}

const struct host_embedded *host_embedded_find(const char *name)
{
    return bsearch(name, host_embedded, host_embedded_count, sizeof *host_embedded,
                   by_name);
}

int host_embedded_load(lua_State *L, const char *name)
{
    const struct host_embedded *e = host_embedded_find(name);
    if (!e) return 0;
    int status = e->code ? luaL_loadbufferx(L, e->code, e->code_size, e->chunk, "b")
                         : luaL_loadbufferx(L, e->text, e->size, e->chunk, "t");
    if (status != LUA_OK) return lua_error(L);
    lua_pushstring(L, e->chunk);
    return 2;
}
