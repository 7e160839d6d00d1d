/* Paths that match a pattern, searched only where a gate's rules allow. */

#include "gate/parts.h"

#include "common.h"
#include "file/file.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Stack indices. Each name of the pattern makes the next paths of the paths before. */
enum { PATTERN = 1, PATHS, NEXT, NAME };

static void append(lua_State *L, int list)
{
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* Whether a folder that may not be listed is passed over. Other refusals are reported:
 * without its files, the result would be incomplete. */
static bool is_passed_over(enum outcome outcome)
{
    return outcome == GATE_FAILED || outcome == GATE_OUTSIDE || outcome == GATE_HIDDEN ||
           outcome == GATE_OWN;
}

/* Adds the names in the folder `path` that match NAME to NEXT; false with nil, message,
 * kind pushed if it may not be listed. What is on the way to other files stays unknown.
 */
static bool add_matches(lua_State *L, struct gate *g, const char *path)
{
    const char *pattern = lua_tostring(L, NAME), *folder = *path ? path : ".";
    int top = lua_gettop(L);
    struct held *held = host_gate_hold(L);
    enum outcome outcome = host_gate_find(L, g, folder, GATE_SEARCH, held);

    if (outcome != GATE_OPENED && !is_passed_over(outcome)) {
        host_gate_fail(L, g, outcome, "searching", folder);
        return false;
    }
    if (outcome == GATE_OPENED && host_file_list(L, &held->fd, folder, true) == 1) {
        int names = lua_gettop(L);
        for (lua_Integer i = 1; lua_rawgeti(L, names, i) == LUA_TSTRING; i++) {
            const char *name = lua_tostring(L, -1);
            if (fnmatch(pattern, name, FNM_PERIOD) == 0) {
                name = lua_pushfstring(L, "%s%s", path, name);
                if (host_gate_covers(L, g, name, GATE_SEARCH))
                    append(L, NEXT);
                else
                    lua_pop(L, 1);
            }
            lua_pop(L, 1);
        }
    }
    lua_settop(L, top);
    return true;
}

/* Pushes a name of a pattern without its backslashes. */
static void push_unescaped(lua_State *L, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (; *name; name++) {
        if (*name == '\\' && name[1]) name++;
        luaL_addchar(&b, *name);
    }
    luaL_pushresult(&b);
}

/* Replaces PATHS by what they become with NAME and the slashes behind it. */
static bool expand(lua_State *L, struct gate *g, const char *slashes, size_t count)
{
    bool has_wildcard = strpbrk(lua_tostring(L, NAME), "*?[") != NULL;

    for (lua_Integer i = 1; lua_rawgeti(L, PATHS, i) == LUA_TSTRING; i++) {
        const char *path = lua_tostring(L, -1);
        if (has_wildcard) {
            if (!add_matches(L, g, path)) return false;
        } else {
            push_unescaped(L, lua_tostring(L, NAME));
            lua_pushfstring(L, "%s%s", path, lua_tostring(L, -1));
            append(L, NEXT);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_settop(L, NAME);
    for (lua_Integer i = 1; lua_rawgeti(L, NEXT, i) == LUA_TSTRING; i++) {
        lua_pushlstring(L, slashes, count);
        lua_concat(L, 2);
        lua_rawseti(L, NEXT, i);
    }
    lua_settop(L, NAME);
    lua_copy(L, NEXT, PATHS);
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pushes the PATHS that exist, sorted. One that may not be read is kept, so that opening
 * it says why, unless nothing ever grants it. */
static int push_found(lua_State *L, struct gate *g)
{
    size_t count = lua_rawlen(L, PATHS), n = 0;
    const char **found = lua_newuserdatauv(L, (count + 1) * sizeof *found, 0);
    int top = lua_gettop(L);

    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, PATHS, (lua_Integer)i);
        const char *path = lua_tostring(L, -1); /* PATHS keeps it */
        struct held *held = host_gate_hold(L);
        enum outcome outcome = host_gate_find(L, g, path, GATE_STAT, held);
        if (!is_passed_over(outcome)) found[n++] = path;
        host_gate_release(held);
        lua_settop(L, top);
    }
    const char *pattern = lua_tostring(L, PATTERN);
    if (n == 0 && !host_gate_covers(L, g, pattern, GATE_STAT))
        return host_gate_fail(L, g, GATE_OUTSIDE, "searching", pattern);
    qsort(found, n, sizeof *found, by_bytes);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, found[i]);
        append(L, top + 1);
    }
    return 1;
}

int host_gate_glob(lua_State *L)
{
    struct gate *g = lua_touserdata(L, lua_upvalueindex(1));
    const char *pattern = lua_tostring(L, PATTERN);

    lua_settop(L, PATTERN);
    lua_createtable(L, 1, 0);
    size_t root = strspn(pattern, "/");
    lua_pushlstring(L, pattern, root);
    append(L, PATHS);
    for (const char *p = pattern + root; *p;) {
        size_t length = strcspn(p, "/"), slashes = strspn(p + length, "/");
        lua_settop(L, PATHS);
        lua_newtable(L);
        lua_pushlstring(L, p, length);
        if (!expand(L, g, p + length, slashes)) return 3;
        p += length + slashes;
    }
    return push_found(L, g);
}
