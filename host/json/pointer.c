/* Finds a reader's records: follows a JSON pointer without keeping what it skips. */

#include "common.h"
#include "json/reader.h"

void host_json_push_steps(lua_State *L, int arg, const char *pointer)
{
    lua_Integer n = 0;
    const char *p = pointer;

    luaL_argcheck(L, *p == '/' || *p == '\0', arg, "a JSON pointer must begin with /");
    lua_newtable(L);
    while (*p == '/') {
        luaL_Buffer b;
        luaL_buffinit(L, &b);
        for (p++; *p && *p != '/'; p++) {
            bool escape = *p == '~';
            if (escape && *++p != '0' && *p != '1')
                luaL_argerror(L, arg, "in a JSON pointer, ~ must be followed by 0 or 1");
            luaL_addchar(&b, !escape ? *p : *p == '0' ? '~' : '/');
        }
        luaL_pushresult(&b);
        lua_rawseti(L, -2, ++n);
    }
}

/* Pushes "/users/0", the first `n` steps of the list at the top. */
static const char *push_pointer(lua_State *L, lua_Integer n)
{
    int steps = lua_gettop(L);
    lua_pushliteral(L, "");
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushliteral(L, "/");
        lua_rawgeti(L, steps, i);
        lua_concat(L, 3);
    }
    return lua_tostring(L, -1);
}

static const char *kind_of(int c)
{
    switch (c) {
    case '{':
        return "an object";
    case '[':
        return "a list";
    case '"':
        return "a string";
    case 't':
    case 'f':
        return "a boolean";
    case 'n':
        return "null";
    default:
        return "a number";
    }
}

/* Whether the last scanned string equals the text on top of the stack. */
static bool is_name(lua_State *L, const struct json_scan *s)
{
    size_t size;
    const char *name = lua_tolstring(L, -1, &size);
    if (!s->escaped) return size == s->string_size && memcmp(name, s->string, size) == 0;
    host_json_push_string(L, s->string, s->string_size, true);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
    return same;
}

/* Enters the object at p and stops before the value of the member named on top of the
 * stack. Returns 1, 0 if there is none, -1 with a failure pushed. */
static int enter_member(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    if (!host_json_drive(L, r, ONE_TOKEN)) return -1;
    int depth = s->depth;
    for (;;) {
        if (!host_json_drive(L, r, ONE_TOKEN)) return -1; /* a name or } */
        if (s->depth < depth) return 0;
        bool found = is_name(L, s);
        if (!host_json_drive(L, r, ONE_TOKEN)) return -1; /* the colon */
        if (found) return 1;
        if (!host_json_drive(L, r, depth) || !host_json_drive(L, r, ONE_TOKEN))
            return -1; /* value, comma */
        if (s->depth < depth) return 0;
    }
}

/* The same for the array element whose index is on top. */
static int enter_element(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    lua_Integer index;
    int c;

    index = lua_tointegerx(L, -1, &c);
    if (!c || index < 0) return 0;
    if (!host_json_drive(L, r, ONE_TOKEN)) return -1;
    for (int depth = s->depth;; index--) {
        if ((c = host_json_peek(L, r)) == UNREADABLE) return -1;
        if (c == ']' && s->state == JSON_FIRST_VALUE) return 0;
        if (index == 0) return 1;
        if (!host_json_drive(L, r, depth) || !host_json_drive(L, r, ONE_TOKEN))
            return -1; /* value, comma */
        if (s->depth < depth) return 0;
    }
}

static bool lost(lua_State *L, struct reader *r, lua_Integer step, int c)
{
    lua_getiuservalue(L, 1, POINTER);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    lua_Integer at = r->passed + (lua_Integer)(r->scan.p - r->window.data) + 1;
    const char *whole = push_pointer(L, n);
    lua_insert(L, -2); /* whole steps */
    const char *found = push_pointer(L, step);
    if (c != 0)
        host_fail(L, HOST_MISSING, "no list at %s: %s is %s (byte %I)",
                  n ? whole : "the document", *found ? found : "the document", kind_of(c),
                  at);
    else
        host_fail(L, HOST_MISSING, "no list at %s: there is no %s (byte %I)", whole,
                  found, at);
    return false;
}

bool host_json_descend(lua_State *L, struct reader *r)
{
    int c = 0, top = lua_gettop(L);

    lua_getiuservalue(L, 1, POINTER);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        if ((c = host_json_peek(L, r)) == UNREADABLE) return false;
        if (c != '{' && c != '[') break;
        lua_rawgeti(L, top + 1, i);
        int found = c == '{' ? enter_member(L, r) : enter_element(L, r);
        if (found < 0) return false;
        if (found == 0) return lost(L, r, i, 0);
        lua_settop(L, top + 1);
        r->depth = (int)i;
    }
    lua_settop(L, top);
    if ((c = host_json_peek(L, r)) == UNREADABLE) return false;
    if (c == AT_END || c == 0 || !strchr("{[\"tfn-0123456789", c)) {
        r->scan.expected = "a value";
        return host_json_broken(L, r);
    }
    if (r->depth < n || c != '[') return lost(L, r, r->depth, c);
    return host_json_drive(L, r, ONE_TOKEN);
}

/* A second member of the same name would silently skip records. */
bool host_json_leave(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int depth = s->depth;

    if (depth > 0 && s->object[depth] && r->pointed) {
        lua_getiuservalue(L, 1, POINTER);
        lua_rawgeti(L, -1, (lua_Integer)lua_rawlen(L, -1)); /* steps name */
        while (host_json_drive(L, r, ONE_TOKEN) &&
               s->depth == depth) {                              /* comma or close */
            if (!host_json_drive(L, r, ONE_TOKEN)) return false; /* name */
            if (is_name(L, s)) {
                s->expected = "the list's name only once";
                return host_json_broken(L, r);
            }
            if (!host_json_drive(L, r, ONE_TOKEN) || !host_json_drive(L, r, depth))
                return false;
        }
        if (s->depth == depth) return false;
        lua_pop(L, 2);
    }
    return host_json_drive(L, r, 0);
}
