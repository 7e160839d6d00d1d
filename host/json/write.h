/* The JSON writer, shared by write.c, object.c and names.c. */
#ifndef HOST_JSON_WRITE_H
#define HOST_JSON_WRITE_H

#include "common.h"
#include "json/json.h"
#include "json/scan.h"

enum {
    FEW = 32,    /* members sorted on the stack */
    NAMES = 256, /* cached names, in sets of two */
    QUOTED = 48  /* bytes of a cached name with comma, quotes and colon */
};

/* A cached member name. A list in a user value of struct names keeps the string alive, so
 * that its address stays unique. */
struct name {
    const void *id;
    const char *text;
    size_t size;
    uint64_t prefix; /* first bytes as a big-endian number: usually decides the order */
    lua_Integer rank;
    bool ranked; /* rank is valid for the current order */
    size_t quoted_size;
    char quoted[QUOTED]; /* ,"name": */
};

/* The writer's cache, one per Lua state. */
struct names {
    const void *mark;  /* the metatable of lists */
    const void *order; /* the order that the ranks are for */
    unsigned tick;     /* which entry of a set is replaced next */
    struct name known[NAMES];
};

/* Where the writer is, for messages: a member's name or, without one, an index. */
struct step {
    const char *name; /* borrowed from the key, kept alive by its table */
    size_t size;
    lua_Integer index; /* 0-based */
};

struct json_writer {
    lua_State *L;
    struct host_bytes *b;
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
    return host_json_space(w->L, w->b, n);
}

static inline void put(struct json_writer *w, char c)
{
    *room(w, 1) = c;
    w->b->size++;
}

/* Pushes and returns the cache, created at the first call. */
struct names *host_json_names(lua_State *L);
bool host_json_has_mark(lua_State *L, int index, const void *mark);

/* Sets the order that ranks are cached for. struct names is on top of the stack. */
void host_json_order(struct json_writer *w);

/* Caches the string at `key`, whose member is filled, if it is short and needs no
 * escapes. Returns the cached name or NULL. */
struct name *host_json_learn(struct json_writer *w, struct name *set, int key,
                             const struct member *m);
uint64_t host_json_prefix(const char *name, size_t size);

/* Ends writing: the reason stays on top of the stack until all levels have returned. */
bool host_json_reject(struct json_writer *w, const char *reason);

/* The same for a value that breaks a rule, without a reason: the thorough walk reports
 * it. */
bool host_json_end(struct json_writer *w);

/* `rule`: to check the value against, or NULL. */
bool host_json_value(struct json_writer *w, int index, const void *rule);

/* Writes an object whose first pair is on the stack above `base`. */
bool host_json_object(struct json_writer *w, int index, int base, const void *rule,
                      struct host_json_members *members);

#endif
