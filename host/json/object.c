/* Objects in the JSON writer: members in order, checked against the rules by name. */

#include "json/write.h"

#include <stdlib.h>
#include <string.h>

static bool write_member(struct json_writer *w, const struct member *m, int slot,
                         bool first)
{
    /* Another name may have replaced it in the cache. */
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
    return host_json_value(w, slot, m->rule);
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

/* Fills `m` from the key at an absolute index. Returns false if it is not a string. */
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
        m->prefix = host_json_prefix(m->text, m->size);
        known = host_json_learn(w, set, key, m);
    }
    m->known = known;
    m->rank = LUA_MAXINTEGER;
    if (w->depth > 1 || !w->order) return true;
    if (known && known->ranked) {
        m->rank = known->rank;
        return true;
    }
    m->rank = host_json_rank(w->L, w->order, key);
    if (known) {
        known->rank = m->rank;
        known->ranked = true;
    }
    return true;
}

static bool reject_key(struct json_writer *w, int key)
{
    w->depth--;
    if (lua_type(w->L, key) == LUA_TNUMBER)
        return host_json_reject(
            w, "a table with both list items and members, or a list with holes");
    lua_pushfstring(w->L, "a table with a %s as a key", luaL_typename(w->L, key));
    return false;
}

/* Checks the member at m->slot, the top of the stack, against the rules. */
static enum host_json_verdict check_member(struct json_writer *w, const void *rule,
                                           int index, struct member *m,
                                           struct host_json_members *members)
{
    lua_State *L = w->L;

    m->rule = NULL;
    if (!rule) return HOST_JSON_TAKEN;
    m->rule = rule;
    enum host_json_verdict verdict =
        w->rules->member(w->rules, &m->rule, members, m->text, m->size, m->slot);
    if (verdict == HOST_JSON_OMITTED) { /* allowed during lua_next */
        lua_pushvalue(L, m->slot - 1);
        lua_pushnil(L);
        lua_rawset(L, index);
    }
    return verdict;
}

/* An object of any size: sorts the names in a separate block and looks values up again.
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
        if (!take_member(w, m->slot - 1, m)) return reject_key(w, m->slot - 1);
        m->known = NULL; /* the cache may drop it before it is written */
        switch (check_member(w, rule, index, m, members)) {
        case HOST_JSON_REJECTED:
            return host_json_end(w);
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

/* Collects the members, the first of which is on top of the stack, in order. Returns
 * their number, FEW if there are at least as many, or -1 if writing ends. */
static int gather(struct json_writer *w, int index, const void *rule,
                  struct host_json_members *members, struct member *list,
                  unsigned char *sorted)
{
    lua_State *L = w->L;
    int n = 0, base = lua_gettop(L) - 2;

    do { /* (key value)* key value */
        struct member *m = &list[n];
        m->slot = base + 2 * n + 2;
        if (!take_member(w, m->slot - 1, m)) return reject_key(w, m->slot - 1) - 1;
        enum host_json_verdict verdict = check_member(w, rule, index, m, members);
        if (verdict == HOST_JSON_REJECTED) return host_json_end(w) - 1;
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

bool host_json_object(struct json_writer *w, int index, int base, const void *rule,
                      struct host_json_members *members)
{
    struct member list[FEW];
    unsigned char sorted[FEW];

    if (host_json_has_mark(w->L, index, w->names->mark)) {
        w->depth--;
        return host_json_reject(w, "a table with both list items and members");
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
