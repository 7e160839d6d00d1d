/* JSON text to Lua values. Members and elements are collected on the Lua stack until
 * their number is known, so that most tables are created with the right size. */

#include "common.h"
#include "json/asked.h"
#include "json/json.h"
#include "json/scan.h"

enum { BATCH = 32 }; /* stack values per batch */

/* `at` is the path of what the value is in, or NULL; `name` the stack index of its name
 * there, or 0. */
static enum json_outcome parse_value(lua_State *L, struct json_scan *s,
                                     struct json_asked *at, int name);

/* Moves the pairs above `base` into the table at `base`, which is created if it is nil.
 */
static void flush_members(lua_State *L, int base)
{
    int top = lua_gettop(L);
    if (lua_isnil(L, base)) {
        lua_createtable(L, 0, (top - base) / 2);
        lua_replace(L, base);
    }
    for (int i = base + 1; i < top; i += 2) { /* forwards: the last duplicate wins */
        lua_pushvalue(L, i);
        lua_pushvalue(L, i + 1);
        lua_rawset(L, base);
    }
    lua_settop(L, base);
}

static void flush_elements(lua_State *L, int base, lua_Integer done)
{
    int n = lua_gettop(L) - base;
    if (lua_isnil(L, base)) {
        lua_createtable(L, n, 0);
        lua_replace(L, base);
    }
    for (int i = n; i > 0; i--) /* pops the last first */
        lua_rawseti(L, base, done + i);
}

static enum json_outcome bad(struct json_scan *s, const char *expected)
{
    s->expected = expected;
    return JSON_BAD;
}

/* Skips the comma before the next element, or the closing bracket; `*more` says which. */
static enum json_outcome next_element(struct json_scan *s, char close, bool first,
                                      bool *more)
{
    s->p = json_blank(s->p, s->end);
    *more = true;
    if (s->p < s->end && *s->p == close) {
        *more = false;
        s->p++;
        return JSON_OK;
    }
    if (first) return JSON_OK;
    if (s->p == s->end || *s->p != ',')
        return bad(s, close == '}' ? "',' or '}'" : "',' or ']'");
    s->p = json_blank(s->p + 1, s->end);
    return JSON_OK;
}

static enum json_outcome parse_key(lua_State *L, struct json_scan *s)
{
    if (s->p == s->end || *s->p != '"') return bad(s, "a member's name");
    enum json_outcome outcome = host_json_string(s);
    if (outcome != JSON_OK) return outcome;
    host_json_push_string(L, s->string, s->string_size, s->escaped);
    s->p = json_blank(s->p, s->end);
    if (s->p == s->end || *s->p != ':') return bad(s, "':'");
    s->p++;
    return JSON_OK;
}

/* Reads the members up to the closing brace; above the table at `base`, if `path` says
 * how many there may be, otherwise they are collected first. */
static enum json_outcome parse_members(lua_State *L, struct json_scan *s,
                                       struct json_asked *path, int base)
{
    enum json_outcome outcome;
    bool more;

    for (int count = 0;; count++) {
        if ((outcome = next_element(s, '}', count == 0, &more)) != JSON_OK)
            return outcome;
        if (!more) {
            if (path) path->members = count < BATCH ? count : BATCH;
            return JSON_OK;
        }
        if ((outcome = parse_key(L, s)) != JSON_OK) return outcome;
        outcome = parse_value(L, s, path, lua_gettop(L));
        if (outcome != JSON_OK) return outcome;
        if (path)
            lua_rawset(L, base);
        else if (lua_gettop(L) - base >= BATCH)
            flush_members(L, base);
    }
}

static enum json_outcome parse_object(lua_State *L, struct json_scan *s,
                                      struct json_asked *path)
{
    if (path)
        lua_createtable(L, 0, path->members);
    else
        lua_pushnil(L); /* table or nil */
    int base = lua_gettop(L);
    enum json_outcome outcome = parse_members(L, s, path, base);
    if (outcome != JSON_OK) return outcome;
    if (path)
        host_json_watch(L, path);
    else
        flush_members(L, base);
    return JSON_OK;
}

static enum json_outcome parse_array(lua_State *L, struct json_scan *s,
                                     struct json_asked *path)
{
    lua_pushnil(L); /* table or nil */
    int base = lua_gettop(L);
    enum json_outcome outcome;
    lua_Integer done = 0;
    bool more;

    for (bool first = true;; first = false) {
        if ((outcome = next_element(s, ']', first, &more)) != JSON_OK) return outcome;
        if (!more) break;
        if ((outcome = parse_value(L, s, path, 0)) != JSON_OK) return outcome;
        if (lua_gettop(L) - base >= BATCH) {
            flush_elements(L, base, done);
            done += BATCH;
        }
    }
    flush_elements(L, base, done);
    host_json_mark(L);
    return JSON_OK;
}

static enum json_outcome parse_container(lua_State *L, struct json_scan *s,
                                         struct json_asked *at, int name)
{
    if (s->depth == JSON_DEPTH) return bad(s, "no more than 200 levels");
    luaL_checkstack(L, BATCH + LUA_MINSTACK, "JSON");
    struct json_asked *path = at ? host_json_path(L, at, name) : NULL;
    s->depth++;
    enum json_outcome outcome =
        *s->p++ == '{' ? parse_object(L, s, path) : parse_array(L, s, path);
    s->depth--;
    return outcome;
}

static enum json_outcome parse_value(lua_State *L, struct json_scan *s,
                                     struct json_asked *at, int name)
{
    enum json_outcome outcome;

    s->p = json_blank(s->p, s->end);
    if (s->p == s->end) return bad(s, "a value");
    char c = *s->p;
    if (c == '"') {
        if ((outcome = host_json_string(s)) == JSON_OK)
            host_json_push_string(L, s->string, s->string_size, s->escaped);
    } else if (c == '{' || c == '[') {
        outcome = parse_container(L, s, at, name);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        if ((outcome = host_json_number(s)) == JSON_OK)
            host_json_push_number(L, s->string, s->string_size, s->integral);
    } else if (c == 't' || c == 'f' || c == 'n') {
        if ((outcome = host_json_word(s)) == JSON_OK) {
            if (c == 'n')
                lua_pushlightuserdata(L, NULL);
            else
                lua_pushboolean(L, c == 't');
        }
    } else {
        return bad(s, "a value");
    }
    return outcome;
}

bool host_json_parse(lua_State *L, const char *text, size_t size)
{
    struct json_scan s;
    int base = lua_gettop(L);

    host_json_begin(&s, text, size, true);
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    enum json_outcome outcome = parse_value(L, &s, NULL, 0);
    if (outcome == JSON_OK) {
        s.p = json_blank(s.p, s.end);
        if (s.p == s.end) return true;
        s.expected = "the end";
    }
    lua_settop(L, base);
    host_json_fail(L, &s, (size_t)(s.p - text));
    return false;
}

void host_json_decode(lua_State *L, int asked, int name, const char *text, size_t size)
{
    struct json_asked *root = lua_touserdata(L, asked);
    struct json_scan s;

    host_json_begin(&s, text, size, true);
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    lua_getiuservalue(L, asked, JSON_ASKED_PATHS);
    root->paths = lua_gettop(L);
    parse_value(L, &s, root, name);
    lua_replace(L, root->paths);
}
