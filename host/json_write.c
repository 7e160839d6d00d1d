/* The JSON writer: straight from Lua values into a byte buffer.
 *
 * The members of an object are gathered as pairs on the Lua stack, sorted, and written
 * from there: no look-up, no garbage. Names that were seen before are known by the
 * address of their string, with their rank and their escaped text: users of one shape
 * cost three calls of the API a member. */

#include "host.h"
#include "json.h"
#include "json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char names_key = 0; /* its address: where the registry keeps struct names */

enum {
    FEW = 32,          /* members that are sorted on the stack */
    LONGEST_PATH = 16, /* steps that a message shows */
    NAMES = 256,       /* names that are known, in sets of two */
    QUOTED = 48        /* bytes of a known name with comma, quotes and colon */
};

/* A member's name that was written before. The string is kept by the list that is a user
 * value of struct names, so that its address stays its own. */
struct name {
    const void *id;
    const char *text;
    size_t size;
    uint64_t
        prefix; /* the first bytes as a big-endian number: mostly decides the order */
    lua_Integer rank;
    bool ranked; /* rank is the current order's */
    size_t quoted_size;
    char quoted[QUOTED]; /* ,"name": */
};

/* What the writer remembers, once in a Lua state. */
struct names {
    const void *mark;  /* the metatable of lists */
    const void *order; /* whose ranks the names have */
    unsigned tick;     /* which of a set is forgotten next */
    struct name known[NAMES];
};

enum { KEPT = 1, ORDER = 2, MARK = 3 }; /* its user values */

/* Where the writer is, for messages: a member's name or, without one, an index. */
struct step {
    const char *name; /* borrowed from the key, which its table keeps alive */
    size_t size;
    lua_Integer index; /* 0-based */
};

struct json_writer {
    lua_State *L;
    struct host_buffer *b;
    struct names *names;
    int order; /* stack index or 0 */
    int depth;
    struct step path[JSON_DEPTH];
};

struct member {
    lua_Integer rank;
    uint64_t prefix;
    const char *text;
    size_t size;
    const struct name *known; /* or NULL */
    int slot;                 /* stack index of the value */
};

static inline char *room(struct json_writer *w, size_t n)
{
    return host_buffer_space(w->L, w->b, n);
}

static inline void put(struct json_writer *w, char c)
{
    *room(w, 1) = c;
    w->b->size++;
}

/* Pushes and returns what the writer remembers, made at the first call. */
static struct names *push_names(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key) == LUA_TUSERDATA)
        return lua_touserdata(L, -1);
    lua_pop(L, 1);
    struct names *names = lua_newuserdatauv(L, sizeof *names, 3);
    memset(names, 0, sizeof *names);
    lua_createtable(L, NAMES, 0);
    lua_setiuservalue(L, -2, KEPT);
    lua_createtable(L, 0, 2); /* locked, for every list shares it */
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
    push_names(L);
    lua_getiuservalue(L, -1, MARK);
    lua_setmetatable(L, -3);
    lua_pop(L, 1);
}

static bool is_marked(lua_State *L, int index, const void *mark)
{
    if (!lua_getmetatable(L, index)) return false;
    bool marked = lua_topointer(L, -1) == mark;
    lua_pop(L, 1);
    return marked;
}

bool host_json_is_marked(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    bool marked = is_marked(L, index, push_names(L)->mark);
    lua_pop(L, 1);
    return marked;
}

/* Ends the writing: the reason stays on top of the stack until all levels have returned.
 */
static bool refuse(struct json_writer *w, const char *reason)
{
    lua_pushstring(w->L, reason);
    return false;
}

static bool write_value(struct json_writer *w, int index);

/* Values of a list whose table does not iterate in order; `n` is its border. */
static bool write_scattered(struct json_writer *w, int index, lua_Integer n)
{
    lua_State *L = w->L;
    lua_Integer count = 0;

    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1); /* key */
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            lua_tointeger(L, -1) > n) {
            w->depth--;
            return refuse(w, lua_isnumber(L, -1) && lua_type(L, -1) == LUA_TNUMBER
                                 ? "a list with holes"
                                 : "a table with both list items and members");
        }
        count++;
    }
    if (count != n) {
        w->depth--;
        return refuse(w, "a list with holes");
    }
    for (lua_Integer i = 1; i <= n; i++) {
        w->path[w->depth - 1].index = i - 1;
        if (i > 1) put(w, ',');
        lua_rawgeti(L, index, i);
        if (!write_value(w, lua_gettop(L))) return false;
        lua_pop(L, 1);
    }
    put(w, ']');
    return true;
}

/* A list whose first pair is on the stack above `base`. */
static bool write_list(struct json_writer *w, int index, int base)
{
    lua_State *L = w->L;
    struct step *step = &w->path[w->depth - 1];
    lua_Integer i = 0;

    put(w, '[');
    size_t start = w->b->size;
    step->name = NULL;
    do { /* key value */
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != i + 1) {
            lua_settop(L, base);
            w->b->size = start;
            return write_scattered(w, index, (lua_Integer)lua_rawlen(L, index));
        }
        step->index = i;
        if (i++) put(w, ',');
        if (!write_value(w, base + 2)) return false;
        lua_settop(L, base + 1);
    } while (lua_next(L, index));
    put(w, ']');
    return true;
}

static bool write_member(struct json_writer *w, const struct member *m, int slot,
                         bool first)
{
    /* A name learnt since may have taken its place. */
    const struct name *known = m->known && m->known->text == m->text ? m->known : NULL;
    struct step *step = &w->path[w->depth - 1];

    step->name = m->text;
    step->size = m->size;
    if (known) {
        memcpy(room(w, QUOTED), known->quoted + first, QUOTED - 1);
        w->b->size += known->quoted_size - first;
    } else {
        if (!first) put(w, ',');
        if (!host_json_put_string(w->L, w->b, m->text, m->size)) return false;
        put(w, ':');
    }
    return write_value(w, slot);
}

static uint64_t name_prefix(const char *name, size_t size)
{
    unsigned char bytes[8] = {0};
    uint64_t prefix = 0;

    memcpy(bytes, name, size < 8 ? size : 8);
    for (int i = 0; i < 8; i++) /* one instruction to the compiler */
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

static bool before(const struct member *a, const struct member *b)
{
    if (a->rank != b->rank) return a->rank < b->rank;
    if (a->prefix != b->prefix) return a->prefix < b->prefix;
    int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
    return order ? order < 0 : a->size < b->size;
}

static int compare(const void *a, const void *b)
{
    return before(a, b) ? -1 : 1; /* names differ */
}

/* The rank of the string at `key` in the order, which there is. */
static lua_Integer rank_of(struct json_writer *w, int key)
{
    lua_Integer rank = LUA_MAXINTEGER;

    lua_pushvalue(w->L, key);
    if (lua_rawget(w->L, w->order) == LUA_TNUMBER) rank = lua_tointeger(w->L, -1);
    lua_pop(w->L, 1);
    return rank;
}

/* Remembers the string at `key`, whose member is filled, when it is short and needs no
 * escapes. Returns what is remembered or NULL. */
static struct name *learn(struct json_writer *w, struct name *set, int key,
                          const struct member *m)
{
    lua_State *L = w->L;

    if (m->size + 5 > QUOTED) return NULL;
    for (size_t i = 0; i < m->size; i++)
        if (!json_plain((unsigned char)m->text[i])) return NULL;
    struct name *name = &set[w->names->tick++ & 1];
    name->id = NULL; /* as long as keeping the string may raise */
    push_names(L);
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

/* Fills `m` from the key at an absolute index. Returns false when it is no string.
 * `keep`: m is written before anything else is learnt. */
static inline bool take_member(struct json_writer *w, int key, struct member *m)
{
    const void *id = lua_topointer(w->L, key);
    uintptr_t hash = (uintptr_t)id >> 4 ^ (uintptr_t)id >> 11;
    struct name *set = &w->names->known[2 * (hash % (NAMES / 2))];
    struct name *known = set[0].id == id ? &set[0] : &set[1];

    if (known->id == id && id) {
        m->prefix = known->prefix;
        m->text = known->text;
        m->size = known->size;
    } else {
        if (lua_type(w->L, key) != LUA_TSTRING) return false;
        m->text = lua_tolstring(w->L, key, &m->size);
        m->prefix = name_prefix(m->text, m->size);
        known = learn(w, set, key, m);
    }
    m->known = known;
    m->rank = LUA_MAXINTEGER;
    if (w->depth > 1 || !w->order) return true;
    if (known && known->ranked) {
        m->rank = known->rank;
        return true;
    }
    m->rank = rank_of(w, key);
    if (known) {
        known->rank = m->rank;
        known->ranked = true;
    }
    return true;
}

static bool refuse_key(struct json_writer *w, int key)
{
    w->depth--;
    if (lua_type(w->L, key) == LUA_TNUMBER)
        return refuse(w,
                      "a table with both list items and members, or a list with holes");
    lua_pushfstring(w->L, "a table with a %s as a name", luaL_typename(w->L, key));
    return false;
}

/* An object of any size: the names are sorted in memory of their own and looked up again.
 */
static bool write_many(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    size_t n = 0, i = 0;

    for (lua_pushnil(L); lua_next(L, index); n++)
        lua_pop(L, 1);
    struct member *members = lua_newuserdatauv(L, n * sizeof *members, 0);
    for (lua_pushnil(L); lua_next(L, index); i++) {
        lua_pop(L, 1);
        if (!take_member(w, lua_gettop(L), &members[i])) return refuse_key(w, -1);
        members[i].known = NULL; /* it may be forgotten before it is written */
    }
    qsort(members, n, sizeof *members, compare);
    for (i = 0; i < n; i++) { /* members */
        lua_pushlstring(L, members[i].text, members[i].size);
        lua_rawget(L, index); /* members value */
        if (!write_member(w, &members[i], lua_gettop(L), i == 0)) return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool write_few(struct json_writer *w, const struct member *members,
                      const unsigned char *sorted, int n)
{
    for (int i = 0; i < n; i++) {
        const struct member *m = &members[sorted[i]];
        if (!write_member(w, m, m->slot, i == 0)) return false;
    }
    return true;
}

/* An object whose first pair is on the stack above `base`. */
static bool write_object(struct json_writer *w, int index, int base)
{
    lua_State *L = w->L;
    struct member members[FEW];
    unsigned char sorted[FEW];
    int n = 0, more = 1;

    if (is_marked(L, index, w->names->mark)) {
        w->depth--;
        return refuse(w, "a table with both list items and members");
    }
    put(w, '{');
    for (; more && n < FEW; more = lua_next(L, index)) { /* (key value)* key value */
        struct member *m = &members[n];
        m->slot = base + 2 * n + 2;
        if (!take_member(w, m->slot - 1, m)) return refuse_key(w, m->slot - 1);
        int i = n;
        for (; i > 0 && before(m, &members[sorted[i - 1]]); i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = (unsigned char)n++;
        lua_pushvalue(L, m->slot - 1); /* (key value)* key */
    }
    if (more) lua_settop(L, base);
    if (!(more ? write_many(w, index) : write_few(w, members, sorted, n))) return false;
    put(w, '}');
    return true;
}

static bool write_empty(struct json_writer *w, int index)
{
    bool list = is_marked(w->L, index, w->names->mark);
    memcpy(room(w, 2), list ? "[]" : "{}", 2);
    w->b->size += 2;
    return true;
}

static bool write_table(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    int base = lua_gettop(L);
    bool ok;

    if (w->depth == JSON_DEPTH)
        return refuse(w, "tables nested deeper than 200 (or one that holds itself)");
    if (!lua_checkstack(L, 2 * FEW + LUA_MINSTACK))
        return refuse(w, "tables nested too deep for the stack");
    w->depth++;
    lua_pushnil(L);
    if (!lua_next(L, index))
        ok = write_empty(w, index);
    else if (lua_isinteger(L, base + 1))
        ok = write_list(w, index, base);
    else
        ok = write_object(w, index, base);
    if (!ok) return false;
    lua_settop(L, base);
    w->depth--;
    return true;
}

/* materialize(record) -> table, protected: the record may be gone */
static int materialize(lua_State *L)
{
    host_json_materialize(L, 1);
    return 1;
}

static bool write_record(struct json_writer *w, int index)
{
    lua_State *L = w->L;

    if (luaL_getmetafield(L, index, "__pairs") == LUA_TNIL)
        return refuse(w, "a userdata");
    lua_pop(L, 1);
    lua_pushcfunction(L, materialize);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        if (lua_type(L, -1) != LUA_TSTRING)
            return refuse(w, "a record that cannot be read");
        return false;
    }
    if (!write_table(w, lua_gettop(L))) return false;
    lua_pop(L, 1);
    return true;
}

static bool write_value(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    const char *text;
    size_t size;

    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &size);
        return host_json_put_string(w->L, w->b, text, size);
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index))
            return host_json_put_float(L, w->b, lua_tonumber(L, index));
        host_json_put_integer(L, w->b, lua_tointeger(L, index));
        return true;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, index) ? "true" : "false";
        break;
    case LUA_TTABLE:
        return write_table(w, index);
    case LUA_TUSERDATA:
        return write_record(w, index);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index) != NULL) return refuse(w, "a userdata");
        text = "null";
        break;
    default:
        lua_pushfstring(L, "a %s", luaL_typename(L, index));
        return false;
    }
    size = strlen(text);
    memcpy(room(w, size), text, size);
    w->b->size += size;
    return true;
}

/* Ranks are remembered for one order at a time. struct names is on top of the stack. */
static void use_order(struct json_writer *w)
{
    const void *order = w->order ? lua_topointer(w->L, w->order) : NULL;

    if (!order || order == w->names->order) return;
    for (int i = 0; i < NAMES; i++)
        w->names->known[i].ranked = false;
    w->names->order = order;
    lua_pushvalue(w->L, w->order); /* kept, so that its address stays its own */
    lua_setiuservalue(w->L, -2, ORDER);
}

/* Pushes where the writer stopped: "app_metadata.roles[0]", "" for the root. Bytes that
 * could spoil a message are shown as "?". */
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

bool host_json_write(lua_State *L, int index, int order, struct host_buffer *b)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    index = lua_absindex(L, index);
    w.L = L;
    w.b = b;
    w.order = order ? lua_absindex(L, order) : 0;
    w.depth = 0;
    w.names = push_names(L);
    use_order(&w);
    lua_pop(L, 1);
    if (write_value(&w, index)) {
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
