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
    struct host_json_rules *rules; /* or NULL */
    int order;                     /* stack index or 0 */
    int depth;
    struct step path[JSON_DEPTH];
};

struct member {
    lua_Integer rank;
    uint64_t prefix;
    const char *text;
    size_t size;
    const struct name *known; /* or NULL */
    const void *rule;         /* for its value; or NULL */
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

/* A value that breaks a rule needs no reason: the rules say it once more, in full. */
static bool stop(struct json_writer *w)
{
    lua_pushnil(w->L);
    return false;
}

/* `rule`: what the value is held against; NULL for nothing, as in the following. */
static bool write_value(struct json_writer *w, int index, const void *rule);

/* Values of a list whose table does not iterate in order; `n` is its border. */
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
        if (!write_value(w, lua_gettop(L), rule)) return false;
        lua_pop(L, 1);
    }
    put(w, ']');
    return true;
}

/* The rule for the items of a list with that rule. */
static const void *item_rule(struct json_writer *w, const void *rule)
{
    return rule ? w->rules->item(rule) : NULL;
}

/* A list whose first pair is on the stack above `base`. */
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
        if (!write_value(w, base + 2, inner)) return false;
        lua_settop(L, base + 1);
    } while (lua_next(L, index));
    members->count = i;
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
    return write_value(w, slot, m->rule);
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

/* Asks the rules for the member at m->slot, the top of the stack. */
static enum host_json_verdict judge_member(struct json_writer *w, const void *rule,
                                           int index, struct member *m,
                                           struct host_json_members *members)
{
    lua_State *L = w->L;

    m->rule = NULL;
    if (!rule) return HOST_JSON_TAKEN;
    m->rule = rule;
    enum host_json_verdict verdict =
        w->rules->member(w->rules, &m->rule, members, m->text, m->size, m->slot);
    if (verdict == HOST_JSON_OMITTED) { /* lua_next allows it in the midst of a table */
        lua_pushvalue(L, m->slot - 1);
        lua_pushnil(L);
        lua_rawset(L, index);
    }
    return verdict;
}

/* An object of any size: the names are sorted in memory of their own and looked up again.
 */
static bool write_many(struct json_writer *w, int index, const void *rule,
                       struct host_json_members *members)
{
    lua_State *L = w->L;
    size_t n = 0, i = 0;

    *members = (struct host_json_members){0};
    for (lua_pushnil(L); lua_next(L, index); n++)
        lua_pop(L, 1);
    struct member *list = lua_newuserdatauv(L, n * sizeof *list, 0);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        struct member *m = &list[i];
        m->slot = lua_gettop(L);
        if (!take_member(w, m->slot - 1, m)) return refuse_key(w, m->slot - 1);
        m->known = NULL; /* it may be forgotten before it is written */
        switch (judge_member(w, rule, index, m, members)) {
        case HOST_JSON_REFUSED:
            return stop(w);
        case HOST_JSON_OMITTED:
            continue;
        case HOST_JSON_TAKEN:
            i++;
        }
    }
    n = i;
    qsort(list, n, sizeof *list, compare);
    for (i = 0; i < n; i++) { /* list */
        lua_pushlstring(L, list[i].text, list[i].size);
        lua_rawget(L, index); /* list value */
        if (!write_member(w, &list[i], lua_gettop(L), i == 0)) return false;
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

/* Gathers members, whose first pair is on the stack above `base`, in their order. Returns
 * their number, FEW when there are more, or -1 when writing ends. */
static int gather(struct json_writer *w, int index, const void *rule,
                  struct host_json_members *members, struct member *list,
                  unsigned char *sorted)
{
    lua_State *L = w->L;
    int n = 0, base = lua_gettop(L) - 2;

    do { /* (key value)* key value */
        struct member *m = &list[n];
        m->slot = base + 2 * n + 2;
        if (!take_member(w, m->slot - 1, m)) return refuse_key(w, m->slot - 1) - 1;
        enum host_json_verdict verdict = judge_member(w, rule, index, m, members);
        if (verdict == HOST_JSON_REFUSED) return stop(w) - 1;
        if (verdict == HOST_JSON_OMITTED) {
            lua_pop(L, 1); /* (key value)* key */
            continue;
        }
        int i = n;
        for (; i > 0 && before(m, &list[sorted[i - 1]]); i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = (unsigned char)n++;
        if (n == FEW) return n;
        lua_pushvalue(L, m->slot - 1); /* (key value)* key */
    } while (lua_next(L, index));
    return n;
}

/* An object whose first pair is on the stack above `base`. */
static bool write_object(struct json_writer *w, int index, int base, const void *rule,
                         struct host_json_members *members)
{
    struct member list[FEW];
    unsigned char sorted[FEW];

    if (is_marked(w->L, index, w->names->mark)) {
        w->depth--;
        return refuse(w, "a table with both list items and members");
    }
    put(w, '{');
    int n = gather(w, index, rule, members, list, sorted);
    if (n < 0) return false;
    if (n == FEW) {
        lua_settop(w->L, base);
        if (!write_many(w, index, rule, members)) return false;
    } else if (!write_few(w, list, sorted, n)) {
        return false;
    }
    put(w, '}');
    return true;
}

static bool write_pairs(struct json_writer *w, int index, int base, bool list,
                        const void *rule)
{
    lua_State *L = w->L;
    struct host_json_members members = {0};
    size_t start = w->b->size;

    if (rule && !w->rules->opens(rule, list)) return stop(w);
    if (lua_gettop(L) == base) {
        memcpy(room(w, 2), list ? "[]" : "{}", 2);
        w->b->size += 2;
    } else if (!(list ? write_list : write_object)(w, index, base, rule, &members)) {
        return false;
    }
    return !rule ||
           w->rules->closes(w->rules, rule, index, list, &members, w->b->size - start) ||
           stop(w);
}

static bool write_table(struct json_writer *w, int index, const void *rule)
{
    lua_State *L = w->L;
    int base = lua_gettop(L);

    if (w->depth == JSON_DEPTH)
        return refuse(w, "tables nested deeper than 200 (or one that holds itself)");
    if (!lua_checkstack(L, 2 * FEW + LUA_MINSTACK))
        return refuse(w, "tables nested too deep for the stack");
    w->depth++;
    lua_pushnil(L);
    bool list = lua_next(L, index) ? lua_isinteger(L, base + 1)
                                   : is_marked(L, index, w->names->mark);
    if (!write_pairs(w, index, base, list, rule)) return false;
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

static bool write_record(struct json_writer *w, int index, const void *rule)
{
    lua_State *L = w->L;

    if (rule) return stop(w); /* rules are for tables */
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
    if (!write_table(w, lua_gettop(L), NULL)) return false;
    lua_pop(L, 1);
    return true;
}

static bool write_word(struct json_writer *w, const char *word, size_t size)
{
    memcpy(room(w, size), word, size);
    w->b->size += size;
    return true;
}

static bool write_scalar(struct json_writer *w, int index, int kind, const char *text,
                         size_t size)
{
    lua_State *L = w->L;

    switch (kind) {
    case LUA_TSTRING:
        return host_json_put_string(L, w->b, text, size);
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index))
            return host_json_put_float(L, w->b, lua_tonumber(L, index));
        host_json_put_integer(L, w->b, lua_tointeger(L, index));
        return true;
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? write_word(w, "true", 4)
                                       : write_word(w, "false", 5);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index) != NULL) return refuse(w, "a userdata");
        return write_word(w, "null", 4);
    }
    lua_pushfstring(L, "a %s", lua_typename(L, kind));
    return false;
}

static bool write_value(struct json_writer *w, int index, const void *rule)
{
    int kind = lua_type(w->L, index);
    const char *text = NULL;
    size_t size = 0;

    if (kind == LUA_TTABLE) return write_table(w, index, rule);
    if (kind == LUA_TUSERDATA) return write_record(w, index, rule);
    if (kind == LUA_TSTRING) text = lua_tolstring(w->L, index, &size);
    if (rule && !w->rules->scalar(w->rules, rule, index, kind, text, size))
        return stop(w);
    return write_scalar(w, index, kind, text, size);
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

/* Ready to write; raises when memory is out. */
static void begin(struct json_writer *w, lua_State *L, int order, struct host_buffer *b)
{
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    w->L = L;
    w->b = b;
    w->rules = NULL;
    w->order = order ? lua_absindex(L, order) : 0;
    w->depth = 0;
    w->names = push_names(L);
    use_order(w);
    lua_pop(L, 1);
}

bool host_json_write_checked(lua_State *L, int index, int order, struct host_buffer *b,
                             struct host_json_rules *rules, const void *rule)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    index = lua_absindex(L, index);
    begin(&w, L, order, b);
    w.rules = rules;
    bool written = write_value(&w, index, rule);
    if (!written) b->size = start;
    lua_settop(L, base);
    return written;
}

bool host_json_write(lua_State *L, int index, int order, struct host_buffer *b)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    index = lua_absindex(L, index);
    begin(&w, L, order, b);
    if (write_value(&w, index, NULL)) {
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
