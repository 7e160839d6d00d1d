/* host.coverage - counts which members objects have, how many different looks their
 * values have, and the first object without a member (fields.c); and which of their paths
 * are a list in one and an empty object in another (tables.c). Values are never kept. */

#include "coverage/coverage.h"

#include "common.h"
#include "coverage/fields.h"
#include "coverage/tables.h"
#include "host.h"
#include "json/json.h"

#include <string.h>

#define TYPE   "host.coverage.coverage"
#define TABLES "host.coverage.tables"

/* Names the members in list `field` of the options at 1. */
static void name_all(lua_State *L, struct fields *f, const char *field,
                     enum field_kind kind)
{
    if (lua_isnoneornil(L, 1) || lua_getfield(L, 1, field) == LUA_TNIL) return;
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
        size_t size;
        const char *name = luaL_checklstring(L, -1, &size);
        if (!host_fields_name(f, name, size, kind)) luaL_error(L, "out of memory");
        lua_pop(L, 1);
    }
}

/* new(options?) -> coverage
 * options.open: members whose own members are counted, too; options.closed: those of
 * which only the presence is counted. */
static int coverage_new(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
    struct fields *f = lua_newuserdatauv(L, sizeof *f, 0);
    memset(f, 0, sizeof *f);
    luaL_setmetatable(L, TYPE);
    int made = lua_gettop(L);

    if (!host_fields_name(f, "", 0, FIELD_OPEN)) luaL_error(L, "out of memory");
    name_all(L, f, "open", FIELD_OPEN);
    name_all(L, f, "closed", FIELD_CLOSED);
    lua_settop(L, made);
    return 1;
}

struct fields *host_coverage_check(lua_State *L, int index)
{
    struct fields *f = luaL_checkudata(L, index, TYPE);
    luaL_argcheck(L, f->count > 0, index, "the coverage is closed");
    return f;
}

void host_coverage_add(lua_State *L, struct fields *f, struct tables *t, const char *text,
                       size_t size, const char *at)
{
    if (!f && !t) return;
    if (!(f ? host_fields_add(f, t, text, size, at) : host_tables_add(t, text, size)))
        luaL_error(L, "out of memory");
}

/* coverage:add(draft, at)
 * draft: an object; at: its place. */
static int coverage_add(lua_State *L)
{
    struct fields *f = host_coverage_check(L, 1);
    const struct host_bytes *text = host_json_draft(L, 2, NULL);
    host_coverage_add(L, f, NULL, text->data, text->size, luaL_checkstring(L, 3));
    return 0;
}

/* Pushes a list of a field's looks, {look, users}. */
static void push_looks(lua_State *L, const struct field *field)
{
    lua_createtable(L, (int)field->n_looks, 0);
    for (size_t i = 0; i < field->n_looks; i++) {
        const struct field_look *one = &field->looks[i];
        lua_createtable(L, 0, 2);
        lua_pushlstring(L, one->look.text, one->look.size);
        if (one->look.cut) {
            lua_pushliteral(L, "...");
            lua_concat(L, 2);
        }
        lua_setfield(L, -2, "look");
        lua_pushinteger(L, (lua_Integer)one->count);
        lua_setfield(L, -2, "users");
        lua_seti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_field(lua_State *L, const struct field *field)
{
    lua_createtable(L, 0, 4);
    lua_pushlstring(L, field->name, field->name_size);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)field->users);
    lua_setfield(L, -2, "users");
    push_looks(L, field); /* list field looks */
    lua_setfield(L, -2, "looks");
    lua_pushstring(L, field->without);
    lua_setfield(L, -2, "without");
}

/* Appends the fields below `parent` that a value had to the list on top. */
static void push_below(lua_State *L, const struct field *parent)
{
    for (const struct field *field = parent->child; field; field = field->sibling) {
        if (field->users > 0) {
            push_field(L, field);
            lua_seti(L, -2, luaL_len(L, -2) + 1);
        }
        push_below(L, field); /* at most DEPTH deep */
    }
}

/* coverage:fields() -> list of {name, users, looks, without?}, others
 * looks: list of {look, users}, at most 100; without: the place of the first object
 * without it; others: values of members beyond the first 200. */
static int coverage_fields(lua_State *L)
{
    const struct fields *f = host_coverage_check(L, 1);
    luaL_checkstack(L, 2 * DEPTH + 8, NULL);
    lua_newtable(L);
    push_below(L, f->list);
    lua_pushinteger(L, (lua_Integer)f->others);
    return 2;
}

/* coverage:close() */
static int coverage_close(lua_State *L)
{
    host_fields_free(luaL_checkudata(L, 1, TYPE));
    return 0;
}

/* tables(members) -> tables
 * members: the names of the members whose tables are noted. */
static int coverage_tables(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct tables *t = lua_newuserdatauv(L, sizeof *t, 0);
    memset(t, 0, sizeof *t);
    luaL_setmetatable(L, TABLES);

    if (!host_tables_name(t, "", 0)) luaL_error(L, "out of memory");
    for (lua_Integer i = 1; lua_geti(L, 1, i) != LUA_TNIL; i++) {
        size_t size;
        const char *name = luaL_checklstring(L, -1, &size);
        if (!host_tables_name(t, name, size)) luaL_error(L, "out of memory");
        lua_pop(L, 1);
    }
    lua_settop(L, 2);
    return 1;
}

struct tables *host_coverage_check_tables(lua_State *L, int index)
{
    struct tables *t = luaL_checkudata(L, index, TABLES);
    luaL_argcheck(L, t->count > 0, index, "the tables are closed");
    return t;
}

/* tables:add(draft)
 * draft: an object. */
static int tables_add(lua_State *L)
{
    struct tables *t = host_coverage_check_tables(L, 1);
    const struct host_bytes *text = host_json_draft(L, 2, NULL);
    host_coverage_add(L, NULL, t, text->data, text->size, NULL);
    return 0;
}

/* Adds the path of a table, whose names are JSON, without quotes. */
static void add_path(luaL_Buffer *b, const struct tables *t, int index)
{
    const struct table *table = &t->list[index];
    if (table->parent > 0) {
        add_path(b, t, table->parent);
        if (strcmp(table->name, "[]") != 0) luaL_addchar(b, '.');
    }
    luaL_addlstring(b, table->name, table->name_size);
}

/* tables:both() -> list of {path, empty}
 * Those that were a list and {}; empty: how often {}. */
static int tables_both(lua_State *L)
{
    const struct tables *t = host_coverage_check_tables(L, 1);
    lua_newtable(L);
    for (int i = 0; i < t->count; i++) {
        if (!t->list[i].list || t->list[i].empty == 0) continue;
        lua_createtable(L, 0, 2);
        luaL_Buffer b;
        luaL_buffinit(L, &b);
        luaL_addchar(&b, '"');
        add_path(&b, t, i); /* at most as deep as JSON */
        luaL_addchar(&b, '"');
        luaL_pushresult(&b);
        if (!host_json_parse(L, lua_tostring(L, -1), lua_rawlen(L, -1)))
            return luaL_error(L, "the text was not JSON");
        lua_setfield(L, -3, "path");
        lua_pop(L, 1);
        lua_pushinteger(L, (lua_Integer)t->list[i].empty);
        lua_setfield(L, -2, "empty");
        lua_seti(L, -2, luaL_len(L, -2) + 1);
    }
    return 1;
}

/* tables:close() */
static int tables_close(lua_State *L)
{
    host_tables_free(luaL_checkudata(L, 1, TABLES));
    return 0;
}

static const luaL_Reg functions[] = {
    {"new",    coverage_new   },
    {"tables", coverage_tables},
    {NULL,     NULL           }
};

static const luaL_Reg methods[] = {
    {"add",    coverage_add   },
    {"close",  coverage_close },
    {"fields", coverage_fields},
    {NULL,     NULL           }
};

static const luaL_Reg metamethods[] = {
    {"__close", coverage_close},
    {"__gc",    coverage_close},
    {NULL,      NULL          }
};

static const luaL_Reg tables_methods[] = {
    {"add",   tables_add  },
    {"both",  tables_both },
    {"close", tables_close},
    {NULL,    NULL        }
};

static const luaL_Reg tables_metamethods[] = {
    {"__close", tables_close},
    {"__gc",    tables_close},
    {NULL,      NULL        }
};

int luaopen_host_coverage(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    host_newtype(L, TABLES, tables_methods, tables_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
