/* Compiles the rules of host.schema, Lua tables, into the tree that walk.c uses.
 *
 * Everything is anchored in one table, `refs`: strings, functions and the nodes
 * themselves. */

#include "schema/rule.h"

#include "common.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

const char *const host_keyword_names[HOST_KEY_COUNT] = {
    "type",           "min_length",  "max_length",   "pattern",   "format",
    "enum",           "minimum",     "maximum",      "required",  "additional",
    "forbidden",      "key_without", "any_required", "exclusive", "min_properties",
    "max_properties", "min_items",   "max_items",    "max_bytes"};

struct compiler {
    lua_State *L;
    int refs;  /* stack index of the anchors */
    int memo;  /* stack index of rule table -> node, for recursive rules */
    int items; /* stack index of a table of host_pattern_compile */
};

/* Pops the string at the top. */
static struct host_name take_name(struct compiler *c, const char *field)
{
    struct host_name name;

    if (lua_type(c->L, -1) != LUA_TSTRING)
        luaL_error(c->L, "a rule's '%s' holds a %s where a string is needed", field,
                   luaL_typename(c->L, -1));
    name.text = lua_tolstring(c->L, -1, &name.size);
    name.ref = host_rule_anchor(c->L, c->refs);
    return name;
}

static bool get(struct compiler *c, int rule, const char *field)
{
    if (lua_getfield(c->L, rule, field) != LUA_TNIL) return true;
    lua_pop(c->L, 1);
    return false;
}

static void need_code(struct compiler *c, enum host_keyword keyword)
{
    if (lua_rawgeti(c->L, c->refs, HOST_REFS_CODE + keyword) != LUA_TSTRING)
        luaL_error(c->L, "no code for '%s'", host_keyword_names[keyword]);
    lua_pop(c->L, 1);
}

static bool get_keyword(struct compiler *c, int rule, enum host_keyword keyword)
{
    if (!get(c, rule, host_keyword_names[keyword])) return false;
    need_code(c, keyword);
    return true;
}

static void need_table(struct compiler *c, const char *field)
{
    if (!lua_istable(c->L, -1))
        luaL_error(c->L, "a rule's '%s' is a %s, not a table", field,
                   luaL_typename(c->L, -1));
}

static lua_Integer take_limit(struct compiler *c, int rule, enum host_keyword keyword)
{
    int exact;

    if (!get_keyword(c, rule, keyword)) return -1;
    lua_Integer n = lua_tointegerx(c->L, -1, &exact);
    if (!exact || n < 0)
        luaL_error(c->L, "a rule's '%s' is not a non-negative integer",
                   host_keyword_names[keyword]);
    lua_pop(c->L, 1);
    return n;
}

static bool take_number(struct compiler *c, int rule, enum host_keyword keyword,
                        lua_Number *number)
{
    if (!get_keyword(c, rule, keyword)) return false;
    if (lua_type(c->L, -1) != LUA_TNUMBER)
        luaL_error(c->L, "a rule's '%s' is not a number", host_keyword_names[keyword]);
    *number = lua_tonumber(c->L, -1);
    lua_pop(c->L, 1);
    return true;
}

/* Pops the list at the top. */
static struct host_names take_list(struct compiler *c, const char *field)
{
    struct host_names names = {0};

    need_table(c, field);
    names.count = lua_rawlen(c->L, -1);
    names.at = host_rule_memory(c->L, c->refs, names.count * sizeof *names.at);
    for (size_t i = 0; i < names.count; i++) {
        lua_rawgeti(c->L, -1, (lua_Integer)i + 1);
        names.at[i] = take_name(c, field);
    }
    lua_pop(c->L, 1);
    return names;
}

static void take_names(struct compiler *c, int rule, enum host_keyword keyword,
                       struct host_names *names)
{
    if (get_keyword(c, rule, keyword)) *names = take_list(c, host_keyword_names[keyword]);
}

static struct host_rule *compile(struct compiler *c, int index);

/* Pops and compiles the rule on top. */
static struct host_rule *take_rule(struct compiler *c, const char *field)
{
    need_table(c, field);
    struct host_rule *rule = compile(c, lua_gettop(c->L));
    lua_pop(c->L, 1);
    return rule;
}

static void hash_properties(struct compiler *c, struct host_properties *p)
{
    size_t size = 8;
    while (size < p->count * 4)
        size *= 2;
    p->mask = size - 1;
    p->slots = host_rule_memory(c->L, c->refs, size * sizeof *p->slots);
    for (size_t i = 0; i < p->count; i++) {
        if (i < 64) p->at[i].bit = UINT64_C(1) << i;
        size_t slot = host_slot(p->at[i].name.text, p->mask);
        while (p->slots[slot])
            slot = (slot + 1) & p->mask;
        p->slots[slot] = &p->at[i];
    }
}

struct host_property *host_property_find(const struct host_properties *p,
                                         const char *text, size_t size)
{
    if (p->count == 0) return NULL;
    for (size_t i = host_slot(text, p->mask); p->slots[i]; i = (i + 1) & p->mask)
        if (p->slots[i]->name.text == text) return p->slots[i];
    if (size <= 40) return NULL;
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].name.size == size && memcmp(p->at[i].name.text, text, size) == 0)
            return &p->at[i];
    return NULL;
}

static void sort_properties(struct host_properties *p)
{
    for (size_t i = 1; i < p->count; i++) {
        struct host_property moved = p->at[i];
        size_t k = i;
        for (; k > 0 && strcmp(p->at[k - 1].name.text, moved.name.text) > 0; k--)
            p->at[k] = p->at[k - 1];
        p->at[k] = moved;
    }
}

/* Pops the table of rules at the top. */
static void take_properties(struct compiler *c, const char *field,
                            struct host_properties *p)
{
    lua_State *L = c->L;
    size_t n = 0;

    need_table(c, field);
    luaL_checkstack(L, 20, "rules too deep");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        p->count++;
    p->at = host_rule_memory(L, c->refs, p->count * sizeof *p->at);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* rules name rule */
        p->at[n].rule = take_rule(c, field);
        lua_pushvalue(L, -1);
        p->at[n++].name = take_name(c, field);
    }
    lua_pop(L, 1);
    sort_properties(p);
    hash_properties(c, p);
}

static unsigned type_bit(struct compiler *c, const char *name)
{
    static const char *const names[] = {"string", "boolean", "integer", "number",
                                        "object", "array",   "null"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return 1u << i;
    luaL_error(c->L, "unknown type '%s'", name);
    return 0;
}

static void take_forbidden(struct compiler *c, int index, struct host_properties *p)
{
    struct host_names names = {0};

    take_names(c, index, HOST_KEY_FORBIDDEN, &names);
    if (names.count == 0) return;
    p->count = names.count;
    p->at = host_rule_memory(c->L, c->refs, p->count * sizeof *p->at);
    for (size_t i = 0; i < p->count; i++)
        p->at[i].name = names.at[i];
    hash_properties(c, p);
}

static void take_key_without(struct compiler *c, int index, struct host_rule *rule)
{
    if (!get_keyword(c, index, HOST_KEY_KEY_WITHOUT)) return;
    struct host_name bytes = take_name(c, "key_without");
    rule->key_without = host_rule_memory(c->L, c->refs, UCHAR_MAX + 1);
    for (size_t i = 0; i < bytes.size; i++)
        rule->key_without[(unsigned char)bytes.text[i]] = true;
}

/* Lets members seen during the walk be checked without a lookup. */
static void mask_names(struct host_names *names, const struct host_properties *p)
{
    for (size_t i = 0; i < names->count; i++) {
        struct host_property *property =
            host_property_find(p, names->at[i].text, names->at[i].size);
        if (!property || !property->bit) {
            names->mask = 0;
            return;
        }
        names->mask |= property->bit;
    }
}

static void take_types(struct compiler *c, int index, struct host_rule *rule)
{
    lua_State *L = c->L;

    if (!get_keyword(c, index, HOST_KEY_TYPE)) return;
    if (lua_type(L, -1) == LUA_TSTRING) {
        rule->type_text = take_name(c, "type");
        rule->types = type_bit(c, rule->type_text.text);
        return;
    }
    struct host_names names = take_list(c, "type");
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < names.count; i++) {
        rule->types |= type_bit(c, names.at[i].text);
        if (i > 0) luaL_addchar(&b, ',');
        luaL_addlstring(&b, names.at[i].text, names.at[i].size);
    }
    luaL_pushresult(&b);
    rule->type_text = take_name(c, "type");
}

static void take_pattern(struct compiler *c, struct host_pattern *pattern)
{
    lua_pushvalue(c->L, -1);
    pattern->text = take_name(c, "pattern");
    host_pattern_compile(c->L, c->refs, c->items, pattern);
    lua_pop(c->L, 1);
}

static void take_patterns(struct compiler *c, int index, struct host_rule *rule)
{
    lua_State *L = c->L;

    if (!get_keyword(c, index, HOST_KEY_PATTERN)) return;
    bool list = lua_istable(L, -1);
    rule->pattern_count = list ? lua_rawlen(L, -1) : 1;
    rule->patterns =
        host_rule_memory(L, c->refs, rule->pattern_count * sizeof *rule->patterns);
    for (size_t i = 0; list && i < rule->pattern_count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        take_pattern(c, &rule->patterns[i]);
    }
    if (list)
        lua_pop(L, 1);
    else
        take_pattern(c, &rule->patterns[0]);
    if (rule->pattern_count == 0) luaL_error(L, "a rule's 'pattern' is an empty list");
    if (get(c, index, "pattern_name"))
        rule->pattern_name = take_name(c, "pattern_name");
    else
        rule->pattern_name = rule->patterns[0].text;
}

static void take_format(struct compiler *c, int index, struct host_rule *rule)
{
    if (!get_keyword(c, index, HOST_KEY_FORMAT)) return;
    struct host_name name = take_name(c, "format");
    rule->format = host_format_named(name.text);
    if (rule->format == HOST_FORMAT_NONE)
        luaL_error(c->L, "unknown format '%s'", name.text);
}

static void take_additional(struct compiler *c, int index, struct host_rule *rule)
{
    if (!get(c, index, "additional")) return;
    if (lua_istable(c->L, -1)) {
        rule->additional = take_rule(c, "additional");
        return;
    }
    if (!lua_isboolean(c->L, -1))
        luaL_error(c->L, "a rule's 'additional' is not a boolean or a rule");
    rule->closed = !lua_toboolean(c->L, -1);
    lua_pop(c->L, 1);
    if (rule->closed) need_code(c, HOST_KEY_ADDITIONAL);
}

static void take_switch(struct compiler *c, int index, struct host_rule *rule)
{
    if (!get(c, index, "switch")) return;
    need_table(c, "switch");
    int choice = lua_gettop(c->L);
    lua_getfield(c->L, choice, "on");
    rule->switch_on = take_name(c, "switch.on");
    lua_getfield(c->L, choice, "cases");
    take_properties(c, "switch.cases", &rule->cases);
    if (get(c, choice, "default")) rule->otherwise = take_rule(c, "switch.default");
    lua_pop(c->L, 1);
}

static void take_check(struct compiler *c, int index, struct host_rule *rule)
{
    if (get(c, index, "check")) {
        if (!lua_isfunction(c->L, -1))
            luaL_error(c->L, "a rule's 'check' is not a function");
        rule->check = host_rule_anchor(c->L, c->refs);
    }
    if (get(c, index, "omit_empty")) {
        rule->omit_empty = lua_toboolean(c->L, -1);
        lua_pop(c->L, 1);
    }
}

/* A misspelt field would be a rule that is silently ignored. */
static void reject_unknown(struct compiler *c, int index)
{
    static const char *const others[] = {"pattern_name", "properties", "items", "switch",
                                         "check",        "omit_empty", "warn",  NULL};

    for (lua_pushnil(c->L); lua_next(c->L, index); lua_pop(c->L, 1)) {
        const char *field =
            lua_type(c->L, -2) == LUA_TSTRING ? lua_tostring(c->L, -2) : "?";
        bool known = false;
        for (int i = 0; i < HOST_KEY_COUNT && !known; i++)
            known = strcmp(field, host_keyword_names[i]) == 0;
        for (int i = 0; others[i] && !known; i++)
            known = strcmp(field, others[i]) == 0;
        if (!known) luaL_error(c->L, "a rule has no field '%s'", field);
    }
}

static void take_counts(struct compiler *c, int index, struct host_rule *rule)
{
    rule->min_length = take_limit(c, index, HOST_KEY_MIN_LENGTH);
    rule->max_length = take_limit(c, index, HOST_KEY_MAX_LENGTH);
    rule->min_properties = take_limit(c, index, HOST_KEY_MIN_PROPERTIES);
    rule->max_properties = take_limit(c, index, HOST_KEY_MAX_PROPERTIES);
    rule->min_items = take_limit(c, index, HOST_KEY_MIN_ITEMS);
    rule->max_items = take_limit(c, index, HOST_KEY_MAX_ITEMS);
    rule->max_bytes = take_limit(c, index, HOST_KEY_MAX_BYTES);
    rule->has_minimum = take_number(c, index, HOST_KEY_MINIMUM, &rule->minimum);
    rule->has_maximum = take_number(c, index, HOST_KEY_MAXIMUM, &rule->maximum);
}

static void take_parts(struct compiler *c, int index, struct host_rule *rule)
{
    if (get(c, index, "properties")) take_properties(c, "properties", &rule->properties);
    if (get(c, index, "items")) rule->items = take_rule(c, "items");
    if (get(c, index, "warn")) rule->warn = take_rule(c, "warn");
    take_additional(c, index, rule);
    take_switch(c, index, rule);
}

static struct host_rule *compile(struct compiler *c, int index)
{
    lua_State *L = c->L;

    luaL_checkstack(L, 20, "rules too deep");
    lua_pushvalue(L, index);
    lua_rawget(L, c->memo);
    struct host_rule *rule = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (rule) return rule;

    reject_unknown(c, index);
    rule = host_rule_memory(L, c->refs, sizeof *rule);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, rule);
    lua_rawset(L, c->memo);

    take_types(c, index, rule);
    take_counts(c, index, rule);
    take_patterns(c, index, rule);
    take_format(c, index, rule);
    take_names(c, index, HOST_KEY_ENUM, &rule->enums);
    take_names(c, index, HOST_KEY_REQUIRED, &rule->required);
    take_forbidden(c, index, &rule->forbidden);
    take_names(c, index, HOST_KEY_ANY_REQUIRED, &rule->any_required);
    take_names(c, index, HOST_KEY_EXCLUSIVE, &rule->exclusive);
    take_key_without(c, index, rule);
    take_parts(c, index, rule);
    mask_names(&rule->required, &rule->properties);
    mask_names(&rule->any_required, &rule->properties);
    mask_names(&rule->exclusive, &rule->properties);
    take_check(c, index, rule);
    rule->for_strings = rule->min_length > 0 || rule->max_length >= 0 ||
                        rule->pattern_count || rule->format != HOST_FORMAT_NONE ||
                        rule->enums.count;
    return rule;
}

struct host_rule *host_rule_compile(lua_State *L, int index, int refs)
{
    struct compiler c = {L, refs, lua_gettop(L) + 1, lua_gettop(L) + 2};

    lua_newtable(L);
    lua_newtable(L);
    struct host_rule *rule = compile(&c, index);
    lua_pop(L, 2);
    return rule;
}
