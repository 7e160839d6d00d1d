/* host.schema - checks values against rules that are data.
 *
 * A value is walked at most twice: a quick walk, up to the first finding and without
 * garbage, which can also write the value as JSON; and, if there is a finding, a thorough
 * walk in sorted order that collects all findings. `check` functions may thus be called
 * twice and must not have side effects. */

#include "schema/walk.h"

#include "common.h"
#include "host.h"

#include <string.h>

#define TYPE "host.schema.validator"

enum { REFS = 4 }; /* stack index in `check` */

/* The thorough walk over the value at 2: pushes its findings and returns the number of
 * errors. */
static int walk_thoroughly(lua_State *L, struct host_validator *v)
{
    struct host_place whole = {NULL, NULL, 0};
    struct host_value value = host_schema_value(L, 2);

    lua_newtable(L);
    int top = lua_gettop(L);
    struct host_run r = {.L = L, .validator = v, .refs = REFS, .findings = top};
    host_schema_walk(&r, v->rule, &value, &whole);
    lua_settop(L, top);
    return r.errors;
}

/* validator:check(value, draft?) -> findings | nil */
static int validator_check(lua_State *L)
{
    struct host_validator *v = host_self(L, TYPE);
    struct host_run r = {.L = L, .validator = v, .refs = REFS};
    struct host_bytes *draft = NULL;
    bool ordered = false;

    luaL_checkany(L, 2);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    if (!lua_isnil(L, 3)) {
        draft = host_json_draft(L, 3, &ordered); /* validator value draft refs order */
        draft->size = 0;
        lua_rawgeti(L, REFS, HOST_REFS_SHAPES); /* ... shapes */
        if (host_schema_write(&r, 2, REFS + 2, ordered ? REFS + 1 : 0, draft)) return 0;
    } else {
        struct host_value value = host_schema_value(L, 2);
        if (host_schema_walk(&r, v->rule, &value, NULL)) return 0;
    }

    int errors = walk_thoroughly(L, v), findings = lua_gettop(L);
    if (draft && !errors && !host_json_write(L, 2, ordered ? REFS + 1 : 0, draft))
        lua_settop(L, findings); /* the writer reports what JSON cannot hold */
    return lua_rawlen(L, findings) > 0 ? 1 : 0;
}

struct host_validator *host_schema_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, TYPE);
}

void host_schema_push_tables(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1); /* refs */
    lua_rawgeti(L, -1, HOST_REFS_SHAPES);
}

/* validator:note(names)
 * Members that host.step asks for; before anything is checked. */
static int validator_note(lua_State *L)
{
    struct host_validator *v = host_self(L, TYPE);
    struct host_shapes *s = v->shapes;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 2);
    luaL_argcheck(L, n <= HOST_SCHEMA_NOTED, 2, "too many names");
    luaL_argcheck(L, host_shapes_count(s) == 0, 1, "shapes are known already");
    lua_getiuservalue(L, 1, 1); /* refs */
    s->n_noted = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        struct host_label *name = &s->noted[i - 1];
        luaL_argcheck(L, lua_geti(L, 2, i) == LUA_TSTRING, 2, "a name is not text");
        name->text = lua_tolstring(L, -1, &name->size);
        host_rule_anchor(L, 3);
    }
    s->n_noted = (size_t)n;
    return 0;
}

/* Pushes the value of a member: text and booleans as they are, true for anything else;
 * nil if there is none. False if its text has escapes. */
static bool push_member(lua_State *L, const struct host_text_member *member)
{
    const char *at = member->at;

    if (!at) {
        lua_pushnil(L);
    } else if (*at == '"') {
        size_t size = (size_t)(member->end - at) - 2;
        if (memchr(at, '\\', size + 1)) return false;
        lua_pushlstring(L, at + 1, size);
    } else {
        lua_pushboolean(L, *at != 'f');
    }
    return true;
}

/* validator:accepts(text, first, last, ...) -> boolean, ... */
static int validator_accepts(lua_State *L)
{
    struct host_validator *v = host_self(L, TYPE);
    struct host_text_member wanted[HOST_SCHEMA_NOTED];
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    lua_Integer first = luaL_checkinteger(L, 3), last = luaL_checkinteger(L, 4);
    int n = lua_gettop(L) - 4;

    luaL_argcheck(L, first >= 1 && first <= last, 3, "not a place in the text");
    luaL_argcheck(L, last <= (lua_Integer)size, 4, "not a place in the text");
    luaL_argcheck(L, n <= HOST_SCHEMA_NOTED, 5, "too many names");
    for (int i = 0; i < n; i++) {
        wanted[i] = (struct host_text_member){0};
        wanted[i].name = luaL_checklstring(L, 5 + i, &wanted[i].name_size);
    }
    lua_getiuservalue(L, 1, 1);
    struct host_run r = {.L = L, .validator = v, .refs = 5 + n};
    if (!host_schema_accepts_text(&r, text + first - 1, (size_t)(last - first) + 1,
                                  wanted, (size_t)n))
        return 0;
    lua_pushboolean(L, 1);
    for (int i = 0; i < n; i++)
        if (!push_member(L, &wanted[i])) return 0;
    return n + 1;
}

/* validator:shapes() -> known, used */
static int validator_shapes(lua_State *L)
{
    const struct host_validator *v = host_self(L, TYPE);

    lua_pushinteger(L, (lua_Integer)host_shapes_count(v->shapes));
    lua_pushinteger(L, (lua_Integer)v->shapes->clock);
    return 2;
}

/* Fills the anchors that all validators have: functions and codes. */
static void fill_refs(lua_State *L, int validator, int codes, int refs)
{
    lua_getfield(L, LUA_REGISTRYINDEX, TYPE ".find");
    lua_rawseti(L, refs, HOST_REFS_FIND);
    lua_getfield(L, LUA_REGISTRYINDEX, TYPE ".sort");
    lua_rawseti(L, refs, HOST_REFS_SORT);
    host_shapes_push(L);
    lua_rawseti(L, refs, HOST_REFS_SHAPES);
    host_schema_push_report(L, validator, 0);
    lua_rawseti(L, refs, HOST_REFS_REPORT);
    for (int i = 0; i < HOST_KEY_COUNT; i++) {
        if (lua_getfield(L, codes, host_keyword_names[i]) != LUA_TSTRING) {
            lua_pop(L, 1);
            lua_pushboolean(L, 0);
        }
        lua_rawseti(L, refs, HOST_REFS_CODE + i);
    }
}

/* compile(rule, codes) -> validator; raises if a rule is invalid. */
static int schema_compile(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_getfield(L, 2, "type") != LUA_TSTRING)
        return luaL_argerror(L, 2, "no code for 'type'");
    lua_settop(L, 2);

    struct host_validator *v = lua_newuserdatauv(L, sizeof *v, 1);
    memset(v, 0, sizeof *v);
    lua_newtable(L);
    host_json_mark(L);
    lua_getmetatable(L, -1);
    v->list_mark = lua_topointer(L, -1);
    lua_settop(L, 3);
    lua_newtable(L);
    lua_pushvalue(L, 4);
    lua_setiuservalue(L, 3, 1);
    fill_refs(L, 3, 2, 4);
    v->rule = host_rule_compile(L, 1, 4);
    v->shapes = host_rule_memory(L, 4, sizeof *v->shapes);
    lua_settop(L, 3);
    luaL_setmetatable(L, TYPE); /* only now it is ready to check */
    return 1;
}

/* format(name, text) -> boolean */
static int schema_format(lua_State *L)
{
    size_t size;
    enum host_format format = host_format_named(luaL_checkstring(L, 1));
    const char *text = luaL_checklstring(L, 2, &size);

    luaL_argcheck(L, format != HOST_FORMAT_NONE, 1, "unknown format");
    lua_pushboolean(L, host_format_fault(format, text, size) == NULL);
    return 1;
}

static const luaL_Reg functions[] = {
    {"compile", schema_compile},
    {"format",  schema_format },
    {NULL,      NULL          }
};

static const luaL_Reg methods[] = {
    {"accepts", validator_accepts},
    {"check",   validator_check  },
    {"note",    validator_note   },
    {"shapes",  validator_shapes },
    {NULL,      NULL             }
};

/* Keeps a function of Lua's library before a script can replace it. */
static void keep_function(lua_State *L, const char *library, const char *name,
                          const char *key)
{
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    lua_setfield(L, LUA_REGISTRYINDEX, key);
    lua_pop(L, 1);
}

int luaopen_host_schema(lua_State *L)
{
    host_newtype(L, TYPE, methods, NULL);
    keep_function(L, "string", "find", TYPE ".find");
    keep_function(L, "table", "sort", TYPE ".sort");
    luaL_newlib(L, functions);
    return 1;
}
