/* Learns, finds and forgets the shapes of host.schema. */

#include "schema/shape.h"

#include "common.h"

#include <stdlib.h>
#include <string.h>

enum {
    COST = 8, /* credit that learning a shape takes, and finding one gives back by one */
    REST = 4096,   /* tables that are not looked up once the credit is used up */
    AGAIN = 128,   /* the credit after that */
    LARGEST = 4096 /* bytes of the quoted names of a shape */
};

void host_shapes_push(lua_State *L)
{
    lua_createtable(L, HOST_SHAPE_PLACES, 0);
}

size_t host_shapes_count(const struct host_shapes *s)
{
    size_t n = 0;

    for (size_t i = 0; i < HOST_SHAPE_PLACES; i++)
        n += s->shapes[i] != NULL;
    return n;
}

static size_t first_place(uint64_t hash)
{
    return (size_t)(hash >> 32) % (HOST_SHAPE_PLACES / HOST_SHAPE_WAYS) * HOST_SHAPE_WAYS;
}

static bool has_keys(const struct host_shape *shape, const struct host_keys *keys)
{
    return shape->rules == keys->rules && shape->order == keys->order &&
           shape->count == keys->count &&
           memcmp(shape->keys, keys->at, keys->count * sizeof *keys->at) == 0;
}

const struct host_shape *host_shape_find(lua_State *L, int anchors, struct host_shapes *s,
                                         const struct host_keys *keys)
{
    size_t first = first_place(keys->hash);

    for (size_t i = first; i < first + HOST_SHAPE_WAYS; i++) {
        if (s->hashes[i] != keys->hash || !s->shapes[i] || !has_keys(s->shapes[i], keys))
            continue;
        s->used[i] = ++s->clock;
        lua_rawgeti(L, anchors, (lua_Integer)i + 1);
        return s->shapes[i];
    }
    return NULL;
}

/* -- learning -- */

struct learnt {
    struct host_label name;
    lua_Integer rank;
    size_t quoted, size; /* in the scratch */
    struct host_part part;
};

static int compare(const void *left, const void *right)
{
    const struct learnt *a = left, *b = right;

    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    size_t common = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = memcmp(a->name.text, b->name.text, common);
    if (order) return order;
    return a->name.size < b->name.size ? -1 : 1; /* names differ */
}

/* Pushes the keys of the object; false, with the rest not pushed, if one is not a string
 * or there are too many. */
static bool push_keys(lua_State *L, int index, size_t *count)
{
    luaL_checkstack(L, HOST_SHAPE_MEMBERS + LUA_MINSTACK, "schema");
    *count = 0;
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        if (*count == HOST_SHAPE_MEMBERS || lua_type(L, -1) != LUA_TSTRING) return false;
        ++*count;
        lua_pushvalue(L, -1);
    }
    return true;
}

/* Fills in what is known of each name, at base + 1 and above; false if the plain walk
 * must be used. */
static bool take_names(lua_State *L, int refs, struct host_shapes *s,
                       const struct host_joint *rules, int order, int base, size_t count,
                       struct learnt *list)
{
    for (size_t i = 0; i < count; i++) {
        struct learnt *one = &list[i];
        int key = base + 1 + (int)i;
        one->name.text = lua_tolstring(L, key, &one->name.size);
        one->rank = order ? host_json_rank(L, order, key) : LUA_MAXINTEGER;
        one->part.slot = (unsigned short)i;
        one->part.rules = host_joint_member(L, refs, &s->joints, rules, &one->name);
        if (!one->part.rules) return false;
    }
    return true;
}

/* Appends the quoted names in order; false if one is not UTF-8 or they are very long.
 */
static bool quote_names(lua_State *L, struct learnt *list, size_t count,
                        struct host_bytes *scratch)
{
    for (size_t i = 0; i < count; i++) {
        struct learnt *one = &list[i];
        one->quoted = scratch->size;
        *host_json_space(L, scratch, 1) = i == 0 ? '{' : ',';
        scratch->size++;
        if (!host_json_put_string(L, scratch, one->name.text, one->name.size))
            return false;
        *host_json_space(L, scratch, 1) = ':';
        scratch->size++;
        one->size = scratch->size - one->quoted;
        if (scratch->size - list[0].quoted > LARGEST) return false;
    }
    return true;
}

/* Finds the names that a caller asks for among the keys at base + 1 and above. */
static void note_slots(lua_State *L, const struct host_shapes *s, int base,
                       struct host_shape *shape)
{
    for (size_t i = 0; i < s->n_noted; i++) {
        shape->noted[i] = -1;
        for (size_t k = 0; k < shape->count; k++) {
            size_t size;
            const char *key = lua_tolstring(L, base + 1 + (int)k, &size);
            if (size == s->noted[i].size && memcmp(key, s->noted[i].text, size) == 0)
                shape->noted[i] = (short)k;
        }
    }
}

/* Pushes a shape of the members, in order, whose keys are at base + 1 and above. */
static struct host_shape *push_shape(lua_State *L, int base, const struct host_keys *keys,
                                     const struct learnt *list, const char *quoted,
                                     size_t quoted_size)
{
    size_t count = keys->count, keys_at = sizeof(struct host_shape),
           parts_at = keys_at + count * sizeof *keys->at,
           text_at = parts_at + count * sizeof(struct host_part);
    char *memory = lua_newuserdatauv(L, text_at + quoted_size + HOST_SHAPE_COPY,
                                     (int)count + 1); /* keys, order */
    struct host_shape *shape = (struct host_shape *)memory;
    char *text = memory + text_at;

    *shape = (struct host_shape){keys->rules,
                                 keys->order,
                                 count,
                                 (const void **)(memory + keys_at),
                                 (struct host_part *)(memory + parts_at),
                                 {0}};
    memcpy(shape->keys, keys->at, count * sizeof *keys->at);
    memcpy(text, quoted, quoted_size);
    memset(text + quoted_size, 0, HOST_SHAPE_COPY);
    for (size_t i = 0; i < count; i++) {
        shape->parts[i] = list[i].part;
        shape->parts[i].quoted = text + (list[i].quoted - list[0].quoted);
        shape->parts[i].size = (unsigned short)list[i].size;
        lua_pushvalue(L, base + 1 + (int)i);
        lua_setiuservalue(L, -2, (int)i + 1);
    }
    return shape;
}

/* Puts the shape on top of the stack in the place that was used longest ago. */
static void keep(lua_State *L, int anchors, struct host_shapes *s, uint64_t hash,
                 struct host_shape *shape)
{
    size_t first = first_place(hash), place = first;

    for (size_t i = first; i < first + HOST_SHAPE_WAYS; i++)
        if (s->clock - s->used[i] > s->clock - s->used[place]) place = i;
    lua_rawseti(L, anchors, (lua_Integer)place + 1); /* may raise: before the rest */
    s->hashes[place] = hash;
    s->used[place] = ++s->clock;
    s->shapes[place] = shape;
}

static void learn(lua_State *L, int refs, int anchors, struct host_shapes *s,
                  struct host_joint *rules, int order, int index,
                  struct host_bytes *scratch)
{
    struct learnt list[HOST_SHAPE_MEMBERS];
    struct host_keys keys;
    size_t count, start = scratch->size;
    int base = lua_gettop(L);

    if (!push_keys(L, index, &count) ||
        !take_names(L, refs, s, rules, order, base, count, list))
        return;
    host_keys_begin(&keys, rules, order ? lua_topointer(L, order) : NULL);
    for (size_t i = 0; i < count; i++)
        host_keys_add(&keys, lua_topointer(L, base + 1 + (int)i));
    qsort(list, count, sizeof *list, compare);
    bool quoted = quote_names(L, list, count, scratch);
    size_t size = scratch->size - start;
    scratch->size = start;
    if (!quoted) return;
    struct host_shape *shape =
        push_shape(L, base, &keys, list, count ? scratch->data + start : "", size);
    if (order) {
        lua_pushvalue(L, order);
        lua_setiuservalue(L, -2, (int)count + 1);
    }
    note_slots(L, s, base, shape);
    keep(L, anchors, s, keys.hash, shape);
}

void host_shape_learn(lua_State *L, int refs, int anchors, struct host_shapes *s,
                      struct host_joint *rules, int order, int index,
                      struct host_bytes *scratch)
{
    int top = lua_gettop(L);

    rules->credit -= COST;
    if (rules->credit < COST) {
        rules->credit = AGAIN;
        rules->rest = REST;
    }
    learn(L, refs, anchors, s, rules, order, index, scratch);
    lua_settop(L, top);
}
