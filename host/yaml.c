/* host.yaml - YAML to Lua values, from libyaml's events.
 *
 * During a call the stack holds the text, the reader, and the table of anchors (name ->
 * value, or the table itself while the value is being read); the functions below push a
 * value and return true, or push nil, message, kind and return false. */

#include "common.h"
#include "host.h"
#include "json/json.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#define READER "host.yaml.reader"

enum { ANCHORS = 3, DEPTH = 100 };
enum { COPIES_A_BYTE = 10, COPIES_FREE = 1000, COPIES_LIMIT = 1000000 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_parser, has_event;
    size_t copies, limit; /* values that aliases have added, and may add */
};

static void end(struct reader *r)
{
    if (r->has_event) yaml_event_delete(&r->event);
    if (r->has_parser) yaml_parser_delete(&r->parser);
    r->has_event = r->has_parser = false;
}

static int reader_close(lua_State *L)
{
    end(luaL_checkudata(L, 1, READER));
    return 0;
}

static bool fail(lua_State *L, yaml_mark_t mark, const char *problem)
{
    host_fail(L, HOST_PARSE, "YAML, line %I, column %I: %s", (lua_Integer)mark.line + 1,
              (lua_Integer)mark.column + 1, problem);
    return false;
}

static bool fail_here(lua_State *L, struct reader *r, const char *problem)
{
    return fail(L, r->event.start_mark, problem);
}

/* Reads the next event; pushes nothing unless it fails. */
static bool advance(lua_State *L, struct reader *r)
{
    if (r->has_event) yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event);
    if (r->has_event) return true;

    const yaml_parser_t *p = &r->parser;
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

static bool check_tag(lua_State *L, struct reader *r, const yaml_char_t *tag,
                      const char *const *allowed)
{
    if (!tag || is_one_of((const char *)tag, allowed)) return true;
    return fail_here(L, r, lua_pushfstring(L, "the tag %s is not supported", tag));
}

static bool push_scalar(lua_State *L, struct reader *r)
{
    static const char *const allowed[] = {"!",           YAML_STR_TAG, YAML_NULL_TAG,
                                          YAML_BOOL_TAG, YAML_INT_TAG, YAML_FLOAT_TAG,
                                          NULL};
    const char *text = (const char *)r->event.data.scalar.value;
    const char *tag = (const char *)r->event.data.scalar.tag;
    size_t size = r->event.data.scalar.length;

    if (!check_tag(L, r, r->event.data.scalar.tag, allowed)) return false;
    bool plain = tag ? strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0
                     : r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain)
        push_plain(L, text, size);
    else
        lua_pushlstring(L, text, size);
    return true;
}

/* -- anchors and aliases -- */

/* Pushes the anchor's name, or nil, and marks it as unfinished. */
static void begin_anchor(lua_State *L, const yaml_char_t *anchor)
{
    lua_pushstring(L, (const char *)anchor);
    if (!anchor) return;
    lua_pushvalue(L, -1);
    lua_pushvalue(L, ANCHORS);
    lua_rawset(L, ANCHORS);
}

/* Stack: name, value. Leaves the value, which the anchor now refers to. */
static void end_anchor(lua_State *L)
{
    if (!lua_isnil(L, -2)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, ANCHORS);
    }
    lua_remove(L, -2);
}

/* Replaces the value on top with a copy, so that changing one does not change the
 * other. */
static bool copy(lua_State *L, struct reader *r, int depth)
{
    if (++r->copies > r->limit)
        return fail_here(L, r, "aliases expand to too many values");
    if (!lua_istable(L, -1)) return true;
    if (depth > DEPTH) return fail_here(L, r, "nested too deeply");
    luaL_checkstack(L, 10, "YAML");
    lua_newtable(L);
    if (lua_getmetatable(L, -2)) lua_setmetatable(L, -2);
    lua_pushnil(L); /* original copy key */
    while (lua_next(L, -3)) {
        if (!copy(L, r, depth + 1)) return false;
        lua_pushvalue(L, -2);
        lua_insert(L, -2); /* original copy key key value */
        lua_rawset(L, -4);
    }
    lua_remove(L, -2);
    return true;
}

static bool push_alias(lua_State *L, struct reader *r, int depth)
{
    const char *name = (const char *)r->event.data.alias.anchor;

    if (lua_getfield(L, ANCHORS, name) == LUA_TNIL)
        return fail_here(L, r, lua_pushfstring(L, "unknown anchor '%s'", name));
    if (lua_rawequal(L, -1, ANCHORS))
        return fail_here(L, r, lua_pushfstring(L, "'%s' contains itself", name));
    return copy(L, r, depth);
}

/* -- nodes -- */

static bool node(lua_State *L, struct reader *r, int depth);

static bool push_sequence(lua_State *L, struct reader *r, int depth)
{
    static const char *const allowed[] = {"!", YAML_SEQ_TAG, NULL};
    if (!check_tag(L, r, r->event.data.sequence_start.tag, allowed)) return false;

    begin_anchor(L, r->event.data.sequence_start.anchor);
    lua_newtable(L);
    host_json_mark(L);
    for (lua_Integer i = 1;; i++) {
        if (!advance(L, r)) return false;
        if (r->event.type == YAML_SEQUENCE_END_EVENT) break;
        if (!node(L, r, depth + 1)) return false;
        lua_rawseti(L, -2, i);
    }
    end_anchor(L);
    return true;
}

/* The current key, which the table on top must not have yet. */
static bool push_key(lua_State *L, struct reader *r)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_here(L, r, "a key must be a string");
    const char *text = (const char *)r->event.data.scalar.value;
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (plain && strcmp(text, "<<") == 0)
        return fail_here(L, r,
                         "merge keys (<<) are not supported; write the members out");
    if (r->event.data.scalar.anchor)
        return fail_here(L, r, "a key cannot have an anchor");
    if (!push_scalar(L, r)) return false;
    if (lua_type(L, -1) != LUA_TSTRING)
        return fail_here(
            L, r, lua_pushfstring(L, "the key %s is not a string; quote it", text));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TNIL)
        return fail_here(L, r, lua_pushfstring(L, "duplicate key '%s'", text));
    lua_pop(L, 1);
    return true;
}

static bool push_mapping(lua_State *L, struct reader *r, int depth)
{
    static const char *const allowed[] = {"!", YAML_MAP_TAG, NULL};
    if (!check_tag(L, r, r->event.data.mapping_start.tag, allowed)) return false;

    begin_anchor(L, r->event.data.mapping_start.anchor);
    lua_newtable(L);
    for (;;) {
        if (!advance(L, r)) return false;
        if (r->event.type == YAML_MAPPING_END_EVENT) break;
        if (!push_key(L, r) || !advance(L, r) || !node(L, r, depth + 1)) return false;
        lua_rawset(L, -3);
    }
    end_anchor(L);
    return true;
}

/* The node that begins with the current event. */
static bool node(lua_State *L, struct reader *r, int depth)
{
    if (depth > DEPTH) return fail_here(L, r, "nested too deeply");
    luaL_checkstack(L, 10, "YAML");
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return push_alias(L, r, depth);
    case YAML_SEQUENCE_START_EVENT:
        return push_sequence(L, r, depth);
    case YAML_MAPPING_START_EVENT:
        return push_mapping(L, r, depth);
    default:
        break;
    }
    begin_anchor(L, r->event.data.scalar.anchor);
    if (!push_scalar(L, r)) return false;
    end_anchor(L);
    return true;
}

/* The only document of the stream. */
static bool document(lua_State *L, struct reader *r)
{
    if (!advance(L, r) || !advance(L, r)) return false; /* stream start; document start */
    if (r->event.type == YAML_STREAM_END_EVENT) {
        lua_pushlightuserdata(L, NULL);
        return true;
    }
    if (!advance(L, r) || !node(L, r, 1)) return false;
    if (!advance(L, r) || !advance(L, r)) return false; /* document end; stream end */
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail_here(L, r, "more than one document");
    return true;
}

/* decode(text) -> value | nil, message, "parse" */
static int yaml_decode(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);

    lua_settop(L, 1);
    struct reader *r = lua_newuserdatauv(L, sizeof *r, 0);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER);
    lua_newtable(L); /* text reader anchors */
    r->limit = COPIES_FREE + size * COPIES_A_BYTE;
    if (r->limit > COPIES_LIMIT) r->limit = COPIES_LIMIT;
    r->has_parser = yaml_parser_initialize(&r->parser);
    if (!r->has_parser) return luaL_error(L, "out of memory for YAML");
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, size);

    bool done = document(L, r);
    end(r); /* frees its buffers now, not at the next collection */
    return done ? 1 : 3;
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"decode", yaml_decode},
    {NULL,     NULL       }
};

static const luaL_Reg reader_metamethods[] = {
    {"__gc", reader_close},
    {NULL,   NULL        }
};

int luaopen_host_yaml(lua_State *L)
{
    host_newtype(L, READER, NULL, reader_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
