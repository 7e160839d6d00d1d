/* Walks a value along its rule: types, strings, numbers, arrays, objects. */

#include "schema.h"

#include "host.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX 200
#define SHOWN_MAX 24 /* bytes of an enumerated word that a message cites */

/* -- types
 * ----------------------------------------------------------------------------------*/

/* The same question as json.is_array, without asking Lua. */
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
    if (lua_istable(L, index)) return "table with both positions and names, or gaps";
    if (lua_isnumber(L, index)) return "number that JSON cannot hold";
    if (lua_isuserdata(L, index))
        return "userdata (a record; take its members one by one)";
    return luaL_typename(L, index);
}

static bool check_type(struct host_run *r, const struct host_rule *rule, int index,
                       unsigned type, const struct host_place *place)
{
    if (rule->types ? (rule->types & type) != 0 : type != HOST_TYPE_OTHER) return true;
    return host_schema_broken(r, HOST_KEY_TYPE, place, "",
                              "Expected type %s but found type %s",
                              rule->types ? rule->type_text.text : "any of JSON's",
                              type_word(r->L, index, type));
}

/* -- strings and numbers
 * --------------------------------------------------------------------*/

/* Characters of UTF-8; a broken sequence counts by its first bytes, which is the writer's
 * business to refuse. */
static lua_Integer count_characters(const char *text, size_t size)
{
    lua_Integer n = 0;

    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static bool check_length(struct host_run *r, const struct host_rule *rule,
                         const char *text, size_t size, const struct host_place *place)
{
    lua_Integer bytes = (lua_Integer)size;

    /* a character has one to four bytes: mostly the bytes already tell */
    if (bytes >= 4 * rule->min_length &&
        (rule->max_length < 0 || bytes <= rule->max_length))
        return true;
    lua_Integer n = count_characters(text, size);
    if (n < rule->min_length &&
        !host_schema_broken(r, HOST_KEY_MIN_LENGTH, place, "",
                            "String is too short (%I chars), minimum %I", n,
                            rule->min_length))
        return false;
    if (rule->max_length >= 0 && n > rule->max_length &&
        !host_schema_broken(r, HOST_KEY_MAX_LENGTH, place, "",
                            "String is too long (%I chars), maximum %I", n,
                            rule->max_length))
        return false;
    return true;
}

static bool matches(struct host_run *r, const struct host_pattern *pattern, int index,
                    const char *text, size_t size)
{
    lua_State *L = r->L;

    if (pattern->steps) return host_pattern_match(pattern, text, size);
    lua_rawgeti(L, r->refs, 1);
    lua_pushvalue(L, index);
    lua_rawgeti(L, r->refs, pattern->text.ref);
    lua_call(L, 2, 1);
    bool found = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return found;
}

static bool check_pattern(struct host_run *r, const struct host_rule *rule, int index,
                          const char *text, size_t size, const struct host_place *place)
{
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (matches(r, &rule->patterns[i], index, text, size)) return true;
    return host_schema_broken(r, HOST_KEY_PATTERN, place, "",
                              "String does not match pattern %s",
                              rule->pattern_name.text);
}

static bool check_enum(struct host_run *r, const struct host_rule *rule, const char *text,
                       size_t size, const struct host_place *place)
{
    for (size_t i = 0; i < rule->enums.count; i++) {
        const struct host_name *name = &rule->enums.at[i];
        if (name->text == text ||
            (name->size == size && memcmp(name->text, text, size) == 0))
            return true;
    }
    /* a long one is no word but maybe a secret in the wrong place */
    return host_schema_broken(r, HOST_KEY_ENUM, place, "", "No enum match for: %s",
                              size <= SHOWN_MAX ? text : "a long string");
}

static bool check_string(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    size_t size;
    const char *text = lua_tolstring(r->L, index, &size);

    if ((rule->min_length > 0 || rule->max_length >= 0) &&
        !check_length(r, rule, text, size, place))
        return false;
    if (rule->format != HOST_FORMAT_NONE) {
        const char *fault = host_format_fault(rule->format, text, size);
        static const char *const names[] = {"", "email", "uri", "hex", "base64"};
        if (fault &&
            !host_schema_broken(r, HOST_KEY_FORMAT, place, "",
                                "Object didn't pass validation for format %s: %s",
                                names[rule->format], fault))
            return false;
    }
    if (rule->pattern_count && !check_pattern(r, rule, index, text, size, place))
        return false;
    return rule->enums.count == 0 || check_enum(r, rule, text, size, place);
}

static bool check_number(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    lua_Number n = lua_tonumber(r->L, index);

    if (rule->has_minimum && n < rule->minimum &&
        !host_schema_broken(r, HOST_KEY_MINIMUM, place, "",
                            "Value %f is less than minimum %f", n, rule->minimum))
        return false;
    if (rule->has_maximum && n > rule->maximum)
        return host_schema_broken(r, HOST_KEY_MAXIMUM, place, "",
                                  "Value %f is greater than maximum %f", n,
                                  rule->maximum);
    return true;
}

/* -- arrays and objects
 * ---------------------------------------------------------------------*/

static bool check_array(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place)
{
    lua_State *L = r->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);

    if (n < rule->min_items &&
        !host_schema_broken(r, HOST_KEY_MIN_ITEMS, place, "",
                            "Array is too short (%I), minimum %I", n, rule->min_items))
        return false;
    if (rule->max_items >= 0 && n > rule->max_items &&
        !host_schema_broken(r, HOST_KEY_MAX_ITEMS, place, "",
                            "Array is too long (%I), maximum %I", n, rule->max_items))
        return false;
    for (lua_Integer i = 1; rule->items && i <= n; i++) {
        struct host_place item = {place, NULL, i - 1};
        lua_rawgeti(L, index, i);
        bool go_on = host_schema_walk(r, rule->items, lua_gettop(L), &item);
        if (!r->again) r->bytes++;
        lua_pop(L, 1);
        if (!go_on) return false;
    }
    return true;
}

static bool has_member(struct host_run *r, int index, const struct host_name *name)
{
    lua_rawgeti(r->L, r->refs, name->ref);
    bool has = lua_rawget(r->L, index) != LUA_TNIL;
    lua_pop(r->L, 1);
    return has;
}

static size_t count_members(struct host_run *r, int index, const struct host_names *names)
{
    size_t n = 0;
    for (size_t i = 0; i < names->count; i++)
        n += has_member(r, index, &names->at[i]);
    return n;
}

/* Pushes "a, b and c". */
static const char *push_list(lua_State *L, const struct host_names *names,
                             const char *last)
{
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0) luaL_addstring(&b, i + 1 < names->count ? ", " : last);
        luaL_addlstring(&b, names->at[i].text, names->at[i].size);
    }
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

static bool check_groups(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    bool go_on = true;

    for (size_t i = 0; i < rule->required.count && go_on; i++) {
        const struct host_name *name = &rule->required.at[i];
        if (!has_member(r, index, name))
            go_on = host_schema_broken(r, HOST_KEY_REQUIRED, place, name->text,
                                       "Missing required property: %s", name->text);
    }
    if (go_on && rule->any_required.count &&
        !count_members(r, index, &rule->any_required)) {
        go_on = host_schema_broken(
            r, HOST_KEY_ANY_REQUIRED, place, "",
            "Data does not match any schemas from 'anyOf': %s is needed",
            push_list(r->L, &rule->any_required, " or "));
        lua_pop(r->L, 1);
    }
    if (go_on && rule->exclusive.count && count_members(r, index, &rule->exclusive) > 1) {
        go_on = host_schema_broken(
            r, HOST_KEY_EXCLUSIVE, place, "",
            "Data matches schema from 'not': only one of %s may be given",
            push_list(r->L, &rule->exclusive, " and "));
        lua_pop(r->L, 1);
    }
    return go_on;
}

static bool check_count(struct host_run *r, const struct host_rule *rule, lua_Integer n,
                        const struct host_place *place)
{
    if (n < rule->min_properties &&
        !host_schema_broken(r, HOST_KEY_MIN_PROPERTIES, place, "",
                            "Too few properties defined (%I), minimum %I", n,
                            rule->min_properties))
        return false;
    if (rule->max_properties >= 0 && n > rule->max_properties)
        return host_schema_broken(r, HOST_KEY_MAX_PROPERTIES, place, "",
                                  "Too many properties defined (%I), maximum %I", n,
                                  rule->max_properties);
    return true;
}

static bool check_name(struct host_run *r, const struct host_rule *rule, const char *name,
                       size_t size, const struct host_place *place)
{
    for (size_t i = 0; i < rule->forbidden.count; i++) {
        const struct host_name *no = &rule->forbidden.at[i];
        if (no->text == name || (no->size == size && memcmp(no->text, name, size) == 0))
            return host_schema_broken(
                r, HOST_KEY_FORBIDDEN, place, name,
                "Data matches schema from 'not': %s is a reserved name", name);
    }
    for (size_t i = 0; i < rule->key_without.size; i++)
        if (memchr(name, rule->key_without.text[i], size))
            return host_schema_broken(r, HOST_KEY_KEY_WITHOUT, place, name,
                                      "Property name must not contain '%c'",
                                      rule->key_without.text[i]);
    return true;
}

static bool walk(struct host_run *r, const struct host_rule *rule, int index,
                 int lua_kind, const struct host_place *place);

/* The member whose value is at `value` and of Lua's type `kind`, with its name below. */
static bool check_member(struct host_run *r, const struct host_rule *rule, int value,
                         int kind, const struct host_place *place)
{
    lua_State *L = r->L;
    size_t size;

    if (lua_type(L, value - 1) != LUA_TSTRING)
        return host_schema_broken(r, HOST_KEY_TYPE, place, "",
                                  "A property's name is a %s, not a string",
                                  luaL_typename(L, value - 1));
    const char *name = lua_tolstring(L, value - 1, &size);
    struct host_place member = {place, name, 0};
    struct host_property *property = host_property_find(&rule->properties, name, size);

    if (!r->again) r->bytes += size + 4; /* quotes, colon, comma */
    if ((rule->forbidden.count || rule->key_without.size) &&
        !check_name(r, rule, name, size, place))
        return false;
    if (property) return walk(r, property->rule, value, kind, &member);
    if (rule->closed)
        return host_schema_broken(r, HOST_KEY_ADDITIONAL, place, name,
                                  "Additional properties not allowed: %s", name);
    return !rule->additional || walk(r, rule->additional, value, kind, &member);
}

/* Whether the member at `value` is null or "" and must go. */
static bool is_empty(lua_State *L, int value, int kind)
{
    if (kind == LUA_TSTRING) return lua_rawlen(L, value) == 0;
    return kind == LUA_TLIGHTUSERDATA && !lua_touserdata(L, value);
}

/* Removes the member at the top, which lua_next allows while it goes through the table.
 */
static void omit(lua_State *L, int index)
{
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_rawset(L, index);
}

static bool members_quickly(struct host_run *r, const struct host_rule *rule, int index,
                            const struct host_place *place, lua_Integer *count)
{
    lua_State *L = r->L;
    bool look = rule->properties.count || rule->closed || rule->additional ||
                rule->forbidden.count || rule->key_without.size;

    if (!look && !rule->omit_empty && rule->min_properties <= 0 &&
        rule->max_properties < 0)
        return true;
    int value = lua_gettop(L) + 2;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        int kind = lua_type(L, value);
        if (rule->omit_empty && is_empty(L, value, kind)) {
            omit(L, index);
            continue;
        }
        ++*count;
        if (look && !check_member(r, rule, value, kind, place)) return false;
    }
    return true;
}

static int less(lua_State *L, int a, int b)
{
    if (lua_type(L, a) != LUA_TSTRING || lua_type(L, b) != LUA_TSTRING)
        return lua_type(L, a) < lua_type(L, b);
    return lua_compare(L, a, b, LUA_OPLT);
}

/* Puts the name at the top into the sorted list at `list`, which has `n`. */
static void insert_sorted(lua_State *L, int list, lua_Integer n)
{
    lua_Integer i = n;

    for (; i >= 1; i--) {
        lua_rawgeti(L, list, i); /* name other */
        if (!less(L, -2, -1)) {
            lua_pop(L, 1);
            break;
        }
        lua_rawseti(L, list, i + 1);
    }
    lua_rawseti(L, list, i + 1);
}

static bool members_thoroughly(struct host_run *r, const struct host_rule *rule,
                               int index, const struct host_place *place,
                               lua_Integer *count)
{
    lua_State *L = r->L;

    lua_newtable(L);
    int names = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (rule->omit_empty && is_empty(L, names + 2, lua_type(L, names + 2))) {
            omit(L, index);
            continue;
        }
        lua_pushvalue(L, -2);
        insert_sorted(L, names, (*count)++);
    }
    for (lua_Integer i = 1; i <= *count; i++) {
        lua_rawgeti(L, names, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, index); /* names name value */
        check_member(r, rule, names + 2, lua_type(L, names + 2), place);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return true;
}

static bool check_switch(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    size_t size;

    lua_rawgeti(r->L, r->refs, rule->switch_on.ref);
    bool is_word = lua_rawget(r->L, index) == LUA_TSTRING;
    const char *word = is_word ? lua_tolstring(r->L, -1, &size) : NULL;
    struct host_property *chosen =
        word ? host_property_find(&rule->cases, word, size) : NULL;
    lua_pop(r->L, 1); /* the member keeps the word alive */
    const struct host_rule *further = chosen ? chosen->rule : rule->otherwise;
    r->again++;
    bool go_on = !further || host_schema_walk(r, further, index, place);
    r->again--;
    return go_on;
}

static bool check_object(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place)
{
    lua_Integer count = 0;

    if (!(r->findings ? members_thoroughly : members_quickly)(r, rule, index, place,
                                                              &count))
        return false;
    if (!check_groups(r, rule, index, place) || !check_count(r, rule, count, place))
        return false;
    return !rule->switch_on.text || check_switch(r, rule, index, place);
}

/* -- the walk
 * -------------------------------------------------------------------------------*/

static bool check_value(struct host_run *r, const struct host_rule *rule, int index,
                        unsigned type, const struct host_place *place)
{
    switch (type) {
    case HOST_TYPE_STRING:
        return !rule->for_strings || check_string(r, rule, index, place);
    case HOST_TYPE_ARRAY:
        return check_array(r, rule, index, place);
    case HOST_TYPE_OBJECT:
        return check_object(r, rule, index, place);
    }
    if (rule->enums.count) {
        int top = lua_gettop(r->L);
        bool go_on =
            host_schema_broken(r, HOST_KEY_ENUM, place, "", "No enum match for: a %s",
                               type_word(r->L, index, type));
        lua_settop(r->L, top);
        return go_on;
    }
    return !(type & HOST_TYPE_NUMBER) || check_number(r, rule, index, place);
}

static bool check_warnings(struct host_run *r, const struct host_rule *rule, int index,
                           const struct host_place *place, size_t bytes)
{
    bool outer = r->warning;

    r->warning = true;
    r->again++;
    r->node_bytes = bytes;
    bool go_on = host_schema_walk(r, rule->warn, index, place);
    r->again--;
    r->warning = outer;
    return go_on;
}

/* Bytes of a value as JSON, without what is inside it; escapes are not counted. */
static size_t own_bytes(lua_State *L, int index, unsigned type)
{
    switch (type) {
    case HOST_TYPE_STRING:
        return lua_rawlen(L, index) + 2;
    case HOST_TYPE_BOOLEAN:
    case HOST_TYPE_NULL:
        return 4;
    case HOST_TYPE_ARRAY:
    case HOST_TYPE_OBJECT:
        return 1; /* the last comma is the other bracket */
    }
    return 8; /* a number */
}

/* What concerns the node as a whole, once all inside it is walked. */
static bool check_node(struct host_run *r, const struct host_rule *rule, int index,
                       const struct host_place *place, size_t bytes, int errors)
{
    if (rule->max_bytes >= 0 && bytes > (size_t)rule->max_bytes &&
        !host_schema_broken(r, HOST_KEY_MAX_BYTES, place, "",
                            "Value takes about %I bytes, maximum %I", (lua_Integer)bytes,
                            rule->max_bytes))
        return false;
    if (rule->check && r->errors == errors && !host_schema_call(r, rule, index, place))
        return false;
    return !rule->warn || check_warnings(r, rule, index, place, bytes);
}

static bool walk(struct host_run *r, const struct host_rule *rule, int index,
                 int lua_kind, const struct host_place *place)
{
    unsigned type = type_of(r, index, lua_kind);
    int errors = r->errors;
    size_t given = r->node_bytes, before = r->bytes;

    r->node_bytes = 0;
    if (!check_type(r, rule, index, type, place)) return false;
    if (r->errors != errors || (rule->types && !(rule->types & type))) return true;
    if (type == HOST_TYPE_OTHER) return true;
    if (r->depth >= DEPTH_MAX)
        return host_schema_broken(r, HOST_KEY_TYPE, place, "",
                                  "Nested deeper than %d levels", DEPTH_MAX);
    if (type & (HOST_TYPE_ARRAY | HOST_TYPE_OBJECT)) luaL_checkstack(r->L, 12, "schema");
    if (!r->again) r->bytes += own_bytes(r->L, index, type);
    r->depth++;
    bool go_on = check_value(r, rule, index, type, place);
    if (go_on && (rule->check || rule->warn || rule->max_bytes >= 0))
        go_on = check_node(r, rule, index, place, r->again ? given : r->bytes - before,
                           errors);
    r->depth--;
    return go_on;
}

bool host_schema_walk(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place)
{
    return walk(r, rule, index, lua_type(r->L, index), place);
}
