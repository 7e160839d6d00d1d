/* The string functions of host.bounded: Lua's, with their work counted. */

#include "sandbox/library.h"
#include "sandbox/pattern.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdint.h>
#include <string.h>

#define SHORT_TEXT 256 /* bytes; memmem prepares too much for a shorter one */

/* -- find and match ---------------------------------------------------------------- */

/* The offset that argument `index` means: 1 is the first byte, -1 the last. */
static size_t start_of(lua_State *L, int index, size_t size)
{
    lua_Integer at = luaL_optinteger(L, index, 1);
    if (at > 0) return (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)size) return 0;
    return size - (size_t)-at;
}

static bool is_plain(const char *pattern, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (pattern[i] && strchr("^$*+?.([%-", pattern[i])) return false;
    return true;
}

static const char *find_plain(const char *text, size_t size, const char *part,
                              size_t part_size)
{
    if (part_size == 0) return text;
    if (part_size > size) return NULL;
    if (size > SHORT_TEXT) return memmem(text, size, part, part_size);
    const char *last = text + size - part_size;
    for (; text <= last; text++) {
        text = memchr(text, *part, (size_t)(last - text) + 1);
        if (!text || memcmp(text, part, part_size) == 0) return text;
    }
    return NULL;
}

static int push_plain(lua_State *L, const char *text, size_t size, size_t start,
                      const char *part, size_t part_size)
{
    host_steps_bytes(L, size - start);
    const char *found = find_plain(text + start, size - start, part, part_size);
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (lua_Integer)part_size);
    return 2;
}

/* The first match from `s` on, or the one at `s` if the pattern has an anchor. */
static const char *search(struct host_match *m, bool anchored, const char *s,
                          const char **end)
{
    if (!anchored) return host_match_search(m, s, NULL, end);
    *end = host_match_at(m, s);
    return *end ? s : NULL;
}

static int search_from(lua_State *L, bool find)
{
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size);
    const char *pattern = luaL_checklstring(L, 2, &pattern_size);
    size_t start = start_of(L, 3, size);
    if (start > size) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_size)))
        return push_plain(L, text, size, start, pattern, pattern_size);

    struct host_match m;
    bool anchored = *pattern == '^';
    host_match_begin(&m, L, text, size, pattern + anchored, pattern_size - anchored);
    const char *end, *s = search(&m, anchored, text + start, &end);
    host_match_finish(&m);
    if (!s) {
        lua_pushnil(L);
        return 1;
    }
    if (!find) return host_match_push(&m, s, end);
    lua_pushinteger(L, s - text + 1);
    lua_pushinteger(L, end - text);
    return 2 + host_match_push(&m, NULL, NULL);
}

/* find(text, pattern, start?, plain?) -> first, last, captures... | nil */
static int string_find(lua_State *L)
{
    return search_from(L, true);
}

/* match(text, pattern, start?) -> captures... | nil */
static int string_match(lua_State *L)
{
    return search_from(L, false);
}

/* -- gmatch ------------------------------------------------------------------------ */

/* The strings are upvalues 1 and 2 of the iterator, this is upvalue 3. */
struct matches {
    const char *text, *pattern;
    size_t size, pattern_size;
    const char *at;   /* where to search on */
    const char *last; /* the end of the last match, or NULL */
};

/* iterator() -> captures... | nothing */
static int next_match(lua_State *L)
{
    struct matches *g = lua_touserdata(L, lua_upvalueindex(3));
    struct host_match m;
    host_match_begin(&m, L, g->text, g->size, g->pattern, g->pattern_size);
    const char *end, *s = host_match_search(&m, g->at, g->last, &end);
    host_match_finish(&m);
    if (!s) return 0;
    g->at = g->last = end;
    return host_match_push(&m, s, end);
}

/* gmatch(text, pattern, start?) -> iterator */
static int string_gmatch(lua_State *L)
{
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size);
    const char *pattern = luaL_checklstring(L, 2, &pattern_size);
    size_t start = start_of(L, 3, size);
    lua_settop(L, 2);
    struct matches *g = lua_newuserdatauv(L, sizeof *g, 0);
    g->text = text;
    g->size = size;
    g->pattern = pattern;
    g->pattern_size = pattern_size;
    g->at = text + (start > size ? size + 1 : start);
    g->last = NULL;
    lua_pushcclosure(L, next_match, 3);
    return 1;
}

/* -- gsub -------------------------------------------------------------------------- */

/* Appends the replacement string, argument 3, for the match from `s` to `e`. */
static void add_string(struct host_match *m, luaL_Buffer *b, const char *s, const char *e)
{
    size_t size;
    const char *text = lua_tolstring(m->L, 3, &size), *end = text + size, *mark;
    host_match_add(m, size / BYTES_PER_STEP);
    while ((mark = memchr(text, '%', (size_t)(end - text)))) {
        luaL_addlstring(b, text, (size_t)(mark - text));
        text = mark + 2;
        char c = mark[1];
        if (c == '%') {
            luaL_addchar(b, c);
            continue;
        }
        if (c < '0' || c > '9')
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        const char *capture = s;
        ptrdiff_t length = e - s;
        if (c > '0') length = host_match_capture(m, c - '1', s, e, &capture);
        if (length == MATCH_POSITION) {
            luaL_addvalue(b);
        } else {
            host_match_add(m, (size_t)length / BYTES_PER_STEP);
            luaL_addlstring(b, capture, (size_t)length);
        }
    }
    luaL_addlstring(b, text, (size_t)(end - text));
}

/* Pushes what argument 3, a table or a function, has for the match from `s` to `e`. */
static void push_replacement(struct host_match *m, bool function, const char *s,
                             const char *e)
{
    lua_State *L = m->L;
    if (function) {
        lua_pushvalue(L, 3);
        lua_call(L, host_match_push(m, s, e), 1);
        return;
    }
    const char *capture;
    ptrdiff_t size = host_match_capture(m, 0, s, e, &capture);
    if (size != MATCH_POSITION) lua_pushlstring(L, capture, (size_t)size);
    lua_gettable(L, 3);
}

/* A replacement under way: the text before `copied` is in the buffer. */
struct substitution {
    struct host_match m;
    luaL_Buffer b;
    int type; /* of argument 3 */
    bool changed;
    const char *copied;
};

/* Replaces the match from `s` to `e`. A value that is false keeps it. */
static void replace(struct substitution *r, const char *s, const char *e)
{
    lua_State *L = r->m.L;
    luaL_addlstring(&r->b, r->copied, (size_t)(s - r->copied));
    r->copied = s;
    if (r->type != LUA_TTABLE && r->type != LUA_TFUNCTION) {
        add_string(&r->m, &r->b, s, e);
    } else {
        push_replacement(&r->m, r->type == LUA_TFUNCTION, s, e);
        if (!lua_toboolean(L, -1)) {
            lua_pop(L, 1);
            return;
        }
        if (!lua_isstring(L, -1))
            luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
        host_match_add(&r->m, lua_rawlen(L, -1) / BYTES_PER_STEP);
        luaL_addvalue(&r->b);
    }
    r->copied = e;
    r->changed = true;
}

/* Replaces up to `most` matches; returns their number. */
static lua_Integer replace_all(struct substitution *r, bool anchored, lua_Integer most)
{
    const char *s = r->m.text, *end, *last = NULL;
    lua_Integer n = 0;
    while (n < most) {
        if (anchored)
            s = (end = host_match_at(&r->m, s)) ? s : NULL;
        else
            s = host_match_search(&r->m, s, last, &end);
        if (!s) break;
        n++;
        replace(r, s, end);
        if (anchored) break;
        s = last = end;
    }
    return n;
}

/* gsub(text, pattern, replacement, most?) -> text, number of matches
 * replacement: string, table or function. */
static int string_gsub(lua_State *L)
{
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size);
    const char *pattern = luaL_checklstring(L, 2, &pattern_size);
    struct substitution r;
    r.type = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)size + 1);
    luaL_argexpected(L,
                     r.type == LUA_TNUMBER || r.type == LUA_TSTRING ||
                         r.type == LUA_TTABLE || r.type == LUA_TFUNCTION,
                     3, "string/function/table");

    bool anchored = *pattern == '^';
    host_match_begin(&r.m, L, text, size, pattern + anchored, pattern_size - anchored);
    r.changed = false;
    r.copied = text;
    luaL_buffinit(L, &r.b);
    lua_Integer n = replace_all(&r, anchored, most);
    host_match_finish(&r.m);
    if (r.changed) {
        luaL_addlstring(&r.b, r.copied, (size_t)(text + size - r.copied));
        luaL_pushresult(&r.b);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, n);
    return 2;
}

/* -- functions of Lua -------------------------------------------------------------- */

/* rep(text, n, separator?) -> text
 * Lua goes round n times even if there is nothing to copy. */
static int string_rep(lua_State *L)
{
    size_t size, separator_size;
    luaL_checklstring(L, 1, &size);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &separator_size);
    size += separator_size;
    if (n <= 0 || size == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (size > (size_t)INT_MAX / (lua_Unsigned)n)
        return luaL_error(L, "resulting string too large");
    size_t steps = (size_t)n + size * (size_t)n / BYTES_PER_STEP;
    if (steps >= STEPS_LEAST) host_budget_spend(L, steps);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Upvalue 1, with the bytes of its results counted. */
static int counted(lua_State *L)
{
    int n = lua_tocfunction(L, lua_upvalueindex(1))(L);
    size_t bytes = (size_t)n * BYTES_PER_STEP;
    for (int i = -n; i < 0; i++)
        bytes += lua_rawlen(L, i); /* 0 for a number */
    host_steps_bytes(L, bytes);
    return n;
}

static const luaL_Reg functions[] = {
    {"find",   string_find  },
    {"gmatch", string_gmatch},
    {"gsub",   string_gsub  },
    {"match",  string_match },
    {NULL,     NULL         }
};

/* Functions of Lua, and what calls them; NULL if they are used as they are. */
static const luaL_Reg stock[] = {
    {"byte",     counted   },
    {"char",     NULL      },
    {"format",   counted   },
    {"len",      NULL      },
    {"lower",    counted   },
    {"pack",     counted   },
    {"packsize", NULL      },
    {"rep",      string_rep},
    {"reverse",  counted   },
    {"sub",      counted   },
    {"unpack",   counted   },
    {"upper",    counted   },
    {NULL,       NULL      }
};

/* Pushes the table of Lua's string functions. Opening the library also replaces the
 * metatable of strings; it is put back. */
static void push_stock(lua_State *L)
{
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1)) lua_pushnil(L);
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1);
    lua_insert(L, -3); /* stock "" metatable */
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void host_strings_open(lua_State *L)
{
    luaL_newlib(L, functions);
    push_stock(L);
    for (const luaL_Reg *f = stock; f->name; f++) {
        lua_getfield(L, -1, f->name);
        if (f->func) lua_pushcclosure(L, f->func, 1);
        lua_setfield(L, -3, f->name);
    }
    lua_pop(L, 1);
}
