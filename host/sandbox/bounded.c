/* host.bounded - the string and table functions for code that is not trusted.
 *
 * Lua's count hook cannot interrupt a C function. What these do is counted against the
 * budget of the state. */

#include "host.h"

#include "sandbox/library.h"

#include <lauxlib.h>

int luaopen_host_bounded(lua_State *L)
{
    lua_createtable(L, 0, 2);
    host_strings_open(L);
    lua_setfield(L, -2, "string");
    host_tables_open(L);
    host_sort_open(L);
    lua_setfield(L, -2, "table");
    return 1;
}
