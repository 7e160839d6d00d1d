/* The JSON writer: from Lua values directly to a byte buffer.
 *
 * The members of an object are collected as pairs on the Lua stack, sorted, and written
 * from there (object.c): no lookup, no garbage. Known names are found by the address of
 * their string (names.c): users of one shape cost three API calls per member. */

#include "json/write.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_PATH = 16 }; /* steps shown in a message */

bool host_json_reject(struct json_writer *w, const char *reason)
{
    lua_pushstring(w->L, reason);
    return false;
}

bool host_json_end(struct json_writer *w)
{
    lua_pushnil(w->L);
    return false;
}

/* Writes a list whose table does not iterate in order; `n` is its border. */
static bool write_scattered(struct json_writer *w, int index, lua_Integer n,
                            const void *rule)
{
    lua_State *L = w->L;
    lua_Integer count = 0;

    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1); /* key */
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            lua_tointeger(L, -1) > n) {
            w->depth--;
            return host_json_reject(w,
                                    lua_isnumber(L, -1) && lua_type(L, -1) == LUA_TNUMBER
                                        ? "a list with holes"
                                        : "a table with both list items and members");
        }
        count++;
    }
    if (count != n) {
        w->depth--;
        return host_json_reject(w, "a list with holes");
    }
    for (lua_Integer i = 1; i <= n; i++) {
        w->path[w->depth - 1].index = i - 1;
        if (i > 1) put(w, ',');
        lua_rawgeti(L, index, i);
        if (!host_json_value(w, lua_gettop(L), rule)) return false;
        lua_pop(L, 1);
    }
    put(w, ']');
    return true;
}

/* The rule for the items of a list with the given rule. */
static const void *item_rule(struct json_writer *w, const void *rule)
{
    return rule ? w->rules->item(rule) : NULL;
}

/* Writes a list whose first pair is on the stack above `base`. */
static bool write_list(struct json_writer *w, int index, int base, const void *rule,
                       struct host_json_members *members)
{
    lua_State *L = w->L;
    struct step *step = &w->path[w->depth - 1];
    const void *inner = item_rule(w, rule);
    lua_Integer i = 0;

    put(w, '[');
    size_t start = w->b->size;
    step->name = NULL;
    do { /* key value */
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != i + 1) {
            lua_settop(L, base);
            w->b->size = start;
            members->count = (lua_Integer)lua_rawlen(L, index);
            return write_scattered(w, index, members->count, inner);
        }
        step->index = i;
        if (i++) put(w, ',');
        if (!host_json_value(w, base + 2, inner)) return false;
        lua_settop(L, base + 1);
    } while (lua_next(L, index));
    members->count = i;
    put(w, ']');
    return true;
}

static bool write_pairs(struct json_writer *w, int index, int base, bool list,
                        const void *rule)
{
    lua_State *L = w->L;
    struct host_json_members members = {0};
    size_t start = w->b->size;

    if (rule && !w->rules->opens(rule, list)) return host_json_end(w);
    if (lua_gettop(L) == base) {
        memcpy(room(w, 2), list ? "[]" : "{}", 2);
        w->b->size += 2;
    } else if (!(list ? write_list : host_json_object)(w, index, base, rule, &members)) {
        return false;
    }
    return !rule ||
           w->rules->closes(w->rules, rule, index, list, &members, w->b->size - start) ||
           host_json_end(w);
}

static bool write_table(struct json_writer *w, int index, const void *rule)
{
    lua_State *L = w->L;
    int base = lua_gettop(L);

    if (w->depth == JSON_DEPTH)
        return host_json_reject(w, "tables nested deeper than 200 (or a cycle)");
    if (!lua_checkstack(L, 2 * FEW + LUA_MINSTACK))
        return host_json_reject(w, "tables nested too deeply for the stack");
    w->depth++;
    lua_pushnil(L);
    bool list = lua_next(L, index) ? lua_isinteger(L, base + 1)
                                   : host_json_has_mark(L, index, w->names->mark);
    if (!write_pairs(w, index, base, list, rule)) return false;
    lua_settop(L, base);
    w->depth--;
    return true;
}

/* materialize(record) -> table, protected, since the record may be invalid */
static int materialize(lua_State *L)
{
    host_json_materialize(L, 1);
    return 1;
}

static bool write_record(struct json_writer *w, int index, const void *rule)
{
    lua_State *L = w->L;

    if (rule) return host_json_end(w); /* rules apply to tables */
    if (luaL_getmetafield(L, index, "__pairs") == LUA_TNIL)
        return host_json_reject(w, "a userdata");
    lua_pop(L, 1);
    lua_pushcfunction(L, materialize);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        if (lua_type(L, -1) != LUA_TSTRING)
            return host_json_reject(w, "a record that cannot be read");
        return false;
    }
    if (!write_table(w, lua_gettop(L), NULL)) return false;
    lua_pop(L, 1);
    return true;
}

bool host_json_value(struct json_writer *w, int index, const void *rule)
{
    int kind = lua_type(w->L, index);
    const char *text = NULL;
    size_t size = 0;

    if (kind == LUA_TTABLE) return write_table(w, index, rule);
    if (kind == LUA_TUSERDATA) return write_record(w, index, rule);
    if (kind == LUA_TSTRING) text = lua_tolstring(w->L, index, &size);
    if (rule && !w->rules->scalar(w->rules, rule, index, kind, text, size))
        return host_json_end(w);
    return host_json_put_scalar(w->L, w->b, index, kind, text, size);
}

/* Pushes where the writer stopped: "app_metadata.roles[0]", "" for the root. Shows
 * unprintable bytes as "?". */
static void push_path(lua_State *L, const struct json_writer *w)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < w->depth; i++) {
        if (i == LONGEST_PATH) {
            luaL_addstring(&b, "...");
            break;
        }
        const struct step *step = &w->path[i];
        if (!step->name) {
            char text[32];
            int n = snprintf(text, sizeof text, "[%lld]", (long long)step->index);
            luaL_addlstring(&b, text, (size_t)n);
            continue;
        }
        if (i > 0) luaL_addchar(&b, '.');
        for (size_t k = 0; k < step->size; k++) {
            unsigned char c = (unsigned char)step->name[k];
            luaL_addchar(&b, c < 0x20 || c >= 0x7F ? '?' : (char)c);
        }
    }
    luaL_pushresult(&b);
}

/* Prepares writing; raises if out of memory. */
static void begin(struct json_writer *w, lua_State *L, int order, int depth,
                  struct host_bytes *b)
{
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    w->L = L;
    w->b = b;
    w->rules = NULL;
    w->order = order ? lua_absindex(L, order) : 0;
    w->depth = depth;
    w->names = host_json_names(L);
    host_json_order(w);
    lua_pop(L, 1);
}

bool host_json_write_checked(lua_State *L, int index, int order, int depth,
                             struct host_bytes *b, struct host_json_rules *rules,
                             const void *rule)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    index = lua_absindex(L, index);
    begin(&w, L, order, depth, b);
    w.rules = rules;
    bool written = host_json_value(&w, index, rule);
    if (!written) b->size = start;
    lua_settop(L, base);
    return written;
}

bool host_json_write(lua_State *L, int index, int order, struct host_bytes *b)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    index = lua_absindex(L, index);
    begin(&w, L, order, 0, b);
    if (host_json_value(&w, index, NULL)) {
        lua_settop(L, base);
        return true;
    }
    b->size = start; /* ... reason */
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    push_path(L, &w);
    const char *path = lua_tostring(L, -1);
    lua_pushfstring(L, "%s cannot be written as JSON: %s", *path ? path : "the value",
                    lua_tostring(L, -2));
    lua_replace(L, base + 1);
    lua_settop(L, base + 1);
    lua_pushnil(L);
    lua_insert(L, base + 1);
    lua_pushliteral(L, HOST_PARSE);
    return false;
}
