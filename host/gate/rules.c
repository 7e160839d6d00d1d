/* What a gate lets through, read from Lua. */

#include "gate/parts.h"

#include "common.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { RULES = 1, KEPT = 2 }; /* stack indices: the rules; the strings of the gate */

/* Moves the string on top to the gate. */
static const char *keep(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    lua_rawseti(L, KEPT, (lua_Integer)lua_rawlen(L, KEPT) + 1);
    return text;
}

/* The list `name` of the rules, pushed; its length. */
static size_t list(lua_State *L, const char *name)
{
    int type = lua_getfield(L, RULES, name);
    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
    } else if (type != LUA_TTABLE) {
        luaL_error(L, "%s must be a list, not a %s", name, lua_typename(L, type));
    }
    return lua_rawlen(L, -1);
}

/* Pushes entry `i` of the list on top: a path. */
static const char *entry(lua_State *L, size_t i, const char *name)
{
    size_t size;
    if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
        luaL_error(L, "%s must be paths", name);
    const char *path = lua_tolstring(L, -1, &size);
    if (size == 0 || strlen(path) != size) luaL_error(L, "%s must be paths", name);
    return path;
}

/* Moves the normalised path on top to the gate. If links lead there, also pushes the path
 * without them, which may be how it is asked for. */
static const char *keep_path(lua_State *L, bool *has_other)
{
    char real[PATH_MAX];
    const char *path = keep(L);
    *has_other = realpath(path, real) && strcmp(real, path) != 0;
    if (*has_other) lua_pushstring(L, real);
    return path;
}

/* Adds grants for the normalised path on top, and pops it. */
static void grant(lua_State *L, struct gate *g, const char *rest, bool named)
{
    bool has_other;
    const char *path = keep_path(L, &has_other);
    g->grants[g->grant_count++] = (struct grant){path, rest, named};
    if (has_other) g->grants[g->grant_count++] = (struct grant){keep(L), rest, named};
}

/* A path may have wildcards in its name, so it is both a path and a pattern. */
static void grant_named(lua_State *L, struct gate *g, const char *path)
{
    const char *pattern = host_gate_literal_end(path);

    host_gate_normalise(L, path);
    grant(L, g, NULL, true);
    if (!*pattern) return;
    lua_pushfstring(L, "/%s", pattern);
    host_gate_normalise(L, lua_tostring(L, -1));
    lua_remove(L, -2);
    const char *rest = keep(L) + 1;
    lua_pushlstring(L, path, (size_t)(pattern - path));
    host_gate_normalise(L, lua_tostring(L, -1));
    lua_remove(L, -2);
    grant(L, g, rest, true);
}

static void add_grants(lua_State *L, struct gate *g)
{
    size_t folders = list(L, "folders"), named = list(L, "named");
    g->grants =
        lua_newuserdatauv(L, (2 * folders + 4 * named + 1) * sizeof *g->grants, 0);
    lua_setfield(L, KEPT, "grants");
    for (size_t i = 1; i <= named; i++) {
        grant_named(L, g, entry(L, i, "named"));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    for (size_t i = 1; i <= folders; i++) {
        host_gate_normalise(L, entry(L, i, "folders"));
        grant(L, g, NULL, false);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void add_denials(lua_State *L, struct gate *g)
{
    size_t count = list(L, "denied");
    g->denials = lua_newuserdatauv(L, (2 * count + 1) * sizeof *g->denials, 0);
    lua_setfield(L, KEPT, "denials");
    for (size_t i = 1; i <= count; i++) {
        bool has_other;
        host_gate_normalise(L, entry(L, i, "denied"));
        const char *path = keep_path(L, &has_other);
        g->denials[g->denial_count++] = (struct denial){.path = path};
        if (has_other) g->denials[g->denial_count++] = (struct denial){.path = keep(L)};
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

struct gate *host_gate_new(lua_State *L)
{
    luaL_checktype(L, RULES, LUA_TTABLE);
    lua_settop(L, RULES);
    lua_newtable(L); /* KEPT */
    struct gate *g = lua_newuserdatauv(L, sizeof *g, 1);
    memset(g, 0, sizeof *g);
    lua_pushvalue(L, KEPT);
    lua_setiuservalue(L, -2, 1);

    g->by_component = host_flag(L, RULES, "by_component", false);
    const char *hint = host_field(L, RULES, "hint", NULL);
    lua_pushstring(L, hint ? hint : "");
    g->hint = keep(L);
    add_grants(L, g);
    add_denials(L, g);
    return g;
}
