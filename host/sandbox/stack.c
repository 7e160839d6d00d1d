/* The functions that were running when an error was raised, innermost first, for the Lua
 * that describes the error: a recipe is told its own line and what it called. */

#include "sandbox/sandbox.h"

#include <lauxlib.h>

enum { DEEPEST = 24, ARGUMENTS = 6 };

static const char stack_key = 0; /* its address is a registry key: the last stack */

/* Pushes what a person calls the type of the value on top, which it pops. */
static void push_kind(lua_State *L)
{
    bool is_null = lua_islightuserdata(L, -1) && !lua_touserdata(L, -1);

    if (is_null)
        lua_pushliteral(L, "null");
    else if (lua_type(L, -1) == LUA_TUSERDATA)
        lua_pushliteral(L, "record");
    else
        lua_pushstring(L, luaL_typename(L, -1));
    lua_remove(L, -2);
}

/* Pushes the types of a function's arguments, as they are now. */
static void push_arguments(lua_State *L, lua_State *of, lua_Debug *ar)
{
    int n = 0;

    lua_createtable(L, ARGUMENTS, 0);
    for (int i = 1; i <= ar->nparams && n < ARGUMENTS && lua_getlocal(of, ar, i); i++) {
        if (of != L) lua_xmove(of, L, 1);
        push_kind(L);
        lua_rawseti(L, -2, ++n);
    }
    for (int i = 1; n < ARGUMENTS && lua_getlocal(of, ar, -i); i++) {
        if (of != L) lua_xmove(of, L, 1);
        push_kind(L);
        lua_rawseti(L, -2, ++n);
    }
}

static void set(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text); /* NULL: nil */
    lua_setfield(L, -2, name);
}

/* Pushes {source, place, name, what, fn, arguments} of a function of the stack `of`. */
static void push_frame(lua_State *L, lua_State *of, lua_Debug *ar)
{
    lua_getinfo(of, "Slnuf", ar); /* of: fn */
    if (of != L) lua_xmove(of, L, 1);
    lua_createtable(L, 0, 6); /* fn frame */
    lua_insert(L, -2);
    lua_setfield(L, -2, "fn");
    set(L, "source", ar->source);
    set(L, "name", ar->name);
    set(L, "what", ar->what);
    lua_pushfstring(L, "%s:%d", ar->short_src, ar->currentline);
    lua_setfield(L, -2, "place");
    push_arguments(L, of, ar);
    lua_setfield(L, -2, "arguments");
}

void host_stack_note(lua_State *L, lua_State *of, int level, int err)
{
    lua_Debug ar;

    err = lua_absindex(L, err);
    if (!lua_checkstack(L, 8) || !lua_checkstack(of, 4)) return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &stack_key) == LUA_TTABLE) {
        lua_getfield(L, -1, "raised");
        bool same = lua_rawequal(L, -1, err); /* it was noted where it was raised */
        lua_pop(L, 1);
        if (same) {
            lua_pop(L, 1);
            return;
        }
    }
    lua_pop(L, 1);
    lua_createtable(L, 8, 1);
    lua_pushvalue(L, err);
    lua_setfield(L, -2, "raised");
    for (int i = 0; i < DEEPEST && lua_getstack(of, level + i, &ar); i++) {
        push_frame(L, of, &ar);
        lua_rawseti(L, -2, i + 1);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &stack_key);
}

void host_stack_take(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &stack_key);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &stack_key);
}
