/* Findings of host.schema: broken rules and reports of `check` functions, with paths. */

#include "schema/walk.h"

#include "common.h"

#include <stdarg.h>

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

/* Pushes the path; appends `below` unless empty. */
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

/* Appends a finding; pops code, path and message. */
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

bool host_schema_report(struct host_run *r, enum host_keyword keyword,
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
static int check_report(lua_State *L)
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

void host_schema_push_report(lua_State *L, int validator, int findings)
{
    lua_pushvalue(L, validator);
    if (findings)
        lua_pushvalue(L, findings);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, check_report, 2);
}

bool host_schema_call(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place)
{
    lua_State *L = r->L;
    struct host_run *outer = r->validator->checking; /* a check may check other values */

    lua_rawgeti(L, r->refs, rule->check);
    lua_pushvalue(L, index);
    if (r->findings)
        host_schema_push_report(L, 1, r->findings);
    else
        lua_rawgeti(L, r->refs, HOST_REFS_REPORT);
    r->place = place;
    r->reported = false;
    r->validator->checking = r;
    int status = lua_pcall(L, 2, 0, 0);
    r->validator->checking = outer;
    if (status != LUA_OK) lua_error(L);
    return r->findings || !r->reported;
}
