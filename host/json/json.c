/* host.json - lossless JSON. The writer is in write.c, the grammar in scan.c, the parser
 * in parse.c, the streaming reader in reader.c, reusable text in draft.c, digests in
 * digest.c, members that records lack in asked.c and paths.c. */

#include "json/json.h"

#include "common.h"
#include "host.h"
#include "json/parts.h"

/* encode(value, order?) -> text | nil, message, "parse" */
static int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);

    struct host_bytes *b = host_json_push_draft(L);
    if (!host_json_write(L, 1, lua_isnil(L, 2) ? 0 : 2, b)) {
        host_bytes_free(b);
        return 3;
    }
    lua_pushlstring(L, b->data, b->size);
    host_bytes_free(b);
    return 1;
}

/* decode(text) -> value | nil, message, "parse" */
static int json_decode(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    return host_json_parse(L, text, size) ? 1 : 3;
}

/* array(list) -> the same list, marked */
static int json_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    bool marked = host_json_is_marked(L, 1);
    luaL_argcheck(L, marked || host_json_is_watched(L, 1) || !lua_getmetatable(L, 1), 1,
                  "an object, not a list");
    lua_settop(L, 1);
    if (!marked) host_json_mark(L);
    return 1;
}

/* is_array(value) -> boolean */
static int json_is_array(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) {
        lua_pushboolean(L, 0);
        return 1;
    }
    bool list = host_json_is_marked(L, 1);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1), count = 0;
    if (!list && n > 0) {
        list = true;
        for (lua_pushnil(L); list && lua_next(L, 1); count++) {
            lua_pop(L, 1);
            list = lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
                   lua_tointeger(L, -1) <= n;
        }
        list = list && count == n;
    }
    lua_pushboolean(L, list);
    return 1;
}

/* materialize(record) -> table; other values unchanged */
static int json_materialize(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    host_json_materialize(L, 1);
    return 1;
}

/* Whether the value at 1 is a record of another reader that has moved on. */
static bool is_stale(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TUSERDATA || luaL_getmetafield(L, 1, "__valid") == LUA_TNIL)
        return false;
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    bool is_valid = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return !is_valid;
}

/* as_read(record) -> table; other values unchanged
 * As the record's text has it. Nil for a lazy record that is no longer valid. */
static int json_as_read(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (is_stale(L)) return 0;
    if (!host_json_push_as_read(L, 1)) host_json_materialize(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"array",       json_array      },
    {"as_read",     json_as_read    },
    {"decode",      json_decode     },
    {"encode",      json_encode     },
    {"is_array",    json_is_array   },
    {"materialize", json_materialize},
    {NULL,          NULL            }
};

int luaopen_host_json(lua_State *L)
{
    luaL_newlib(L, functions);
    host_json_asked_open(L);
    host_json_paths_open(L);
    host_json_digest_open(L);
    host_json_items_open(L);
    host_json_draft_open(L);
    host_json_reader_open(L);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
