/* host.index - an exact set of keys on disk with a small index in memory.
 *
 * An entry is a record: a position and some fields, each a string or absent. It is
 * appended to the spool, an unlinked file. Each unique field is a key, for which a table
 * in memory holds 8 bytes: 40 bits of the record's offset and 24 bits of the key's hash.
 * Another 8 bits of the hash choose one of 256 shards. Equal bits prove nothing: the
 * record is read back and compared.
 *
 * A shard takes 8.9 to 13.4 bytes per key; only one of 256 is duplicated while it grows.
 */

#include "index/index.h"

#include "common.h"
#include "host.h"
#include "index/shard.h"
#include "index/spool.h"
#include "text/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SET "host.index.set"

enum { SHARDS = 256, SCRATCH = 512 }; /* SCRATCH: bytes */

struct host_index {
    bool unique[SPOOL_FIELDS], fold[SPOOL_FIELDS];
    uint64_t seed;
    lua_Integer count;
    struct shard shards[SHARDS];
    struct spool spool;
};

struct key {
    struct shard *shard;
    uint32_t tag;
};

/* -- hashing -- */

__extension__ typedef unsigned __int128 wide;

/* Folds both halves of a product: each bit of the result depends on all bits. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Each set has its own seed, so that a source cannot be crafted to collide. */
static uint64_t hash(uint64_t seed, const char *bytes, size_t size)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = seed ^ size, word;

    for (; size >= 8; bytes += 8, size -= 8) {
        memcpy(&word, bytes, 8);
        h = fold(h ^ word, odd);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return fold(fold(h ^ word, odd) ^ seed, odd);
}

/* The same value in another field is another key. */
static struct key key_of(struct host_index *s, int field, struct field value)
{
    uint64_t h = hash(s->seed + (uint64_t)field * UINT64_C(0xd1342543de82ef95),
                      value.bytes, value.size);
    return (struct key){&s->shards[h >> 56], (uint32_t)(h >> 32) & SHARD_TAG_MASK};
}

/* -- searching -- */

static bool same(struct field a, struct field b)
{
    return a.bytes && b.bytes && a.size == b.size &&
           memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* Finds the record whose `field` is `value`. Returns errno, and whether it exists. */
static int find(struct host_index *s, int field, struct field value, struct key key,
                struct record *r, bool *found)
{
    const struct shard *h = key.shard;
    uint32_t away = 0;

    *found = false;
    if (!h->used) return 0;
    for (uint32_t at = shard_home(h, key.tag);;
         at = at + 1 == h->capacity ? 0 : at + 1, away++) {
        uint64_t slot = h->slots[at];
        if (!slot || shard_distance(h, slot, at) < away) return 0;
        if ((slot & SHARD_TAG_MASK) != key.tag) continue;
        int error = host_spool_read(&s->spool, slot >> SHARD_TAG_BITS, r);
        if (error) return error;
        if (same(r->fields[field], value)) {
            *found = true;
            return 0;
        }
    }
}

/* What is known of records that have a key of the new one. */
struct clash {
    bool any, others; /* others: a different record has another key */
    uint64_t offset;
    lua_Integer position;
    lua_Integer equal, different; /* bit i: field i, which both have */
};

static void note(const struct host_index *s, const struct record *r,
                 const struct field *fields, struct clash *c)
{
    if (c->any) {
        c->others |= c->offset != r->offset;
        return;
    }
    *c = (struct clash){.any = true, .offset = r->offset, .position = r->position};
    for (int i = 0; i < s->spool.fields; i++) {
        if (!fields[i].bytes || !r->fields[i].bytes) continue;
        if (same(fields[i], r->fields[i]))
            c->equal |= 1 << i;
        else
            c->different |= 1 << i;
    }
}

/* Returns errno. */
static int search(struct host_index *s, const struct field *fields, struct key *keys,
                  struct clash *c)
{
    for (int i = 0; i < s->spool.fields; i++) {
        struct record r;
        bool found;
        if (!s->unique[i] || !fields[i].bytes) continue;
        keys[i] = key_of(s, i, fields[i]);
        int error = find(s, i, fields[i], keys[i], &r, &found);
        if (error) return error;
        if (found) note(s, &r, fields, c);
    }
    return 0;
}

/* Adds a new record. Returns errno. Reserves room first, so a failure leaves no partial
 * record. */
static int record(struct host_index *s, lua_Integer position, const struct field *fields,
                  const struct key *keys)
{
    uint64_t offset;
    int n = 0;

    for (int i = 0; i < s->spool.fields; i++) {
        uint32_t more = 1;
        if (!keys[i].shard) continue;
        for (int j = 0; j < i; j++)
            more += keys[j].shard == keys[i].shard;
        if (!host_shard_reserve(keys[i].shard, more)) return ENOMEM;
        n++;
    }
    if (!n) return 0;
    int error = host_spool_append(&s->spool, position, fields, &offset);
    if (error) return error;
    for (int i = 0; i < s->spool.fields; i++)
        if (keys[i].shard)
            host_shard_insert(keys[i].shard, offset << SHARD_TAG_BITS | keys[i].tag);
    s->count += n;
    return 0;
}

/* -- Lua functions -- */

static struct host_index *check_set(lua_State *L)
{
    struct host_index *s = host_self(L, SET);
    luaL_argcheck(L, s->spool.fd >= 0, 1, "the index is closed");
    return s;
}

/* Pushes false, message, kind. */
static int fail(lua_State *L, int error)
{
    if (error == ENOMEM) return luaL_error(L, "out of memory for an index");
    lua_getiuservalue(L, 1, 1);
    const char *path = lua_tostring(L, -1);
    if (error == EFBIG)
        host_fail(L, HOST_FULL, "the keys in %s exceed the capacity of an index", path);
    else
        host_fail_errno(L, error, "storing keys in", path);
    lua_pushboolean(L, 0);
    lua_replace(L, -4);
    return 3;
}

/* set:close() */
static int index_close(lua_State *L)
{
    struct host_index *s = luaL_checkudata(L, 1, SET);
    for (int i = 0; i < SHARDS; i++)
        host_shard_free(&s->shards[i]);
    host_spool_close(&s->spool);
    return 0;
}

/* Reads the list at stack index 2; returns how many fields there are. */
static int read_fields(lua_State *L, struct host_index *s)
{
    s->unique[0] = true;
    if (lua_isnil(L, 2)) return 1;
    int n = (int)lua_rawlen(L, 2);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 2, i + 1);
        luaL_argcheck(L, lua_istable(L, -1), 2, "a field must be a table");
        s->unique[i] = host_flag(L, -1, "unique", false);
        s->fold[i] = host_flag(L, -1, "fold", false);
        lua_pop(L, 1);
    }
    return n;
}

/* new(spool, fields?) -> set | nil, message, kind
 * fields: list of {unique, fold}; default: one that is unique. */
static int index_new(lua_State *L)
{
    size_t size;
    const char *path = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, strlen(path) == size, 1, "a path with a zero byte");
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        luaL_argcheck(L, lua_rawlen(L, 2) - 1 < SPOOL_FIELDS, 2, "1 to 8 fields");
    }

    struct host_index *s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    s->spool.fd = -1;
    luaL_setmetatable(L, SET);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    int fields = read_fields(L, s);
    if (getentropy(&s->seed, sizeof s->seed) != 0)
        return host_fail_errno(L, errno, "seeding the index", path);
    int error = host_spool_open(&s->spool, path, fields);
    return error ? host_fail_errno(L, error, "making", path) : 1;
}

/* Holds lower-case values while a record is added. */
struct scratch {
    char bytes[SCRATCH];
    size_t used;
};

/* The value in lower case; a long one is in a userdata that stays on the stack. */
static struct field lowered(lua_State *L, struct field value, struct scratch *scratch)
{
    if (host_text_settled(value.bytes, value.size) == value.size) return value;
    size_t room = host_text_room(value.size);
    bool fits = room <= SCRATCH - scratch->used;
    char *out = fits ? scratch->bytes + scratch->used : lua_newuserdatauv(L, room, 0);
    size_t size = host_text_fold(value.bytes, value.size, out);
    if (fits) scratch->used += size;
    return (struct field){out, size};
}

static struct field check_key(lua_State *L, const struct host_index *s, int field,
                              struct scratch *scratch)
{
    struct field value;
    value.bytes = luaL_checklstring(L, 2, &value.size);
    scratch->used = 0;
    return s->fold[field] ? lowered(L, value, scratch) : value;
}

/* Adds, and reports a clash in `c`. Returns errno. */
static int add(struct host_index *s, lua_Integer position, const struct field *fields,
               struct clash *c)
{
    struct key keys[SPOOL_FIELDS] = {0};
    int error = search(s, fields, keys, c);
    if (error || c->any) return error;
    return record(s, position, fields, keys);
}

struct host_index *host_index_check(lua_State *L, int index)
{
    struct host_index *s = luaL_checkudata(L, index, SET);
    luaL_argcheck(L, s->spool.fd >= 0, index, "the index is closed");
    return s;
}

bool host_index_add(lua_State *L, struct host_index *s, lua_Integer position,
                    const struct field *values, int n)
{
    struct field fields[SPOOL_FIELDS] = {0};
    struct scratch scratch = {.used = 0};
    struct clash c = {0};
    int top = lua_gettop(L);

    for (int i = 0; i < n && i < s->spool.fields; i++) {
        fields[i] = values[i];
        if (!fields[i].size)
            fields[i].bytes = NULL;
        else if (s->fold[i])
            fields[i] = lowered(L, fields[i], &scratch);
    }
    int error = add(s, position, fields, &c);
    lua_settop(L, top);
    return !error && !c.any;
}

/* set:add(position, ...) -> nil | held, equal, different, others | false, message, kind
 */
static int set_add(lua_State *L)
{
    struct host_index *s = check_set(L);
    lua_Integer position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, lua_gettop(L) - 2 <= s->spool.fields, 3 + s->spool.fields,
                  "too many fields");
    lua_settop(L, 2 + s->spool.fields);
    struct field fields[SPOOL_FIELDS] = {0};
    struct scratch scratch;
    struct clash c = {0};

    scratch.used = 0;
    for (int i = 0; i < s->spool.fields; i++) {
        if (!lua_isstring(L, 3 + i)) continue;
        fields[i].bytes = lua_tolstring(L, 3 + i, &fields[i].size);
        if (!fields[i].size)
            fields[i].bytes = NULL;
        else if (s->fold[i])
            fields[i] = lowered(L, fields[i], &scratch);
    }
    int error = add(s, position, fields, &c);
    if (error) return fail(L, error);
    if (!c.any) return luaL_pushfail(L), 1;
    lua_pushinteger(L, c.position);
    lua_pushinteger(L, c.equal);
    lua_pushinteger(L, c.different);
    lua_pushboolean(L, c.others);
    return 4;
}

/* set:put(key, position) -> nil | held | false, message, kind */
static int set_put(lua_State *L)
{
    struct host_index *s = check_set(L);
    lua_Integer position = luaL_checkinteger(L, 3);
    luaL_argcheck(L, s->unique[0], 1, "the first field is not unique");
    struct scratch scratch;
    struct field fields[SPOOL_FIELDS] = {check_key(L, s, 0, &scratch)};
    struct clash c = {0};

    int error = add(s, position, fields, &c);
    if (error) return fail(L, error);
    if (!c.any) return luaL_pushfail(L), 1;
    lua_pushinteger(L, c.position);
    return 1;
}

/* set:get(key, field?) -> position | nil | false, message, kind */
static int set_get(lua_State *L)
{
    struct host_index *s = check_set(L);
    lua_Integer field = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, field >= 1 && field <= s->spool.fields && s->unique[field - 1], 3,
                  "not a unique field");
    struct scratch scratch;
    int i = (int)field - 1;
    struct field value = check_key(L, s, i, &scratch);
    struct record r;
    bool found;

    int error = find(s, i, value, key_of(s, i, value), &r, &found);
    if (error) return fail(L, error);
    if (!found) return luaL_pushfail(L), 1;
    lua_pushinteger(L, r.position);
    return 1;
}

/* set:count() -> integer */
static int set_count(lua_State *L)
{
    lua_pushinteger(L, check_set(L)->count);
    return 1;
}

/* set:memory() -> bytes */
static int set_memory(lua_State *L)
{
    const struct host_index *s = check_set(L);
    size_t memory = sizeof *s + s->spool.read_capacity;
    for (int i = 0; i < SHARDS; i++)
        memory += s->shards[i].capacity * sizeof *s->shards[i].slots;
    lua_pushinteger(L, (lua_Integer)memory);
    return 1;
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"new", index_new},
    {NULL,  NULL     }
};

static const luaL_Reg methods[] = {
    {"add",    set_add    },
    {"close",  index_close},
    {"count",  set_count  },
    {"get",    set_get    },
    {"memory", set_memory },
    {"put",    set_put    },
    {NULL,     NULL       }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    index_close},
    {"__close", index_close},
    {NULL,      NULL       }
};

int luaopen_host_index(lua_State *L)
{
    host_newtype(L, SET, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
