/* YAML to Lua values: the functions below push a value and return true, or push nil,
 * message, kind and return false. */

#include "yaml/value.h"

#include "common.h"
#include "json/json.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum { DEPTH = 100, TABLES_A_NODE = 2, SLOTS = 15 };

void host_yaml_end(struct yaml_source *s)
{
    if (s->has_event) yaml_event_delete(&s->event);
    if (s->has_parser) yaml_parser_delete(&s->parser);
    s->has_event = s->has_parser = false;
}

static bool fail(lua_State *L, yaml_mark_t mark, const char *problem)
{
    host_fail(L, HOST_PARSE, "YAML, line %I, column %I: %s", (lua_Integer)mark.line + 1,
              (lua_Integer)mark.column + 1, problem);
    return false;
}

bool host_yaml_fail(lua_State *L, struct yaml_source *s, const char *problem)
{
    return fail(L, s->event.start_mark, problem);
}

static int opened(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return 1;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return -1;
    default:
        return 0;
    }
}

bool host_yaml_advance(lua_State *L, struct yaml_source *s)
{
    if (s->has_event) yaml_event_delete(&s->event);
    s->has_event = yaml_parser_parse(&s->parser, &s->event);
    if (s->has_event) {
        s->depth += opened(&s->event);
        return true;
    }
    s->broken = true;
    const yaml_parser_t *p = &s->parser;
    const char *problem = p->problem ? p->problem : "invalid YAML";
    if (p->error == YAML_MEMORY_ERROR) luaL_error(L, "out of memory for YAML");
    if (p->error != YAML_READER_ERROR) return fail(L, p->problem_mark, problem);
    host_fail(L, HOST_PARSE, "YAML, byte %I: %s", (lua_Integer)p->problem_offset + 1,
              problem);
    return false;
}

/* -- scalars -- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

static const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Pushes a decimal number, or returns false. Text that would lose something as a number
 * stays a string: leading zeros, a plus (telephone numbers), values out of range. */
static bool push_number(lua_State *L, const char *text)
{
    const char *digits = text + (*text == '-'), *p = skip_digits(digits);
    bool integer = true;

    if (p == digits || (*digits == '0' && p - digits > 1)) return false;
    if (*p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction);
        if (p == fraction) return false;
        integer = false;
    }
    if (*p == 'e' || *p == 'E') {
        const char *exponent = p + 1 + (p[1] == '+' || p[1] == '-');
        p = skip_digits(exponent);
        if (p == exponent) return false;
        integer = false;
    }
    if (*p || !lua_stringtonumber(L, text)) return false;
    if (integer ? lua_isinteger(L, -1) : isfinite(lua_tonumber(L, -1))) return true;
    lua_pop(L, 1);
    return false;
}

static void push_plain(lua_State *L, const char *text, size_t size)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};

    if (strlen(text) != size)
        lua_pushlstring(L, text, size);
    else if (is_one_of(text, nulls))
        lua_pushlightuserdata(L, NULL);
    else if (is_one_of(text, trues))
        lua_pushboolean(L, 1);
    else if (is_one_of(text, falses))
        lua_pushboolean(L, 0);
    else if (!push_number(L, text))
        lua_pushlstring(L, text, size);
}

static bool check_tag(lua_State *L, struct yaml_source *s, const yaml_char_t *tag,
                      const char *const *allowed)
{
    if (!tag || is_one_of((const char *)tag, allowed)) return true;
    return host_yaml_fail(L, s, lua_pushfstring(L, "the tag %s is not supported", tag));
}

/* Pushes a node that begins with the current event. */
static void push_node(lua_State *L, const struct yaml_source *s)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)s->event.start_mark.line + 1);
    lua_setfield(L, -2, "line");
}

void host_yaml_wrap(lua_State *L, const struct yaml_source *s)
{
    push_node(L, s);
    lua_insert(L, -2);
    lua_setfield(L, -2, "value");
    if (s->event.type != YAML_SCALAR_EVENT) return;
    lua_pushlstring(L, (const char *)s->event.data.scalar.value,
                    s->event.data.scalar.length);
    lua_setfield(L, -2, "text");
    lua_pushboolean(L, s->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                           !s->event.data.scalar.tag);
    lua_setfield(L, -2, "plain");
}

static bool push_scalar(lua_State *L, struct yaml_source *s)
{
    static const char *const allowed[] = {"!",           YAML_STR_TAG, YAML_NULL_TAG,
                                          YAML_BOOL_TAG, YAML_INT_TAG, YAML_FLOAT_TAG,
                                          NULL};
    const char *text = (const char *)s->event.data.scalar.value;
    const char *tag = (const char *)s->event.data.scalar.tag;
    size_t size = s->event.data.scalar.length;

    if (!check_tag(L, s, s->event.data.scalar.tag, allowed)) return false;
    bool plain = tag ? strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0
                     : s->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain)
        push_plain(L, text, size);
    else
        lua_pushlstring(L, text, size);
    return true;
}

/* -- anchors and aliases -- */

/* Pushes the anchor's name, or nil, and marks it as unfinished. */
static bool begin_anchor(lua_State *L, struct yaml_source *s, const yaml_char_t *anchor)
{
    if (anchor && ++s->anchors > s->anchor_limit)
        return host_yaml_fail(L, s, "too many anchors");
    lua_pushstring(L, (const char *)anchor);
    if (!anchor) return true;
    lua_pushvalue(L, -1);
    lua_pushvalue(L, YAML_ANCHORS);
    lua_rawset(L, YAML_ANCHORS);
    return true;
}

/* Stack: name, value. Leaves the value, which the anchor now refers to. */
static void end_anchor(lua_State *L)
{
    if (!lua_isnil(L, -2)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, YAML_ANCHORS);
    }
    lua_remove(L, -2);
}

/* Replaces the value on top with a copy, so that changing one does not change the
 * other. */
static bool copy(lua_State *L, struct yaml_source *s, int depth)
{
    if (++s->copies > s->limit)
        return host_yaml_fail(L, s, "aliases expand to too many values");
    if (!lua_istable(L, -1)) return true;
    if (depth > (s->nodes ? TABLES_A_NODE : 1) * DEPTH)
        return host_yaml_fail(L, s, "nested too deeply");
    luaL_checkstack(L, SLOTS, "YAML");
    lua_newtable(L);
    if (lua_getmetatable(L, -2)) lua_setmetatable(L, -2);
    lua_pushnil(L); /* original copy key */
    while (lua_next(L, -3)) {
        if (!copy(L, s, depth + 1)) return false;
        lua_pushvalue(L, -2);
        lua_insert(L, -2); /* original copy key key value */
        lua_rawset(L, -4);
    }
    lua_remove(L, -2);
    return true;
}

static bool push_alias(lua_State *L, struct yaml_source *s, int depth)
{
    const char *name = (const char *)s->event.data.alias.anchor;

    if (lua_getfield(L, YAML_ANCHORS, name) == LUA_TNIL)
        return host_yaml_fail(L, s, lua_pushfstring(L, "unknown anchor '%s'", name));
    if (lua_rawequal(L, -1, YAML_ANCHORS))
        return host_yaml_fail(L, s, lua_pushfstring(L, "'%s' contains itself", name));
    return copy(L, s, depth);
}

/* -- nodes -- */

static bool push_sequence(lua_State *L, struct yaml_source *s, int depth)
{
    static const char *const allowed[] = {"!", YAML_SEQ_TAG, NULL};
    if (!check_tag(L, s, s->event.data.sequence_start.tag, allowed)) return false;

    if (!begin_anchor(L, s, s->event.data.sequence_start.anchor)) return false;
    if (s->nodes) push_node(L, s);
    lua_newtable(L);
    host_json_mark(L);
    for (lua_Integer i = 1;; i++) {
        if (!host_yaml_advance(L, s)) return false;
        if (s->event.type == YAML_SEQUENCE_END_EVENT) break;
        if (!host_yaml_node(L, s, depth + 1)) return false;
        lua_rawseti(L, -2, i);
    }
    if (s->nodes) lua_setfield(L, -2, "items");
    end_anchor(L);
    return true;
}

/* The current key, which the table on top must not have yet. */
static bool push_key(lua_State *L, struct yaml_source *s)
{
    if (s->event.type != YAML_SCALAR_EVENT)
        return host_yaml_fail(L, s, "a key must be a string");
    const char *text = (const char *)s->event.data.scalar.value;
    bool plain = s->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (plain && strcmp(text, "<<") == 0)
        return host_yaml_fail(L, s,
                              "merge keys (<<) are not supported; write the members out");
    if (s->event.data.scalar.anchor)
        return host_yaml_fail(L, s, "a key cannot have an anchor");
    if (!push_scalar(L, s)) return false;
    if (lua_type(L, -1) != LUA_TSTRING)
        return host_yaml_fail(
            L, s, lua_pushfstring(L, "the key %s is not a string; quote it", text));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TNIL)
        return host_yaml_fail(L, s, lua_pushfstring(L, "duplicate key '%s'", text));
    lua_pop(L, 1);
    return true;
}

/* Pushes what a mapping's node has besides its members: node names lines. */
static void begin_members(lua_State *L, const struct yaml_source *s)
{
    push_node(L, s);
    lua_newtable(L);
    lua_newtable(L);
}

/* Notes the key on top, and its line: names lines members key. */
static void note_key(lua_State *L, lua_Integer line)
{
    lua_pushvalue(L, -1);
    lua_rawseti(L, -5, (lua_Integer)lua_rawlen(L, -5) + 1);
    lua_pushvalue(L, -1);
    lua_pushinteger(L, line);
    lua_rawset(L, -5);
}

/* Leaves the node of: node names lines members. */
static void end_members(lua_State *L)
{
    lua_setfield(L, -4, "members");
    lua_setfield(L, -3, "lines");
    lua_setfield(L, -2, "names");
}

static bool push_mapping(lua_State *L, struct yaml_source *s, int depth)
{
    static const char *const allowed[] = {"!", YAML_MAP_TAG, NULL};
    if (!check_tag(L, s, s->event.data.mapping_start.tag, allowed)) return false;

    if (!begin_anchor(L, s, s->event.data.mapping_start.anchor)) return false;
    if (s->nodes) begin_members(L, s);
    lua_newtable(L);
    for (;;) {
        if (!host_yaml_advance(L, s)) return false;
        if (s->event.type == YAML_MAPPING_END_EVENT) break;
        if (!push_key(L, s)) return false;
        if (s->nodes) note_key(L, (lua_Integer)s->event.start_mark.line + 1);
        if (!host_yaml_advance(L, s) || !host_yaml_node(L, s, depth + 1)) return false;
        lua_rawset(L, -3);
    }
    if (s->nodes) end_members(L);
    end_anchor(L);
    return true;
}

bool host_yaml_node(lua_State *L, struct yaml_source *s, int depth)
{
    if (depth > DEPTH) return host_yaml_fail(L, s, "nested too deeply");
    luaL_checkstack(L, SLOTS, "YAML");
    switch (s->event.type) {
    case YAML_ALIAS_EVENT:
        return push_alias(L, s, depth);
    case YAML_SEQUENCE_START_EVENT:
        return push_sequence(L, s, depth);
    case YAML_MAPPING_START_EVENT:
        return push_mapping(L, s, depth);
    default:
        break;
    }
    if (!begin_anchor(L, s, s->event.data.scalar.anchor)) return false;
    if (!push_scalar(L, s)) return false;
    if (s->nodes) host_yaml_wrap(L, s);
    end_anchor(L);
    return true;
}
