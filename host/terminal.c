#include "host.h"

int luaopen_host_terminal(lua_State *L)
{
    lua_newtable(L);
    return 1;
}
