/* The door from the recipe's state to the program's, for the Lua that runs inside: asks
 * that are answered at once, and waits, which yield to the program. Only plain values
 * pass. */

#include "bytes.h"
#include "common.h"
#include "embedded.h"
#include "host.h"
#include "sandbox/sandbox.h"
#include "json/json.h"

#include <string.h>

/* An ask as the program's state serves it. */
struct ask {
    struct host_sandbox *s;
    lua_State *inner;
};

/* serve(ask, fn) -> what the program's function returns; protected, in the outer state */
static int serve(lua_State *outer)
{
    struct ask *ask = lua_touserdata(outer, 1);
    struct host_cross c = host_cross_outward(ask->s, false);
    int n = lua_gettop(ask->inner);

    luaL_checkstack(outer, n + 4, "too many values");
    for (int i = 1; i <= n; i++)
        if (!host_cross_copy(&c, ask->inner, i, outer))
            return luaL_error(outer, "%s", c.message);
    lua_call(outer, n, LUA_MULTRET);
    return lua_gettop(outer) - 1;
}

/* Copies the results above `base` of the outer state here. */
static int take_answer(lua_State *L, struct host_sandbox *s, lua_State *outer, int base)
{
    int n = lua_gettop(outer) - base;
    struct host_cross c = host_cross_inward(s);

    luaL_checkstack(L, n + 4, "too many values");
    for (int i = 1; i <= n; i++)
        if (!host_cross_copy(&c, outer, base + i, L))
            return luaL_error(L, "the program's answer %s", c.message);
    return n;
}

/* ask(name, ...) -> true, values... | false, message
 * The program's function is called with the values; false for an error of its own. The
 * function of the outer state that entered has the sandbox as its first argument. */
static int door_ask(lua_State *L)
{
    struct host_sandbox *s = host_sandbox_of(L);
    lua_State *outer = s->outer;
    struct ask ask = {s, L};

    if (!outer) return luaL_error(L, "the program is not there");
    host_cross_check(L, 1, lua_gettop(L));
    int base = lua_gettop(outer);
    if (!lua_checkstack(outer, 8)) return luaL_error(L, "out of memory");
    lua_pushcfunction(outer, serve);
    lua_pushlightuserdata(outer, &ask);
    lua_getiuservalue(outer, 1, HOST_SANDBOX_ASK);
    double paused = host_budget_pause();
    int status = lua_pcall(outer, 2, LUA_MULTRET, 0);
    host_budget_resume(s, paused);
    lua_settop(L, 0);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK) {
        int n = take_answer(L, s, outer, base);
        lua_settop(outer, base);
        return n + 1;
    }
    const char *message = lua_tostring(outer, -1);
    lua_pushstring(L, message ? message : "the program failed");
    lua_settop(outer, base);
    return 2;
}

static int replied(lua_State *L, int status, lua_KContext context)
{
    struct host_sandbox *s = host_sandbox_of(L);

    (void)status;
    (void)context;
    if (s->budget.ending != HOST_ENDING_NONE) return host_budget_raise(L, s);
    return lua_gettop(L);
}

/* wait(name, ...) -> what the program replies with
 * Yields to the program, through coroutines of the recipe's own. */
static int door_wait(lua_State *L)
{
    struct host_sandbox *s = host_sandbox_of(L);

    if (!s->passable || !lua_isyieldable(L))
        return luaL_error(L, "the recipe cannot wait for the program here");
    host_cross_check(L, 1, lua_gettop(L));
    s->waiting = true;
    return lua_yieldk(L, lua_gettop(L), 0, replied);
}

/* share(draft)
 * The program reads the draft's text with sandbox:draft. */
static int door_share(lua_State *L)
{
    struct host_sandbox *s = host_sandbox_of(L);

    s->draft = host_json_draft(L, 1, NULL);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->draft);
    return 0;
}

/* step(fn)
 * What sandbox:next calls from here on, in place of the function `next`. */
static int door_step(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, host_sandbox_of(L));
    return 0;
}

/* refresh()
 * What follows has a budget of its own. */
static int door_refresh(lua_State *L)
{
    host_budget_refresh(host_sandbox_of(L));
    return 0;
}

/* host(name) -> module of the host
 * Of those that a recipe's state may have. */
static int door_host(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    for (const luaL_Reg *module = host_recipe_modules; module->name; module++) {
        if (strcmp(module->name, name) != 0) continue;
        lua_pushcfunction(L, module->func);
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }
    return luaL_error(L, "a recipe's state has no module %s", name);
}

/* load(name, env) -> chunk, chunk name
 * A module of the program's library, with `env` as its globals. The chunk is the
 * program's own, which is why it may be compiled. */
static int door_load(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);

    if (!host_embedded_load(L, name))
        return luaL_error(L, "the program has no module %s",
                          name); /* ... chunk "chunk" */
    lua_pushvalue(L, 2);
    lua_setupvalue(L, -3, 1); /* the only upvalue of a chunk: its globals */
    return 2;
}

static const luaL_Reg functions[] = {
    {"ask",     door_ask    },
    {"host",    door_host   },
    {"load",    door_load   },
    {"refresh", door_refresh},
    {"share",   door_share  },
    {"step",    door_step   },
    {"wait",    door_wait   },
    {NULL,      NULL        }
};

void host_door_open(lua_State *L)
{
    luaL_newlib(L, functions);
}
