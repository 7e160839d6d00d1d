/* json.asked - the members that were read of a reader's lazy records and that no record
 * had.
 *
 * Costs nothing where a member is there. A name that is missing is noted once; from then
 * on, each record in which nobody asks for it is searched, until one has it. Records from
 * before are known by a sample, of which all names are kept. */

#include "json/asked.h"

#include "common.h"
#include "json/parts.h"
#include "json/reader.h"

#include <string.h>

#define TYPE "host.json.asked"

enum { SEEN = JSON_ASKED_SEEN, NAMES = JSON_ASKED_NAMES };
enum { MOST_SEEN = 1000 }; /* names of members */

/* The records whose names are kept: these first ones, then one of so many. */
enum { FIRST_SEEN = 1000, SEEN_EVERY = 64 };

/* The slot of an interned name: its own, or an empty one. */
static size_t slot_of(const struct json_asked *a, const char *name)
{
    size_t i = host_slot(name, JSON_ASKED_SLOTS - 1);
    while (a->slots[i] && a->names[a->slots[i] - 1].name != name)
        i = (i + 1) & (JSON_ASKED_SLOTS - 1);
    return i;
}

/* Adds a name to the members that records have, if the stack index `list` has room. */
static void add_seen(lua_State *L, int seen, int list)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, list);

    lua_pushvalue(L, -1); /* name name */
    if (n < MOST_SEEN && lua_rawget(L, seen) == LUA_TNIL) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, 1);
        lua_rawset(L, seen);
        lua_pushvalue(L, -2);
        lua_rawseti(L, list, n + 1);
    }
    lua_pop(L, 2);
}

static bool is_sample(const struct json_asked *a)
{
    return a->record <= FIRST_SEEN || a->record % SEEN_EVERY == 0 || a->root->every;
}

/* Notes the names of the current record's members. */
static void see_members(lua_State *L, const struct json_scan *s, int asked)
{
    lua_getiuservalue(L, asked, SEEN);
    lua_getiuservalue(L, asked, NAMES);
    int list = lua_gettop(L);
    size_t n = lua_rawlen(L, list) < MOST_SEEN ? s->count : 0;
    for (size_t i = 0; i < n; i++) {
        const struct json_member *m = &s->members[i];
        host_json_push_string(L, s->base + m->key, m->key_size, m->escaped);
        add_seen(L, list - 1, list);
    }
    lua_pop(L, 2);
}

bool host_json_is_asked(const struct json_asked *a, const char *name)
{
    return a->slots[slot_of(a, name)] != 0;
}

void host_json_ask(lua_State *L, struct json_asked *a, int asked)
{
    size_t size;
    const char *name = lua_tolstring(L, 2, &size);
    if (size > JSON_INTERNED) return;

    size_t slot = slot_of(a, name);
    if (a->slots[slot]) {
        a->names[a->slots[slot] - 1].asked = a->record;
        return;
    }
    if (a->count == JSON_ASKED_MOST) return;
    lua_getiuservalue(L, asked, SEEN);
    lua_pushvalue(L, 2); /* kept, so that its address stays its own */
    lua_rawsetp(L, -2, name);
    lua_pop(L, 1);
    a->names[a->count] = (struct json_name){name, size, a->record, false};
    a->slots[slot] = (unsigned char)++a->count;
    a->pending++;
}

void host_json_settle(lua_State *L, struct json_asked *a, const struct json_scan *s,
                      int reader)
{
    if (is_sample(a)) {
        lua_getiuservalue(L, reader, ASKED);
        see_members(L, s, lua_gettop(L));
        lua_pop(L, 1);
    }
    for (int i = 0; a->pending > 0 && i < a->count; i++) {
        struct json_name *n = &a->names[i];
        if (n->found || n->asked == a->record) continue;
        if (!host_json_find(L, s, n->name, n->size)) continue;
        n->found = true;
        a->pending--;
    }
}

bool host_json_is_due(const struct json_asked *a)
{
    return a->pending > 0 || is_sample(a);
}

/* Notes the names of an object's members. */
static void see_keys(lua_State *L, int asked, int object)
{
    lua_getiuservalue(L, asked, SEEN);
    lua_getiuservalue(L, asked, NAMES);
    int list = lua_gettop(L);
    if (lua_rawlen(L, list) < MOST_SEEN) {
        for (lua_pushnil(L); lua_next(L, object);) { /* key value */
            lua_pop(L, 1);
            if (lua_type(L, -1) != LUA_TSTRING) continue;
            lua_pushvalue(L, -1);
            add_seen(L, list - 1, list);
        }
    }
    lua_settop(L, list - 2);
}

void host_json_settle_object(lua_State *L, struct json_asked *a, int asked, int object)
{
    if (is_sample(a)) see_keys(L, asked, object);
    for (int i = 0; a->pending > 0 && i < a->count; i++) {
        struct json_name *n = &a->names[i];
        if (n->found) continue;
        lua_pushlstring(L, n->name, n->size);
        n->found = lua_rawget(L, object) != LUA_TNIL;
        a->pending -= n->found;
        lua_pop(L, 1);
    }
}

struct json_asked *host_json_check_asked(lua_State *L, int index)
{
    return luaL_checkudata(L, index, TYPE);
}

struct json_asked *host_json_push_asked(lua_State *L, int values)
{
    struct json_asked *a = lua_newuserdatauv(L, sizeof *a, values);
    memset(a, 0, sizeof *a);
    luaL_setmetatable(L, TYPE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, SEEN);
    lua_newtable(L);
    lua_setiuservalue(L, -2, NAMES);
    return a;
}

/* asked(nested?) -> asked
 * nested: of the objects inside records, too. */
static int json_asked(lua_State *L)
{
    bool nested = lua_toboolean(L, 1);
    struct json_asked *a = host_json_push_asked(L, JSON_ASKED_PATHS);
    a->root = a;
    a->n_paths = nested ? 0 : -1;
    lua_newtable(L);
    lua_setiuservalue(L, -2, JSON_ASKED_PATHS);
    return 1;
}

/* asked:missing() -> names, at most 100 */
static int asked_missing(lua_State *L)
{
    const struct json_asked *a = host_self(L, TYPE);
    lua_Integer n = 0;

    lua_getiuservalue(L, 1, SEEN);
    lua_getiuservalue(L, 1, NAMES);
    bool is_full = lua_rawlen(L, -1) >= MOST_SEEN; /* others may be there, too */
    lua_newtable(L);                               /* seen names missing */
    for (int i = 0; !is_full && i < a->count; i++) {
        if (a->names[i].found) continue;
        lua_pushlstring(L, a->names[i].name, a->names[i].size);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -5) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_rawseti(L, -2, ++n);
        } else {
            lua_pop(L, 2);
        }
    }
    return 1;
}

/* asked:names() -> names of members that records have, at most 1000 */
static int asked_names(lua_State *L)
{
    host_self(L, TYPE);
    lua_getiuservalue(L, 1, NAMES);
    return 1;
}

/* asked:found() -> boolean */
static int asked_found(lua_State *L)
{
    const struct json_asked *a = host_self(L, TYPE);
    lua_pushboolean(L, a->found);
    return 1;
}

static const luaL_Reg functions[] = {
    {"asked", json_asked},
    {NULL,    NULL      }
};

static const luaL_Reg methods[] = {
    {"found",   asked_found  },
    {"missing", asked_missing},
    {"names",   asked_names  },
    {NULL,      NULL         }
};

void host_json_asked_open(lua_State *L)
{
    host_newtype(L, TYPE, methods, NULL);
    luaL_setfuncs(L, functions, 0);
}
