/* The table functions of host.bounded: Lua's, with their work counted. */

#include "sandbox/library.h"
#include "sandbox/steps.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdbool.h>

static bool has_metamethod(lua_State *L, const char *name)
{
    bool has = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_pop(L, 1);
    return has;
}

void host_tables_check(lua_State *L, int index, int use)
{
    if (lua_istable(L, index)) return;
    if (lua_getmetatable(L, index)) {
        bool fit = (!(use & TABLE_READ) || has_metamethod(L, "__index")) &&
                   (!(use & TABLE_WRITE) || has_metamethod(L, "__newindex")) &&
                   (!(use & TABLE_LENGTH) || has_metamethod(L, "__len"));
        lua_pop(L, 1);
        if (fit) return;
    }
    luaL_checktype(L, index, LUA_TTABLE);
}

/* The length of argument 1, which is checked. */
static lua_Integer length_of(lua_State *L, int use)
{
    host_tables_check(L, 1, use | TABLE_LENGTH);
    return luaL_len(L, 1);
}

/* to[j] = from[i] */
static void copy(lua_State *L, struct host_steps *steps, int from, lua_Integer i, int to,
                 lua_Integer j)
{
    host_steps_add(steps);
    lua_geti(L, from, i);
    lua_seti(L, to, j);
}

/* insert(list, position?, value) */
static int table_insert(lua_State *L)
{
    /* Unsigned: a proxy may have any length. */
    lua_Integer end =
        (lua_Integer)((lua_Unsigned)length_of(L, TABLE_READ | TABLE_WRITE) + 1);
    lua_Integer position = end;
    int arguments = lua_gettop(L);
    if (arguments == 3) {
        struct host_steps steps = {L, 0};
        position = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)position - 1 < (lua_Unsigned)end, 2,
                      "position out of bounds");
        for (lua_Integer i = end; i > position; i--)
            copy(L, &steps, 1, i - 1, 1, i);
        host_steps_end(&steps);
    } else if (arguments != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, position);
    return 0;
}

/* remove(list, position?) -> value */
static int table_remove(lua_State *L)
{
    struct host_steps steps = {L, 0};
    lua_Integer size = length_of(L, TABLE_READ | TABLE_WRITE);
    lua_Integer position = luaL_optinteger(L, 2, size);
    luaL_argcheck(L, position == size || (lua_Unsigned)position - 1 <= (lua_Unsigned)size,
                  2, "position out of bounds");
    lua_geti(L, 1, position);
    for (; position < size; position++)
        copy(L, &steps, 1, position + 1, 1, position);
    lua_pushnil(L);
    lua_seti(L, 1, position);
    host_steps_end(&steps);
    return 1;
}

/* move(from, first, last, at, to?) -> to */
static int table_move(lua_State *L)
{
    struct host_steps steps = {L, 0};
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    lua_Integer at = luaL_checkinteger(L, 4);
    int to = lua_isnoneornil(L, 5) ? 1 : 5;
    host_tables_check(L, 1, TABLE_READ);
    host_tables_check(L, to, TABLE_WRITE);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                      "too many elements to move");
        lua_Integer n = last - first + 1;
        luaL_argcheck(L, at <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
        bool upwards =
            at > last || at <= first || (to == 5 && !lua_compare(L, 1, to, LUA_OPEQ));
        for (lua_Integer k = 0; k < n; k++) {
            lua_Integer i = upwards ? k : n - 1 - k; /* read before it is overwritten */
            copy(L, &steps, 1, first + i, to, at + i);
        }
    }
    host_steps_end(&steps);
    lua_pushvalue(L, to);
    return 1;
}

static void add_element(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid value (%s) at index %I in table for 'concat'",
                   luaL_typename(L, -1), (LUAI_UACINT)i);
    luaL_addvalue(b);
}

/* concat(list, separator?, first?, last?) -> text */
static int table_concat(lua_State *L)
{
    struct host_steps steps = {L, 0};
    lua_Integer size = length_of(L, TABLE_READ);
    size_t separator_size;
    const char *separator = luaL_optlstring(L, 2, "", &separator_size);
    lua_Integer i = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, size);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    if (i <= last) add_element(L, &b, i);
    while (i < last) {
        host_steps_add(&steps);
        luaL_addlstring(&b, separator, separator_size);
        add_element(L, &b, ++i);
    }
    host_steps_end(&steps);
    host_steps_bytes(L, luaL_bufflen(&b));
    luaL_pushresult(&b);
    return 1;
}

/* unpack(list, first?, last?) -> values... */
static int table_unpack(lua_State *L)
{
    struct host_steps steps = {L, 0};
    lua_Integer first = luaL_optinteger(L, 2, 1);
    lua_Integer last = luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1));
    if (first > last) return 0;
    lua_Unsigned n = (lua_Unsigned)last - (lua_Unsigned)first;
    if (n >= INT_MAX || !lua_checkstack(L, (int)++n))
        return luaL_error(L, "too many results to unpack");
    for (lua_Unsigned k = 0; k < n; k++) {
        host_steps_add(&steps);
        lua_geti(L, 1, (lua_Integer)((lua_Unsigned)first + k));
    }
    host_steps_end(&steps);
    return (int)n;
}

static const luaL_Reg functions[] = {
    {"concat", table_concat},
    {"insert", table_insert},
    {"move",   table_move  },
    {"remove", table_remove},
    {"unpack", table_unpack},
    {NULL,     NULL        }
};

void host_tables_open(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_pushcfunction(L, luaopen_table);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "pack");
    lua_setfield(L, -3, "pack");
    lua_pop(L, 1);
}
