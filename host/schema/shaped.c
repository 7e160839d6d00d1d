/* Writes values whose shapes are known: what depends on names alone was settled when the
 * shape was learnt, so only values are checked and copied.
 *
 * It accepts nothing that the plain walk (write.c) would not, and writes the same bytes.
 * A table of another shape, or with a rule that joint rules do not have, goes the plain
 * way. The order in which rules are applied differs, which does not show: a broken rule
 * ends the walk, and the thorough one reports. */

#include "schema/shape.h"
#include "schema/walk.h"

#include "common.h"

#include <string.h>

enum {
    DEPTH = 64,                                  /* tables below go the plain way */
    ROOM = 2 * HOST_SHAPE_MEMBERS + LUA_MINSTACK /* on the stack, for a table */
};

enum outcome { WRITTEN, ENDED, UNKNOWN };

struct shaped {
    struct host_run *r;
    struct host_bytes *b;
    struct host_shapes *shapes;
    int anchors, order; /* stack indices; order may be 0 */
    int depth;
    bool doubtful;            /* the plain walk of the whole value decides */
    struct host_noted *noted; /* of the whole value, or NULL */
};

static bool write_value(struct shaped *s, struct host_joint *rules,
                        const struct host_value *value);

/* The order of members at the current depth. */
static int order_of(const struct shaped *s)
{
    return s->depth == 0 ? s->order : 0;
}

static bool write_plainly(struct shaped *s, const struct host_joint *rules, int index)
{
    const struct host_rule *own = rules->has_own ? rules->rules[0] : NULL;

    if (!host_schema_write_plainly(s->r, own, index, order_of(s), s->depth, s->b))
        return false;
    for (int i = rules->has_own; i < rules->given; i++) {
        /* The whole value is at least as deep as what the plain walk counts. */
        s->r->depth = s->depth;
        bool proceed = host_schema_revisit(s->r, rules->rules[i], index, NULL);
        s->r->depth = 0;
        if (!proceed) {
            s->doubtful = true;
            return false;
        }
    }
    return true;
}

static bool call_checks(struct shaped *s, const struct host_joint *rules, int index)
{
    for (int i = 0; i < rules->count; i++)
        if (rules->rules[i]->check &&
            !host_schema_call(s->r, rules->rules[i], index, NULL))
            return false;
    return true;
}

static bool keeps_rules(struct shaped *s, const struct host_joint *rules,
                        const struct host_value *value)
{
    if (value->kind != LUA_TSTRING) {
        for (int i = 0; i < rules->count; i++)
            if (!host_schema_scalar(s->r, rules->rules[i], value)) return false;
        return true;
    }
    if (!(rules->types & HOST_TYPE_STRING)) return false;
    for (int i = 0; i < rules->count; i++)
        if (rules->rules[i]->for_strings &&
            !host_schema_string(s->r, rules->rules[i], value->index, value->text,
                                value->size, NULL))
            return false;
    return true;
}

static bool write_scalar(struct shaped *s, const struct host_joint *rules,
                         const struct host_value *value)
{
    if (rules->max_bytes >= 0 || value->kind == LUA_TUSERDATA)
        return write_plainly(s, rules, value->index);
    if (!keeps_rules(s, rules, value)) return false;
    if (rules->has_checks && !call_checks(s, rules, value->index)) return false;
    return host_json_put_scalar(s->r->L, s->b, value->index, value->kind, value->text,
                                value->size);
}

/* The rules for a whole table that was written from `start` on. */
static enum outcome end_table(struct shaped *s, const struct host_joint *rules, int index,
                              size_t start)
{
    if (rules->max_bytes >= 0 && s->b->size - start > (size_t)rules->max_bytes)
        return ENDED;
    return !rules->has_checks || call_checks(s, rules, index) ? WRITTEN : ENDED;
}

static void put(struct shaped *s, char c)
{
    *host_json_space(s->r->L, s->b, 1) = c;
    s->b->size++;
}

static bool is_marked(const struct shaped *s, int index)
{
    lua_State *L = s->r->L;

    if (!lua_getmetatable(L, index)) return false;
    bool marked = lua_topointer(L, -1) == s->r->validator->list_mark;
    lua_pop(L, 1);
    return marked;
}

/* -- lists -- */

/* The items from the first pair on, which is on the stack above `base`, if there is one.
 */
static enum outcome write_items(struct shaped *s, struct host_joint *items, int index,
                                int base, lua_Integer *count)
{
    lua_State *L = s->r->L;

    if (lua_gettop(L) == base) return WRITTEN;
    do { /* key value */
        if (!lua_isinteger(L, base + 1) || lua_tointeger(L, base + 1) != *count + 1)
            return UNKNOWN;
        if ((*count)++) put(s, ',');
        struct host_value value = host_schema_value(L, base + 2);
        if (!write_value(s, items, &value)) return ENDED;
        lua_settop(L, base + 1);
    } while (lua_next(L, index));
    return WRITTEN;
}

static enum outcome write_list(struct shaped *s, struct host_joint *rules, int index,
                               int base)
{
    struct host_joint *items =
        host_joint_items(s->r->L, s->r->refs, &s->shapes->joints, rules);
    size_t start = s->b->size;
    lua_Integer count = 0;

    if (!items) return UNKNOWN;
    if (!(rules->types & HOST_TYPE_ARRAY)) return ENDED;
    put(s, '[');
    s->depth++;
    enum outcome outcome = write_items(s, items, index, base, &count);
    s->depth--;
    if (outcome != WRITTEN) return outcome;
    put(s, ']');
    for (int i = 0; i < rules->count; i++)
        if (!host_schema_length(s->r, rules->rules[i], count, NULL)) return ENDED;
    return end_table(s, rules, index, start);
}

/* -- objects -- */

/* The members of an object, as key and value on the stack above `base`. */
struct members {
    int index, base, pairs;
    bool is_full; /* without those that are empty and omitted */
    struct host_keys keys;
    struct host_value values[HOST_SHAPE_MEMBERS];
};

/* Takes the members, the first of which is on the stack above `base`. Leaves out those
 * that are empty if the rules say so. False if there are too many, or a key is not a
 * string. */
static bool gather(struct shaped *s, const struct host_joint *rules, struct members *m)
{
    lua_State *L = s->r->L;
    int slot = m->base + 2;

    m->pairs = 0;
    m->is_full = true;
    if (lua_gettop(L) == m->base) return true;
    do { /* (key value)* key value */
        const void *key = lua_topointer(L, slot - 1);
        if (!key || m->pairs == HOST_SHAPE_MEMBERS - 1) return false;
        struct host_value *value = &m->values[m->keys.count];
        *value = host_schema_value(L, slot);
        if (rules->omits_empty && host_value_is_empty(L, value))
            m->is_full = false;
        else
            host_keys_add(&m->keys, key);
        m->pairs++;
        lua_pushvalue(L, slot - 1);
        slot += 2;
    } while (lua_next(L, m->index));
    return true;
}

/* Removes what was left out from the table. */
static void remove_empty(struct shaped *s, const struct members *m)
{
    lua_State *L = s->r->L;

    for (int i = 0; i < m->pairs; i++) {
        struct host_value value = host_schema_value(L, m->base + 2 * i + 2);
        if (!host_value_is_empty(L, &value)) continue;
        lua_pushvalue(L, m->base + 2 * i + 1);
        lua_pushnil(L);
        lua_rawset(L, m->index);
    }
}

/* Tells the caller of the members that it asked for; false if it does not accept them. */
static bool note(const struct shaped *s, const struct host_shape *shape,
                 const struct host_value *values)
{
    struct host_noted *noted = s->noted;

    for (size_t i = 0; i < s->shapes->n_noted; i++)
        noted->at[i] = shape->noted[i] < 0 ? (struct host_value){.kind = LUA_TNIL}
                                           : values[shape->noted[i]];
    return noted->accepts(s->r->L, noted);
}

static bool write_members(struct shaped *s, const struct host_shape *shape,
                          const struct host_value *values)
{
    lua_State *L = s->r->L;

    for (size_t i = 0; i < shape->count; i++) {
        const struct host_part *part = &shape->parts[i];
        char *out = host_json_space(L, s->b, part->size + (size_t)HOST_SHAPE_COPY);
        memcpy(out, part->quoted, HOST_SHAPE_COPY);
        if (part->size > HOST_SHAPE_COPY) memcpy(out, part->quoted, part->size);
        s->b->size += part->size;
        const struct host_value *value = &values[part->slot];
        bool written = value->kind == LUA_TSTRING && part->rules->any_text
                           ? host_json_put_string(L, s->b, value->text, value->size)
                           : write_value(s, part->rules, value);
        if (!written) return false;
    }
    return true;
}

static enum outcome write_shape(struct shaped *s, struct host_joint *rules, int index,
                                const struct host_shape *shape,
                                const struct host_value *values)
{
    size_t start = s->b->size;

    if (rules->credit < HOST_JOINT_CREDIT) rules->credit++;
    s->depth++;
    bool proceed = write_members(s, shape, values);
    s->depth--;
    if (!proceed) return ENDED;
    if (shape->count == 0) put(s, '{');
    put(s, '}');
    return end_table(s, rules, index, start);
}

static enum outcome write_object(struct shaped *s, struct host_joint *rules, int index,
                                 int base)
{
    lua_State *L = s->r->L;
    struct members m; /* too large to be cleared */
    int order = order_of(s);

    if (!(rules->types & HOST_TYPE_OBJECT)) return ENDED;
    rules = host_joint_choose(L, s->r->refs, &s->shapes->joints, rules, index);
    if (!rules) return UNKNOWN;
    if (rules->rest > 0) {
        rules->rest--;
        return UNKNOWN;
    }
    m.index = index;
    m.base = base;
    host_keys_begin(&m.keys, rules, order ? lua_topointer(L, order) : NULL);
    if (!gather(s, rules, &m)) return UNKNOWN;
    const struct host_shape *shape = host_shape_find(L, s->anchors, s->shapes, &m.keys);
    if (!shape) return UNKNOWN;
    if (s->noted && s->depth == 0 && !note(s, shape, m.values)) return ENDED;
    if (!m.is_full) remove_empty(s, &m);
    return write_shape(s, rules, index, shape, m.values);
}

static enum outcome write_known(struct shaped *s, struct host_joint *rules, int index)
{
    lua_State *L = s->r->L;
    int base = lua_gettop(L);

    lua_pushnil(L);
    bool empty = !lua_next(L, index), marked = is_marked(s, index);
    if (empty ? marked : lua_isinteger(L, base + 1))
        return write_list(s, rules, index, base);
    return marked ? UNKNOWN : write_object(s, rules, index, base);
}

/* Learns the shape of an object that was written plainly. */
static void learn(struct shaped *s, struct host_joint *rules, int index)
{
    lua_State *L = s->r->L;

    if (!(rules->types & HOST_TYPE_OBJECT) || is_marked(s, index)) return;
    rules = host_joint_choose(L, s->r->refs, &s->shapes->joints, rules, index);
    if (rules && !rules->rest)
        host_shape_learn(L, s->r->refs, s->anchors, s->shapes, rules, order_of(s), index,
                         s->b);
}

static bool write_table(struct shaped *s, struct host_joint *rules, int index)
{
    lua_State *L = s->r->L;
    size_t start = s->b->size;
    int base = lua_gettop(L);

    if (s->depth >= DEPTH) return write_plainly(s, rules, index);
    if (!lua_checkstack(L, ROOM)) return false;
    enum outcome outcome = write_known(s, rules, index);
    lua_settop(L, base);
    if (outcome != UNKNOWN) return outcome == WRITTEN;
    s->b->size = start;
    if (!write_plainly(s, rules, index)) return false;
    learn(s, rules, index);
    return true;
}

static bool write_value(struct shaped *s, struct host_joint *rules,
                        const struct host_value *value)
{
    return (value->kind == LUA_TTABLE ? write_table(s, rules, value->index)
                                      : write_scalar(s, rules, value));
}

bool host_schema_write_noted(lua_State *L, struct host_validator *v, int index,
                             int tables, struct host_bytes *b, struct host_noted *noted)
{
    struct host_run r = {.L = L, .validator = v, .refs = tables};
    struct host_shapes *shapes = v->shapes;
    struct shaped s = {&r, b, shapes, tables + 1, tables + 2, 0, false, noted};
    size_t start = b->size;
    int top = lua_gettop(L);

    bool written = shapes->root && lua_checkstack(L, ROOM) &&
                   write_known(&s, shapes->root, index) == WRITTEN;
    lua_settop(L, top);
    if (!written) b->size = start;
    return written;
}

bool host_schema_write(struct host_run *r, int index, int anchors, int order,
                       struct host_bytes *b)
{
    lua_State *L = r->L;
    struct host_shapes *shapes = r->validator->shapes;
    struct shaped s = {r, b, shapes, anchors, order, 0, false, NULL};
    size_t start = b->size;
    int top = lua_gettop(L);

    if (!shapes->root)
        shapes->root = host_joint_root(L, r->refs, &shapes->joints, r->validator->rule);
    if (shapes->root) {
        struct host_value value = host_schema_value(L, index);
        bool written = write_value(&s, shapes->root, &value);
        lua_settop(L, top);
        if (written) return true;
        b->size = start;
        if (!s.doubtful) return false;
    }
    return host_schema_write_plainly(r, r->validator->rule, index, order, 0, b);
}
