/* Walks a value along its rule: types, lists, and rules for whole nodes. */

#include "schema/walk.h"

#include "common.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX 200

/* Like json.is_array, without calling Lua. */
static unsigned table_type(struct host_run *r, int index)
{
    lua_State *L = r->L;

    if (lua_getmetatable(L, index)) {
        bool marked = lua_topointer(L, -1) == r->validator->list_mark;
        lua_pop(L, 1);
        if (marked) return HOST_TYPE_ARRAY;
    }
    bool has_first = lua_rawgeti(L, index, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (!has_first) return HOST_TYPE_OBJECT;

    size_t size = lua_rawlen(L, index), members = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        members++;
        if (!lua_isinteger(L, -2)) {
            lua_pop(L, 2);
            return HOST_TYPE_OTHER;
        }
    }
    return members == size ? HOST_TYPE_ARRAY : HOST_TYPE_OTHER;
}

static unsigned number_type(lua_State *L, int index)
{
    if (lua_isinteger(L, index)) return HOST_TYPE_INTEGER | HOST_TYPE_NUMBER;
    lua_Number n = lua_tonumber(L, index);
    if (!isfinite(n)) return HOST_TYPE_OTHER;
    return floor(n) == n ? HOST_TYPE_INTEGER | HOST_TYPE_NUMBER : HOST_TYPE_NUMBER;
}

static unsigned type_of(struct host_run *r, int index, int lua_kind)
{
    lua_State *L = r->L;

    switch (lua_kind) {
    case LUA_TSTRING:
        return HOST_TYPE_STRING;
    case LUA_TBOOLEAN:
        return HOST_TYPE_BOOLEAN;
    case LUA_TNUMBER:
        return number_type(L, index);
    case LUA_TTABLE:
        return table_type(r, index);
    case LUA_TLIGHTUSERDATA:
        return lua_touserdata(L, index) ? HOST_TYPE_OTHER : HOST_TYPE_NULL;
    }
    return HOST_TYPE_OTHER;
}

static const char *type_word(lua_State *L, int index, unsigned type)
{
    if (type & HOST_TYPE_INTEGER) return "integer";
    if (type & HOST_TYPE_NUMBER) return "number";
    if (type == HOST_TYPE_OBJECT) return "object";
    if (type == HOST_TYPE_ARRAY) return "array";
    if (type == HOST_TYPE_NULL) return "null";
    if (type != HOST_TYPE_OTHER) return luaL_typename(L, index);
    if (lua_istable(L, index)) return "table with both list items and members, or gaps";
    if (lua_isnumber(L, index)) return "number that JSON cannot hold";
    if (lua_isuserdata(L, index)) return "record (copy its members)";
    return luaL_typename(L, index);
}

static bool check_type(struct host_run *r, const struct host_rule *rule, int index,
                       unsigned type, const struct host_place *place)
{
    if (rule->types ? (rule->types & type) != 0 : type != HOST_TYPE_OTHER) return true;
    return host_schema_report(r, HOST_KEY_TYPE, place, "",
                              "Expected type %s but found type %s",
                              rule->types ? rule->type_text.text : "any of JSON's",
                              type_word(r->L, index, type));
}

bool host_schema_length(struct host_run *r, const struct host_rule *rule, lua_Integer n,
                        const struct host_place *place)
{
    if (n < rule->min_items &&
        !host_schema_report(r, HOST_KEY_MIN_ITEMS, place, "",
                            "Array is too short (%I), minimum %I", n, rule->min_items))
        return false;
    return rule->max_items < 0 || n <= rule->max_items ||
           host_schema_report(r, HOST_KEY_MAX_ITEMS, place, "",
                              "Array is too long (%I), maximum %I", n, rule->max_items);
}

static bool check_array(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place)
{
    lua_State *L = r->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);

    if (!host_schema_length(r, rule, n, place)) return false;
    for (lua_Integer i = 1; rule->items && i <= n; i++) {
        struct host_place item = {place, NULL, i - 1};
        lua_rawgeti(L, index, i);
        struct host_value value = host_schema_value(L, lua_gettop(L));
        bool proceed = host_schema_walk(r, rule->items, &value, &item);
        if (!r->revisiting) r->bytes++;
        lua_pop(L, 1);
        if (!proceed) return false;
    }
    return true;
}

static bool check_value(struct host_run *r, const struct host_rule *rule,
                        const struct host_value *value, unsigned type,
                        const struct host_place *place)
{
    int index = value->index;

    switch (type) {
    case HOST_TYPE_STRING:
        return !rule->for_strings ||
               host_schema_string(r, rule, index, value->text, value->size, place);
    case HOST_TYPE_ARRAY:
        return check_array(r, rule, index, place);
    case HOST_TYPE_OBJECT:
        return host_schema_object(r, rule, index, place);
    }
    if (rule->enums.count) {
        int top = lua_gettop(r->L);
        bool proceed =
            host_schema_report(r, HOST_KEY_ENUM, place, "", "No enum match for: a %s",
                               type_word(r->L, index, type));
        lua_settop(r->L, top);
        return proceed;
    }
    return !(type & HOST_TYPE_NUMBER) || host_schema_number(r, rule, index, place);
}

bool host_schema_scalar(struct host_run *r, const struct host_rule *rule,
                        const struct host_value *value)
{
    unsigned type = type_of(r, value->index, value->kind);

    return check_type(r, rule, value->index, type, NULL) &&
           check_value(r, rule, value, type, NULL);
}

static bool check_warnings(struct host_run *r, const struct host_rule *rule, int index,
                           const struct host_place *place, size_t bytes)
{
    bool outer = r->warning;

    r->warning = true;
    r->node_bytes = bytes;
    bool proceed = host_schema_revisit(r, rule->warn, index, place);
    r->warning = outer;
    return proceed;
}

/* Bytes of a value as JSON without its contents; escapes are not counted. */
static size_t own_bytes(const struct host_value *value, unsigned type)
{
    switch (type) {
    case HOST_TYPE_STRING:
        return value->size + 2;
    case HOST_TYPE_BOOLEAN:
    case HOST_TYPE_NULL:
        return 4;
    case HOST_TYPE_ARRAY:
    case HOST_TYPE_OBJECT:
        return 1; /* the last comma counts as the other bracket */
    }
    return 8; /* a number */
}

bool host_schema_node(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place, size_t bytes, int errors)
{
    if (rule->max_bytes >= 0 && bytes > (size_t)rule->max_bytes &&
        !host_schema_report(r, HOST_KEY_MAX_BYTES, place, "",
                            "Value takes about %I bytes, maximum %I", (lua_Integer)bytes,
                            rule->max_bytes))
        return false;
    if (rule->check && r->errors == errors && !host_schema_call(r, rule, index, place))
        return false;
    return !rule->warn || check_warnings(r, rule, index, place, bytes);
}

/* All nodes except plain strings. */
static bool walk_node(struct host_run *r, const struct host_rule *rule,
                      const struct host_value *value, const struct host_place *place)
{
    int index = value->index, errors = r->errors;
    unsigned type = type_of(r, index, value->kind);
    size_t given = r->node_bytes, before = r->bytes;

    r->node_bytes = 0;
    if (!check_type(r, rule, index, type, place)) return false;
    if (r->errors != errors || (rule->types && !(rule->types & type))) return true;
    if (type == HOST_TYPE_OTHER) return true;
    if (r->depth >= DEPTH_MAX)
        return host_schema_report(r, HOST_KEY_TYPE, place, "",
                                  "Nested deeper than %d levels", DEPTH_MAX);
    if (type & (HOST_TYPE_ARRAY | HOST_TYPE_OBJECT)) luaL_checkstack(r->L, 12, "schema");
    if (!r->revisiting) r->bytes += own_bytes(value, type);
    r->depth++;
    bool proceed = check_value(r, rule, value, type, place);
    if (proceed && host_rule_has_node(rule))
        proceed = host_schema_node(r, rule, index, place,
                                   r->revisiting ? given : r->bytes - before, errors);
    r->depth--;
    return proceed;
}

bool host_schema_walk(struct host_run *r, const struct host_rule *rule,
                      const struct host_value *value, const struct host_place *place)
{
    bool plain = value->kind == LUA_TSTRING && !host_rule_has_node(rule) &&
                 (!rule->types || rule->types & HOST_TYPE_STRING);

    if (!plain) return walk_node(r, rule, value, place);
    if (!r->revisiting) r->bytes += value->size + 2;
    return !rule->for_strings ||
           host_schema_string(r, rule, value->index, value->text, value->size, place);
}

bool host_schema_revisit(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    struct host_value value = host_schema_value(r->L, index);
    r->revisiting++;
    bool proceed = host_schema_walk(r, rule, &value, place);
    r->revisiting--;
    return proceed;
}
