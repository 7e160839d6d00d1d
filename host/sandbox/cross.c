/* Copies of values from one Lua state to the other: nil, booleans, numbers, strings,
 * JSON's null, and tables of these, read raw. */

#include "sandbox/sandbox.h"

#include "json/json.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum {
    DEPTH = 100, /* tables in tables */
    DEPTH_LENIENT =
        202, /* beyond what JSON may nest, so that it is still found too deep */
    LONGEST_PATH = 150, /* bytes of a message */
    NODES = 1000000,    /* values in one crossing */
    BYTES = 256 * 1024 * 1024
};

struct host_cross host_cross_inward(const struct host_sandbox *s)
{
    return (struct host_cross){.from_mark = s->outer_mark, .to_mark = s->inner_mark};
}

struct host_cross host_cross_outward(const struct host_sandbox *s, bool lenient)
{
    return (struct host_cross){
        .from_mark = s->inner_mark, .to_mark = s->outer_mark, .lenient = lenient};
}

static bool refuse(struct host_cross *c, const char *why)
{
    snprintf(c->message, sizeof c->message, "is %s", why);
    return false;
}

static bool refuse_type(struct host_cross *c, lua_State *from, int type)
{
    snprintf(c->message, sizeof c->message, "is a %s",
             type == LUA_TUSERDATA ? "record" : lua_typename(from, type));
    return false;
}

/* Puts the key in front of the path in the message. */
static void add_key(struct host_cross *c, lua_State *from, int key)
{
    char rest[sizeof c->message], name[64];

    if (strlen(c->message) > LONGEST_PATH) {
        if (strncmp(c->message, "...", 3) == 0) return;
        memcpy(rest, c->message, sizeof rest);
        snprintf(c->message, sizeof c->message, "...%.200s", rest);
        return;
    }
    memcpy(rest, c->message, sizeof rest);
    if (lua_type(from, key) == LUA_TSTRING)
        snprintf(name, sizeof name, "%.40s", lua_tostring(from, key));
    else if (lua_isinteger(from, key))
        snprintf(name, sizeof name, "[%lld]", (long long)lua_tointeger(from, key));
    else
        snprintf(name, sizeof name, "[%s]", luaL_typename(from, key));
    const char *dot = rest[0] == '[' || strncmp(rest, "is ", 3) == 0 ? "" : ".";
    const char *blank = strncmp(rest, "is ", 3) == 0 ? " " : "";
    snprintf(c->message, sizeof c->message, "%s%s%s%.180s", name, dot, blank, rest);
}

/* A function that stands for one of the other state. */
static int stand_in(lua_State *L)
{
    return luaL_error(L, "a function of a recipe cannot be called here");
}

static void push_stand_in(lua_State *to, int type)
{
    switch (type) {
    case LUA_TUSERDATA:
    case LUA_TLIGHTUSERDATA:
        lua_newuserdatauv(to, 0, 0);
        break;
    case LUA_TTHREAD:
        lua_newthread(to);
        break;
    default:
        lua_pushcfunction(to, stand_in);
    }
}

static bool is_marked(lua_State *from, int index, const void *mark)
{
    if (!lua_getmetatable(from, index)) return false;
    bool marked = lua_topointer(from, -1) == mark;
    lua_pop(from, 1);
    return marked;
}

static bool copy(struct host_cross *c, lua_State *from, int index, lua_State *to);

/* Keys may be strings and numbers. */
static bool copy_key(struct host_cross *c, lua_State *from, int index, lua_State *to)
{
    int type = lua_type(from, index);

    if (type == LUA_TSTRING || type == LUA_TNUMBER) return copy(c, from, index, to);
    if (c->lenient) {
        push_stand_in(to, LUA_TFUNCTION);
        return true;
    }
    return refuse(c, "a key that is not a string or a number");
}

static bool copy_table(struct host_cross *c, lua_State *from, int index, lua_State *to)
{
    if (c->depth >= (c->lenient ? DEPTH_LENIENT : DEPTH) || !lua_checkstack(from, 6)) {
        if (!c->lenient) return refuse(c, "nested too deeply, or contains itself");
        push_stand_in(to, LUA_TFUNCTION);
        return true;
    }
    index = lua_absindex(from, index);
    luaL_checkstack(to, 8, "too many nested tables");
    lua_createtable(to, (int)(lua_rawlen(from, index) & 0xFFFF), 0);
    c->depth++;
    for (lua_pushnil(from); lua_next(from, index); lua_pop(from, 1)) {
        bool done = copy_key(c, from, -2, to);
        if (done && !copy(c, from, -1, to)) {
            lua_pop(to, 1);
            done = false;
        }
        if (!done) {
            add_key(c, from, -2);
            lua_pop(from, 2);
            lua_pop(to, 1);
            return false;
        }
        lua_rawset(to, -3);
    }
    c->depth--;
    if (is_marked(from, index, c->from_mark)) host_json_mark(to);
    return true;
}

static bool copy_as(struct host_cross *c, lua_State *from, int index, int type,
                    lua_State *to)
{
    size_t size = 0;
    const char *text = type == LUA_TSTRING ? lua_tolstring(from, index, &size) : NULL;

    c->bytes += size;
    if (++c->nodes > NODES || c->bytes > BYTES) {
        if (!c->lenient) return refuse(c, "too large");
        push_stand_in(to, LUA_TFUNCTION);
        return true;
    }
    switch (type) {
    case LUA_TNIL:
        lua_pushnil(to);
        return true;
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, index));
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(from, index))
            lua_pushinteger(to, lua_tointeger(from, index));
        else
            lua_pushnumber(to, lua_tonumber(from, index));
        return true;
    case LUA_TSTRING:
        lua_pushlstring(to, text, size);
        return true;
    case LUA_TTABLE:
        return copy_table(c, from, index, to);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(from, index)) break;
        lua_pushlightuserdata(to, NULL);
        return true;
    }
    if (!c->lenient) return refuse_type(c, from, type);
    push_stand_in(to, type);
    return true;
}

static bool copy(struct host_cross *c, lua_State *from, int index, lua_State *to)
{
    return copy_as(c, from, index, lua_type(from, index), to);
}

bool host_cross_copy(struct host_cross *c, lua_State *from, int index, lua_State *to)
{
    int type = lua_type(from, index);

    if (type == LUA_TTABLE) {
        luaL_checkstack(to, 4, "too many values");
        index = lua_absindex(from, index);
    }
    return copy_as(c, from, index, type, to);
}

void host_cross_check(lua_State *L, int first, int last)
{
    const struct host_sandbox *s = host_sandbox_of(L);
    lua_State *scratch = lua_newthread(L);

    for (int i = first; i <= last; i++) {
        struct host_cross c = {.from_mark = s->inner_mark, .to_mark = s->inner_mark};
        lua_settop(scratch, 0);
        if (!host_cross_copy(&c, L, i, scratch)) {
            lua_pushfstring(L, "%s%s; only plain values can be handed to the program",
                            strncmp(c.message, "is ", 3) == 0 ? "the value " : "",
                            c.message);
            luaL_argerror(L, i - first + 1, lua_tostring(L, -1));
        }
    }
    lua_pop(L, 1);
}
