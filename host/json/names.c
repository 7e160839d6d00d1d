/* What the JSON writer caches across values: member names by the address of their string,
 * with their rank and escaped text; and the metatable that marks lists. */

#include "json/write.h"

#include <string.h>

static const char names_key = 0; /* its address is the registry key of struct names */

enum { KEPT = 1, ORDER = 2, MARK = 3 }; /* user values of struct names */

struct names *host_json_names(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key) == LUA_TUSERDATA)
        return lua_touserdata(L, -1);
    lua_pop(L, 1);
    struct names *names = lua_newuserdatauv(L, sizeof *names, 3);
    memset(names, 0, sizeof *names);
    lua_createtable(L, NAMES, 0);
    lua_setiuservalue(L, -2, KEPT);
    lua_createtable(L, 0, 2); /* locked, since all lists share it */
    names->mark = lua_topointer(L, -1);
    lua_pushliteral(L, "list");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setiuservalue(L, -2, MARK);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &names_key);
    return names;
}

void host_json_mark(lua_State *L)
{
    host_json_names(L);
    lua_getiuservalue(L, -1, MARK);
    lua_setmetatable(L, -3);
    lua_pop(L, 1);
}

bool host_json_has_mark(lua_State *L, int index, const void *mark)
{
    if (!lua_getmetatable(L, index)) return false;
    bool marked = lua_topointer(L, -1) == mark;
    lua_pop(L, 1);
    return marked;
}

bool host_json_is_marked(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    bool marked = host_json_has_mark(L, index, host_json_names(L)->mark);
    lua_pop(L, 1);
    return marked;
}

void host_json_order(struct json_writer *w)
{
    const void *order = w->order ? lua_topointer(w->L, w->order) : NULL;

    if (!order || order == w->names->order) return;
    for (int i = 0; i < NAMES; i++)
        w->names->known[i].ranked = false;
    w->names->order = order;
    lua_pushvalue(w->L, w->order); /* kept alive, so that its address stays unique */
    lua_setiuservalue(w->L, -2, ORDER);
}

uint64_t host_json_prefix(const char *name, size_t size)
{
    unsigned char bytes[8] = {0};
    uint64_t prefix = 0;

    memcpy(bytes, name, size < 8 ? size : 8);
    for (int i = 0; i < 8; i++) /* compiles to one instruction */
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

lua_Integer host_json_rank(lua_State *L, int order, int key)
{
    lua_Integer rank = LUA_MAXINTEGER;

    lua_pushvalue(L, key);
    if (lua_rawget(L, order) == LUA_TNUMBER) rank = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return rank;
}

struct name *host_json_learn(struct json_writer *w, struct name *set, int key,
                             const struct member *m)
{
    lua_State *L = w->L;

    if (m->size + 5 > QUOTED) return NULL;
    for (size_t i = 0; i < m->size; i++)
        if (!json_plain((unsigned char)m->text[i])) return NULL;
    struct name *name = &set[w->names->tick++ & 1];
    name->id = NULL; /* until the string is kept, which may raise */
    host_json_names(L);
    lua_getiuservalue(L, -1, KEPT);
    lua_pushvalue(L, key);
    lua_rawseti(L, -2, name - w->names->known + 1);
    lua_pop(L, 2);
    name->text = m->text;
    name->size = m->size;
    name->prefix = m->prefix;
    name->ranked = false;
    memcpy(name->quoted, ",\"", 2);
    memcpy(name->quoted + 2, m->text, m->size);
    memcpy(name->quoted + 2 + m->size, "\":", 2);
    name->quoted_size = m->size + 4;
    name->id = lua_topointer(L, key);
    return name;
}
