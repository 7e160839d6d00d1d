/* json.arrays - the arrays of objects inside a record, found without decoding it.
 *
 * The record's text was scanned, so it is valid. */

#include "json/arrays.h"

#include "json/json.h"
#include "json/scan.h"

#include <lauxlib.h>

enum { DEEPEST = 4, MOST = 20 }; /* objects around an array; arrays */
enum { KEYED_FROM = 2 };         /* members of an object that holds objects only */
enum { LARGEST = 64 * 1024 };    /* bytes of a first object that is decoded */

struct walk {
    lua_State *L;
    int list; /* stack index */
    lua_Integer n;
    const char *end;
};

/* The end of the string whose opening quote is at p. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p + 1;
}

/* The end of the value that begins at p. */
static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;

    do {
        if (*p == '"') {
            p = skip_string(p, end);
        } else if (*p == '{' || *p == '[') {
            depth++;
            p++;
        } else if (*p == '}' || *p == ']') {
            depth--;
            p++;
        } else {
            p++;
        }
    } while (p < end && (depth > 0 || !strchr(",]} \n\r\t", *p)));
    return p;
}

/* From the end of an item to the next one, or to the bracket that closes. */
static const char *next_item(const char *p, const char *end)
{
    p = json_blank(p, end);
    return *p == ',' ? json_blank(p + 1, end) : p;
}

/* Adds {pointer, count, keyed, first} for the pointer on top of the stack. */
static void add(struct walk *w, lua_Integer count, bool keyed, const char *first)
{
    lua_State *L = w->L;
    size_t size = (size_t)(skip_value(first, w->end) - first);
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "pointer");
    lua_pushinteger(L, count);
    lua_setfield(L, -2, "count");
    lua_pushboolean(L, keyed);
    lua_setfield(L, -2, "keyed");
    if (size <= LARGEST)
        host_json_parse(L, first, size);
    else
        lua_newtable(L);
    lua_setfield(L, -2, "first");
    lua_rawseti(L, w->list, ++w->n);
}

/* The array at p, whose pointer is on top of the stack. */
static void see_array(struct walk *w, const char *p)
{
    lua_Integer count = 0;
    const char *first = p = json_blank(p + 1, w->end);

    if (*p != '{') return;
    for (; *p != ']'; count++)
        p = next_item(skip_value(p, w->end), w->end);
    add(w, count, false, first);
}

/* Pushes the pointer to a member of the object whose pointer is on top of the stack. */
static void push_pointer(lua_State *L, const char *key, const char *after)
{
    size_t size = (size_t)(after - key) - 2;
    lua_pushvalue(L, -1);
    lua_pushliteral(L, "/");
    host_json_push_string(L, key + 1, size, memchr(key, '\\', size + 1) != NULL);
    luaL_gsub(L, lua_tostring(L, -1), "~", "~0");
    luaL_gsub(L, lua_tostring(L, -1), "/", "~1");
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_concat(L, 3);
}

/* The object at p, whose pointer is on top of the stack. */
static void see_object(struct walk *w, const char *p, int depth)
{
    lua_Integer count = 0;
    const char *first = NULL;
    bool keyed = true;

    luaL_checkstack(w->L, 8, NULL);
    for (p = json_blank(p + 1, w->end); *p != '}' && w->n < MOST; count++) {
        const char *key = p, *after = skip_string(p, w->end);
        p = json_blank(json_blank(after, w->end) + 1, w->end);
        keyed = keyed && *p == '{';
        if (!first) first = p;
        push_pointer(w->L, key, after);
        if (*p == '[') see_array(w, p);
        if (*p == '{' && depth < DEEPEST) see_object(w, p, depth + 1);
        lua_pop(w->L, 1);
        p = next_item(skip_value(p, w->end), w->end);
    }
    if (keyed && count >= KEYED_FROM && w->n < MOST) add(w, count, true, first);
}

void host_json_push_arrays(lua_State *L, const char *text, size_t size)
{
    lua_newtable(L);
    struct walk w = {L, lua_gettop(L), 0, text + size};
    if (*text != '{') return;
    lua_pushliteral(L, "");
    see_object(&w, text, 1);
    lua_pop(L, 1);
}
