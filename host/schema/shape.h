/* Shapes: what was learnt of the objects whose keys lua_next yields in one sequence, held
 * against one set of rules (shape.c). */
#ifndef HOST_SCHEMA_SHAPE_H
#define HOST_SCHEMA_SHAPE_H

#include "schema/joint.h"
#include "schema/schema.h"
#include "json/json.h"

enum {
    HOST_SHAPE_MEMBERS = 96, /* of a shape */
    HOST_SHAPE_WAYS = 8,     /* places that a shape may be in */
    HOST_SHAPE_PLACES = 512,
    HOST_SHAPE_COPY = 16 /* bytes that are copied at once */
};

/* A member, in the order of output. */
struct host_part {
    struct host_joint *rules; /* of its value */
    const char *quoted; /* {"name": or ,"name": - HOST_SHAPE_COPY bytes may be read */
    unsigned short size, slot; /* slot: which of the keys */
};

/* A userdata; its user values keep the keys alive, so that their addresses stay unique.
 */
struct host_shape {
    const struct host_joint *rules;
    const void *order; /* the table of ranks, or NULL */
    size_t count;
    const void **keys; /* addresses of the interned strings */
    struct host_part *parts;
    short noted[HOST_SCHEMA_NOTED]; /* which of the keys; -1: the name is not there */
};

/* The shapes that a validator knows: a set-associative table. */
struct host_shapes {
    struct host_joints joints;
    struct host_joint *root;
    uint64_t hashes[HOST_SHAPE_PLACES];
    unsigned used[HOST_SHAPE_PLACES];
    struct host_shape *shapes[HOST_SHAPE_PLACES];
    unsigned clock; /* times that a shape was learnt or found */
    struct host_label noted[HOST_SCHEMA_NOTED];
    size_t n_noted;
};

/* The keys of an object, while it is compared with shapes. */
struct host_keys {
    const struct host_joint *rules;
    const void *order;
    size_t count;
    uint64_t hash;
    const void *at[HOST_SHAPE_MEMBERS];
};

static inline void host_keys_begin(struct host_keys *k, const struct host_joint *rules,
                                   const void *order)
{
    k->rules = rules;
    k->order = order;
    k->count = 0;
    k->hash = (uintptr_t)rules;
}

/* There must be room. */
static inline void host_keys_add(struct host_keys *k, const void *key)
{
    k->at[k->count++] = key;
    k->hash = (k->hash ^ (uintptr_t)key) * UINT64_C(0x9E3779B97F4A7C15);
}

/* Pushes a table with a place for each shape, which keeps it alive: `anchors`, below, is
 * its stack index. */
void host_shapes_push(lua_State *L);

/* How many shapes are known. */
size_t host_shapes_count(const struct host_shapes *s);

/* The shape with these keys, pushed so that it stays alive; or NULL. */
const struct host_shape *host_shape_find(lua_State *L, int anchors, struct host_shapes *s,
                                         const struct host_keys *keys);

/* Learns the shape of the object at `index`, unless it has members that only the plain
 * walk knows. That walk has accepted the object, so its names keep all rules. `order`:
 * stack index of the table of ranks, or 0. `scratch` is written to, and left as it was.
 */
void host_shape_learn(lua_State *L, int refs, int anchors, struct host_shapes *s,
                      struct host_joint *rules, int order, int index,
                      struct host_bytes *scratch);

#endif
