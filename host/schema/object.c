/* Object rules of host.schema: members, their names, groups of them, switches. */

#include "schema/walk.h"

#include "common.h"

#include <string.h>

static bool has_member(struct host_run *r, int index, const struct host_name *name)
{
    lua_rawgeti(r->L, r->refs, name->ref);
    bool has = lua_rawget(r->L, index) != LUA_TNIL;
    lua_pop(r->L, 1);
    return has;
}

static size_t count_members(struct host_run *r, int index, const struct host_names *names,
                            const struct host_json_members *members)
{
    size_t n = 0;
    if (names->mask) {
        for (uint64_t left = members->seen & names->mask; left; left &= left - 1)
            n++;
        return n;
    }
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

static bool check_required(struct host_run *r, const struct host_rule *rule, int index,
                           const struct host_place *place,
                           const struct host_json_members *members)
{
    uint64_t mask = rule->required.mask;

    if (mask && (members->seen & mask) == mask) return true;
    for (size_t i = 0; i < rule->required.count; i++) {
        const struct host_name *name = &rule->required.at[i];
        if (!has_member(r, index, name) &&
            !host_schema_report(r, HOST_KEY_REQUIRED, place, name->text,
                                "Missing required property: %s", name->text))
            return false;
    }
    return true;
}

static bool check_groups(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place,
                         const struct host_json_members *members)
{
    bool proceed = check_required(r, rule, index, place, members);

    if (proceed && rule->any_required.count &&
        !count_members(r, index, &rule->any_required, members)) {
        proceed = host_schema_report(
            r, HOST_KEY_ANY_REQUIRED, place, "",
            "Data does not match any schemas from 'anyOf': %s is needed",
            push_list(r->L, &rule->any_required, " or "));
        lua_pop(r->L, 1);
    }
    if (proceed && rule->exclusive.count &&
        count_members(r, index, &rule->exclusive, members) > 1) {
        proceed = host_schema_report(
            r, HOST_KEY_EXCLUSIVE, place, "",
            "Data matches schema from 'not': only one of %s may be given",
            push_list(r->L, &rule->exclusive, " and "));
        lua_pop(r->L, 1);
    }
    return proceed;
}

static bool check_count(struct host_run *r, const struct host_rule *rule, lua_Integer n,
                        const struct host_place *place)
{
    if (n < rule->min_properties &&
        !host_schema_report(r, HOST_KEY_MIN_PROPERTIES, place, "",
                            "Too few properties defined (%I), minimum %I", n,
                            rule->min_properties))
        return false;
    if (rule->max_properties >= 0 && n > rule->max_properties)
        return host_schema_report(r, HOST_KEY_MAX_PROPERTIES, place, "",
                                  "Too many properties defined (%I), maximum %I", n,
                                  rule->max_properties);
    return true;
}

bool host_schema_name(struct host_run *r, const struct host_rule *rule, const char *name,
                      size_t size, const struct host_place *place)
{
    if (host_property_find(&rule->forbidden, name, size))
        return host_schema_report(r, HOST_KEY_FORBIDDEN, place, name,
                                  "Data matches schema from 'not': %s is a reserved name",
                                  name);
    for (size_t i = 0; rule->key_without && i < size; i++)
        if (rule->key_without[(unsigned char)name[i]])
            return host_schema_report(r, HOST_KEY_KEY_WITHOUT, place, name,
                                      "Property name must not contain '%c'", name[i]);
    return true;
}

/* Checks the member whose name is just below the value on the stack. */
static bool check_member(struct host_run *r, const struct host_rule *rule,
                         const struct host_value *value, const struct host_place *place,
                         struct host_json_members *members)
{
    lua_State *L = r->L;
    int key = value->index - 1;
    size_t size;

    if (lua_type(L, key) != LUA_TSTRING)
        return host_schema_report(r, HOST_KEY_TYPE, place, "",
                                  "A property's name is a %s, not a string",
                                  luaL_typename(L, key));
    const char *name = lua_tolstring(L, key, &size);
    struct host_place member = {place, name, 0};
    struct host_property *property = host_property_find(&rule->properties, name, size);

    if (!r->revisiting) r->bytes += size + 4; /* quotes, colon, comma */
    if ((rule->forbidden.count || rule->key_without) &&
        !host_schema_name(r, rule, name, size, place))
        return false;
    if (property) {
        members->seen |= property->bit;
        return host_schema_walk(r, property->rule, value, &member);
    }
    if (rule->closed)
        return host_schema_report(r, HOST_KEY_ADDITIONAL, place, name,
                                  "Additional properties not allowed: %s", name);
    return !rule->additional || host_schema_walk(r, rule->additional, value, &member);
}

/* Removes the member on top of the stack, which is allowed during lua_next. */
static void omit(lua_State *L, int index)
{
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_rawset(L, index);
}

/* Looks up only the members that the rule names: faster if there are no rules for others.
 */
static bool named_members(struct host_run *r, const struct host_rule *rule, int index,
                          const struct host_place *place,
                          struct host_json_members *members)
{
    lua_State *L = r->L;
    int at = lua_gettop(L) + 1;

    for (size_t i = 0; i < rule->properties.count; i++) {
        const struct host_property *property = &rule->properties.at[i];
        struct host_place member = {place, property->name.text, 0};
        lua_rawgeti(L, r->refs, property->name.ref);
        if (lua_rawget(L, index) != LUA_TNIL) {
            struct host_value value = host_schema_value(L, at);
            members->seen |= property->bit;
            if (!host_schema_walk(r, property->rule, &value, &member)) return false;
        }
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < rule->forbidden.count; i++) {
        const struct host_name *name = &rule->forbidden.at[i].name;
        if (has_member(r, index, name) &&
            !host_schema_name(r, rule, name->text, name->size, place))
            return false;
    }
    return true;
}

static bool members_quickly(struct host_run *r, const struct host_rule *rule, int index,
                            const struct host_place *place,
                            struct host_json_members *members)
{
    lua_State *L = r->L;
    if (r->revisiting && !rule->closed && !rule->additional && !rule->key_without &&
        !rule->omit_empty && rule->min_properties <= 0 && rule->max_properties < 0)
        return named_members(r, rule, index, place, members);
    bool look = rule->properties.count || rule->closed || rule->additional ||
                rule->forbidden.count || rule->key_without;

    if (!look && !rule->omit_empty && rule->min_properties <= 0 &&
        rule->max_properties < 0)
        return true;
    int at = lua_gettop(L) + 2;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        struct host_value value = host_schema_value(L, at);
        if (rule->omit_empty && host_schema_is_empty(L, value.index)) {
            omit(L, index);
            continue;
        }
        members->count++;
        if (look && !check_member(r, rule, &value, place, members)) return false;
    }
    return true;
}

static bool members_thoroughly(struct host_run *r, const struct host_rule *rule,
                               int index, const struct host_place *place,
                               struct host_json_members *members)
{
    lua_State *L = r->L;
    lua_Integer n = 0;

    lua_newtable(L);
    int names = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        struct host_value value = host_schema_value(L, names + 2);
        if (rule->omit_empty && host_schema_is_empty(L, value.index)) {
            omit(L, index);
        } else if (lua_type(L, names + 1) != LUA_TSTRING) {
            check_member(r, rule, &value, place, members); /* reports the invalid name */
        } else {
            lua_pushvalue(L, -2);
            lua_rawseti(L, names, ++n);
        }
    }
    members->count = n;
    lua_rawgeti(L, r->refs, HOST_REFS_SORT);
    lua_pushvalue(L, names);
    lua_call(L, 1, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, names, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, index); /* names name value */
        struct host_value value = host_schema_value(L, names + 2);
        check_member(r, rule, &value, place, members);
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
    lua_pop(r->L, 1); /* the table keeps the word alive */
    const struct host_rule *further = chosen ? chosen->rule : rule->otherwise;
    return !further || host_schema_revisit(r, further, index, place);
}

bool host_schema_whole(struct host_run *r, const struct host_rule *rule, int index,
                       const struct host_place *place,
                       const struct host_json_members *members)
{
    if (!check_groups(r, rule, index, place, members) ||
        !check_count(r, rule, members->count, place))
        return false;
    return !rule->switch_on.text || check_switch(r, rule, index, place);
}

bool host_schema_object(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place)
{
    struct host_json_members members = {0};

    if (!(r->findings ? members_thoroughly : members_quickly)(r, rule, index, place,
                                                              &members))
        return false;
    return host_schema_whole(r, rule, index, place, &members);
}
