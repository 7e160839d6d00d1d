/* host.schema - checks values against rules that are data.
 *
 * A value is walked twice at most: quickly (and written down on the way, if asked for),
 * up to the first finding and without garbage; and, where there was one, again in sorted
 * order with every finding written down. `check` functions are therefore called again,
 * and must not count. */

#include "schema.h"

#include "common.h"
#include "host.h"
#include "json.h"

#include <stdarg.h>
#include <string.h>

#define TYPE "host.schema.validator"

enum { REFS = 4 }; /* stack index in `check` */

static void add_place(luaL_Buffer *b, const struct host_place *place)
{
    if (!place->up) return;
    add_place(b, place->up);
    if (!place->name) {
        lua_pushfstring(b->L, "[%I]", place->index);
        luaL_addvalue(b);
        return;
    }
    if (place->up->up) luaL_addchar(b, '.');
    luaL_addstring(b, place->name);
}

/* Pushes the path; `below` is appended unless empty. */
static void push_path(lua_State *L, const struct host_place *place, const char *below)
{
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    add_place(&b, place);
    if (*below) {
        if (place->up && *below != '[') luaL_addchar(&b, '.');
        luaL_addstring(&b, below);
    }
    luaL_pushresult(&b);
}

/* Appends a finding; code, path and message are on the stack and popped. */
static void append(struct host_run *r, const char *keyword)
{
    lua_State *L = r->L; /* code path message */

    lua_createtable(L, 0, 5);
    lua_insert(L, -4);
    lua_setfield(L, -4, "message");
    lua_setfield(L, -3, "path");
    lua_setfield(L, -2, "code");
    lua_pushstring(L, keyword);
    lua_setfield(L, -2, "keyword");
    if (r->warning) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "warning");
    } else {
        r->errors++;
    }
    lua_rawseti(L, r->findings, (lua_Integer)lua_rawlen(L, r->findings) + 1);
}

/* A broken rule: false ends the quick walk; the thorough one writes it down and goes on.
 * `name`: the member meant, "" for the place itself. */
bool host_schema_broken(struct host_run *r, enum host_keyword keyword,
                        const struct host_place *place, const char *name, const char *fmt,
                        ...)
{
    lua_State *L = r->L;
    va_list args;

    if (!r->findings) return false;
    luaL_checkstack(L, 10, "schema");
    lua_rawgeti(L, r->refs, HOST_REFS_CODE + keyword);
    push_path(L, place, name);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    append(r, host_keyword_names[keyword]);
    return true;
}

/* report(code, path, message); upvalue 1 is the validator, 2 the list of findings or nil.
 */
static int schema_report(lua_State *L)
{
    struct host_validator *v = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checkstring(L, 1);
    const char *below = luaL_checkstring(L, 2);
    luaL_checkstring(L, 3);

    if (!v->checking) return luaL_error(L, "report called after its check ended");
    struct host_run inner = *v->checking;
    inner.L = L;
    v->checking->reported = true;
    if (lua_isnil(L, lua_upvalueindex(2))) return 0;

    lua_settop(L, 3);
    lua_pushvalue(L, lua_upvalueindex(2));
    inner.findings = 4;
    lua_pushvalue(L, 1);
    push_path(L, inner.place, below);
    lua_pushvalue(L, 3);
    append(&inner, "check");
    v->checking->errors = inner.errors;
    return 0;
}

bool host_schema_call(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place)
{
    lua_State *L = r->L;
    struct host_run *outer = r->validator->checking; /* a check may check other values */

    lua_rawgeti(L, r->refs, rule->check);
    lua_pushvalue(L, index);
    lua_rawgeti(L, r->refs, HOST_REFS_REPORT);
    if (r->findings) {
        lua_pop(L, 1);
        lua_pushvalue(L, 1);
        lua_pushvalue(L, r->findings);
        lua_pushcclosure(L, schema_report, 2);
    }
    r->place = place;
    r->reported = false;
    r->validator->checking = r;
    int status = lua_pcall(L, 2, 0, 0);
    r->validator->checking = outer;
    if (status != LUA_OK) lua_error(L);
    return r->findings || !r->reported;
}

/* The thorough walk over the value at 2: pushes its findings and returns the errors. */
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
        if (host_schema_write(&r, 2, ordered ? REFS + 1 : 0, draft)) return 0;
    } else {
        struct host_value value = host_schema_value(L, 2);
        if (host_schema_walk(&r, v->rule, &value, NULL)) return 0;
    }

    int errors = walk_thoroughly(L, v), findings = lua_gettop(L);
    if (draft && !errors && !host_json_write(L, 2, ordered ? REFS + 1 : 0, draft))
        lua_settop(L, findings); /* what JSON cannot hold is for the writing to tell */
    return lua_rawlen(L, findings) > 0 ? 1 : 0;
}

/* Fills the anchors that every validator has: functions and codes. */
static void fill_refs(lua_State *L, int validator, int codes, int refs)
{
    lua_getfield(L, LUA_REGISTRYINDEX, TYPE ".find");
    lua_rawseti(L, refs, HOST_REFS_FIND);
    lua_getfield(L, LUA_REGISTRYINDEX, TYPE ".sort");
    lua_rawseti(L, refs, HOST_REFS_SORT);
    lua_pushvalue(L, validator);
    lua_pushnil(L);
    lua_pushcclosure(L, schema_report, 2);
    lua_rawseti(L, refs, HOST_REFS_REPORT);
    for (int i = 0; i < HOST_KEY_COUNT; i++) {
        if (lua_getfield(L, codes, host_keyword_names[i]) != LUA_TSTRING) {
            lua_pop(L, 1);
            lua_pushboolean(L, 0);
        }
        lua_rawseti(L, refs, HOST_REFS_CODE + i);
    }
}

/* compile(rule, codes) -> validator; raises where a rule is wrong. */
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
    lua_settop(L, 3);
    luaL_setmetatable(L, TYPE); /* only now can it be checked with */
    return 1;
}

/* format(name, text) -> boolean */
static int schema_format(lua_State *L)
{
    size_t size;
    enum host_format format = host_format_named(luaL_checkstring(L, 1));
    const char *text = luaL_checklstring(L, 2, &size);

    luaL_argcheck(L, format != HOST_FORMAT_NONE, 1, "no such format");
    lua_pushboolean(L, host_format_fault(format, text, size) == NULL);
    return 1;
}

static const luaL_Reg functions[] = {
    {"compile", schema_compile},
    {"format",  schema_format },
    {NULL,      NULL          }
};

static const luaL_Reg methods[] = {
    {"check", validator_check},
    {NULL,    NULL           }
};

static const luaL_Reg metamethods[] = {
    {NULL, NULL}
};

/* Keeps a function of Lua's library, before a script can replace it. */
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
    host_newtype(L, TYPE, methods, metamethods);
    keep_function(L, "string", "find", TYPE ".find");
    keep_function(L, "table", "sort", TYPE ".sort");
    luaL_newlib(L, functions);
    return 1;
}
