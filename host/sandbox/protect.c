/* The functions of Lua's base library that a recipe may have only in another form: pcall
 * and xpcall do not catch the end of a budget, setmetatable takes no finalizer. An object
 * inside a JSON record seems to have no metatable. */

#include "sandbox/sandbox.h"
#include "json/json.h"

#include <lauxlib.h>

static int finish(lua_State *L, int status, lua_KContext extra)
{
    struct host_sandbox *s = host_sandbox_of(L);

    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)extra;
    if (s->budget.ending != HOST_ENDING_NONE) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* pcall(fn, ...) -> true, results... | false, error */
static int protect_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1); /* true fn args */
    return finish(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish), 0);
}

/* Lua runs a handler without hooks for an error that a hook raised: the recipe's, upvalue
 * 1, is then left out, for it might not end. */
static int handle(lua_State *L)
{
    struct host_sandbox *s = host_sandbox_of(L);

    if (s->budget.ending != HOST_ENDING_NONE) return 1;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* xpcall(fn, handler, ...) -> true, results... | false, what the handler returns */
static int protect_xpcall(lua_State *L)
{
    int n = lua_gettop(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2); /* fn handler args */
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* fn handler true fn args */
    return finish(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finish), 2);
}

/* setmetatable(table, metatable) -> table
 * A finalizer would run with hooks off: an endless one could not be stopped. */
static int protect_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    lua_settop(L, 2);
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "a recipe cannot have finalizers (__gc)");
        lua_pop(L, 1);
    }
    if (!host_json_is_watched(L, 1) && luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* getmetatable(value) -> metatable | nil
 * Of tables only: those of other types are one for the whole state. */
static int protect_getmetatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!lua_istable(L, 1) || host_json_is_watched(L, 1) || !lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    luaL_getmetafield(L, 1, "__metatable"); /* else the metatable stays on top */
    return 1;
}

static const luaL_Reg functions[] = {
    {"getmetatable", protect_getmetatable},
    {"pcall",        protect_pcall       },
    {"setmetatable", protect_setmetatable},
    {"xpcall",       protect_xpcall      },
    {NULL,           NULL                }
};

void host_protect_open(lua_State *L)
{
    luaL_newlib(L, functions);
}
