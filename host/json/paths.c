/* json.paths - the members that were read of the objects inside records and that none of
 * them had.
 *
 * Objects at one path ("profile.address", "logins[]") share a metatable, whose __index
 * sees only what is missing. Whatever else is done with them is as without one. */

#include "common.h"
#include "json/asked.h"
#include "json/json.h"
#include "json/parts.h"

enum { MOST_PATHS = 100, MOST_BELOW = 20 }; /* in all; of one object */

/* The members of an object that has more of them share a path: names that are data. */
static const char shared[] = "*";

static const char texts_key = 0; /* its address is a registry key; see json_unnoted */

/* Whether it is a recipe that reads: not C, such as string.gsub with a table, nor the
 * program, which looks into what a recipe returns. */
static bool is_noted(lua_State *L)
{
    lua_Debug ar;

    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "S", &ar) || *ar.what == 'C')
        return false;
    bool own = lua_rawgetp(L, LUA_REGISTRYINDEX, &texts_key) == LUA_TTABLE;
    if (own) {
        lua_pushlstring(L, ar.source, ar.srclen);
        lua_rawget(L, -2);
        own = lua_toboolean(L, -1);
    }
    lua_settop(L, 2);
    return !own;
}

/* object[name] -> nil, since the object has no such member */
static int object_index(lua_State *L)
{
    struct json_asked *path = lua_touserdata(L, lua_upvalueindex(1));

    if (lua_type(L, 2) == LUA_TSTRING &&
        (host_json_is_asked(path, lua_tostring(L, 2)) || is_noted(L)))
        host_json_ask(L, path, lua_upvalueindex(1));
    return 0;
}

bool host_json_is_watched(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index)) return false;
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    bool watched = lua_tocfunction(L, -1) == object_index;
    lua_pop(L, 2);
    return watched;
}

/* Pushes the metatable of the objects at the path on top, which it pops. */
static void push_metatable(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_insert(L, -2); /* metatable path */
    lua_pushcclosure(L, object_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0); /* getmetatable exposes nothing */
    lua_setfield(L, -2, "__metatable");
}

/* Pushes the userdata of a path; `paths` is the stack index of the metatables. */
static void push_path(lua_State *L, const struct json_asked *path, int paths)
{
    lua_rawgeti(L, paths, path->number);
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    lua_getupvalue(L, -1, 1); /* metatable __index path */
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* `text` is the string at stack index `name`, if that is not 0. */
static struct json_asked *add_path(lua_State *L, struct json_asked *at, const char *text,
                                   int name)
{
    struct json_asked *root = at->root;

    if (root->n_paths == MOST_PATHS) return NULL;
    struct json_asked *path = host_json_push_asked(L, JSON_ASKED_NAMES);
    path->name = text;
    if (name) {
        lua_getiuservalue(L, -1, JSON_ASKED_SEEN);
        lua_pushvalue(L, name); /* kept, so that its address stays its own */
        lua_rawsetp(L, -2, path);
        lua_pop(L, 1);
    }
    push_metatable(L);
    lua_rawseti(L, root->paths, root->n_paths + 1);
    path->number = ++root->n_paths;
    path->root = root;
    path->beside = at->below;
    at->below = path;
    return path;
}

/* The path below `at` of this name; *n is how many there are. */
static struct json_asked *find(const struct json_asked *at, const char *text, int *n)
{
    *n = 0;
    for (struct json_asked *path = at->below; path; path = path->beside, ++*n)
        if (path->name == text) return path;
    return NULL;
}

struct json_asked *host_json_path(lua_State *L, struct json_asked *at, int name)
{
    const char *text = NULL;
    int n;

    if (name) {
        size_t size;
        text = lua_tolstring(L, name, &size);
        if (size > JSON_INTERNED) return NULL;
    }
    struct json_asked *path = find(at, text, &n);
    if (!path && n >= MOST_BELOW) {
        text = shared;
        name = 0;
        path = find(at, text, &n);
    }
    return path ? path : add_path(L, at, text, name);
}

/* Looks at the table on top, an object at a path. */
static void see(lua_State *L, struct json_asked *path)
{
    path->record++;
    if (!host_json_is_due(path)) return;
    int object = lua_gettop(L);
    push_path(L, path, path->root->paths);
    host_json_settle_object(L, path, object + 1, object);
    lua_settop(L, object);
}

void host_json_watch(lua_State *L, struct json_asked *path)
{
    see(L, path);
    lua_rawgeti(L, path->root->paths, path->number);
    lua_setmetatable(L, -2);
}

/* Visits the objects inside the table on top, whose path is `at`. */
static void visit_inside(lua_State *L, struct json_asked *at)
{
    int table = lua_gettop(L);
    bool list = host_json_is_marked(L, table);

    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) { /* key value */
        if (!lua_istable(L, -1) || (!list && lua_type(L, -2) != LUA_TSTRING)) continue;
        struct json_asked *path = host_json_path(L, at, list ? 0 : table + 1);
        if (path) visit_inside(L, path);
    }
    if (list || at == at->root) return;
    if (at->root->every)
        see(L, at);
    else
        host_json_watch(L, at);
}

/* Watches the record on top, a table; its root is argument 2. */
static void watch_itself(lua_State *L, struct json_asked *root)
{
    if (lua_rawgeti(L, root->paths, root->number) == LUA_TNIL) {
        lua_pushvalue(L, 2);
        push_metatable(L);
        lua_rawseti(L, root->paths, root->number);
    }
    lua_pop(L, 1);
    host_json_watch(L, root);
}

/* Visits the objects inside a record of a root, arguments 1 and 2. */
static int visit_record(lua_State *L, bool every, bool itself)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct json_asked *root = host_json_check_asked(L, 2);
    luaL_argcheck(L, root->n_paths >= 0 && root->root == root, 2, "without paths");
    lua_settop(L, 2);
    lua_getiuservalue(L, 2, JSON_ASKED_PATHS);
    root->paths = lua_gettop(L);
    root->every = every;
    lua_pushvalue(L, 1);
    visit_inside(L, root);
    root->every = false;
    if (itself && !host_json_is_marked(L, 1)) watch_itself(L, root);
    lua_settop(L, 1);
    return 1;
}

/* see(record, asked) -> record */
static int json_see(lua_State *L)
{
    return visit_record(L, true, false);
}

/* watch(record, asked, itself?) -> record */
static int json_watch(lua_State *L)
{
    return visit_record(L, false, lua_toboolean(L, 3));
}

/* Adds {name, above, asked} of the paths below `at` to the list at stack index 2, at
 * their numbers; the metatables are at 3. */
static void list_below(lua_State *L, const struct json_asked *at)
{
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    for (const struct json_asked *path = at->below; path; path = path->beside) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, path->name ? path->name : "[]");
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, at->number);
        lua_setfield(L, -2, "above");
        push_path(L, path, 3);
        lua_setfield(L, -2, "asked");
        lua_rawseti(L, 2, path->number);
        list_below(L, path);
    }
}

/* paths(asked) -> list of {name, above, asked}, in the order in which they were found */
static int json_paths(lua_State *L)
{
    const struct json_asked *a = host_json_check_asked(L, 1);
    luaL_argcheck(L, a->root == a, 1, "of a path");
    lua_settop(L, 1);
    lua_newtable(L);
    lua_getiuservalue(L, 1, JSON_ASKED_PATHS);
    list_below(L, a);
    lua_settop(L, 2);
    return 1;
}

/* unnoted(texts)
 * What functions of these texts (by the name of their chunk; the table may grow) read of
 * objects inside records is not noted. */
static int json_unnoted(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &texts_key);
    return 0;
}

static const luaL_Reg functions[] = {
    {"paths",   json_paths  },
    {"see",     json_see    },
    {"unnoted", json_unnoted},
    {"watch",   json_watch  },
    {NULL,      NULL        }
};

void host_json_paths_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
