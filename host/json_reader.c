/* The streaming reader. */

#include "host.h"
#include "json.h"

int host_json_reader(lua_State *L)
{
    return luaL_error(L, "not yet");
}

void host_json_reader_types(lua_State *L)
{
    (void)L;
}
