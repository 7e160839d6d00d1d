/* The drafts of host.json - the JSON of one value, written during validation and reused
 * without becoming a Lua string. */

#include "json/json.h"

#include "common.h"
#include "json/parts.h"

#include <string.h>

#define TYPE "host.json.draft"

enum { ORDER = 1 }; /* user value: name -> rank, or nil */

static const char mark = 0; /* its address marks a draft */

struct draft {
    struct host_bytes text;
    const void *mark;
};

struct host_bytes *host_json_push_draft(lua_State *L)
{
    struct draft *draft = lua_newuserdatauv(L, sizeof *draft, 1);
    *draft = (struct draft){.mark = &mark};
    luaL_setmetatable(L, TYPE);
    return &draft->text;
}

/* draft(order?) -> draft */
static int json_draft(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    host_json_push_draft(L);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, ORDER);
    return 1;
}

/* Recognises a draft without looking up its metatable, for this runs several times for
 * each user. */
static struct draft *test_draft(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA) return NULL;
    struct draft *draft = lua_touserdata(L, index);
    return lua_rawlen(L, index) == sizeof *draft && draft->mark == &mark ? draft : NULL;
}

struct host_bytes *host_json_draft(lua_State *L, int index, bool *ordered)
{
    struct draft *draft = test_draft(L, index);
    struct host_bytes *text = draft ? &draft->text : luaL_checkudata(L, index, TYPE);
    if (ordered) *ordered = lua_getiuservalue(L, index, ORDER) == LUA_TTABLE;
    return text;
}

/* draft:text() -> text */
static int draft_text(lua_State *L)
{
    const struct host_bytes *text = host_json_draft(L, 1, NULL);
    lua_pushlstring(L, text->data ? text->data : "", text->size);
    return 1;
}

/* draft:set(text)
 * Holds the text, which must be JSON, in place of a value. */
static int draft_set(lua_State *L)
{
    struct host_bytes *text = host_json_draft(L, 1, NULL);
    size_t size;
    const char *given = luaL_checklstring(L, 2, &size);

    text->size = 0;
    memcpy(host_json_space(L, text, size + 1), given, size);
    text->size = size;
    return 0;
}

/* draft:clear() */
static int draft_clear(lua_State *L)
{
    host_json_draft(L, 1, NULL)->size = 0;
    return 0;
}

/* #draft -> bytes */
static int draft_size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)host_json_draft(L, 1, NULL)->size);
    return 1;
}

/* draft:close() */
static int draft_close(lua_State *L)
{
    host_bytes_free(host_json_draft(L, 1, NULL));
    return 0;
}

static const luaL_Reg functions[] = {
    {"draft", json_draft},
    {NULL,    NULL      }
};

static const luaL_Reg methods[] = {
    {"clear", draft_clear},
    {"close", draft_close},
    {"set",   draft_set  },
    {"text",  draft_text },
    {NULL,    NULL       }
};

static const luaL_Reg metamethods[] = {
    {"__close", draft_close},
    {"__gc",    draft_close},
    {"__len",   draft_size },
    {NULL,      NULL       }
};

void host_json_draft_open(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_setfuncs(L, functions, 0);
}
