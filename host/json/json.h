/* The JSON writer and parser for other modules. */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include "bytes.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends the value at `index` as compact JSON: UTF-8 is checked, integers are exact,
 * doubles are shortest, object members are in a fixed order. Members named in `order` (a
 * table name -> rank at stack index `order`, or 0) come first, by rank; the others
 * follow, sorted by bytes. For a value that JSON cannot hold (invalid UTF-8, NaN, a
 * function, a cycle, depth over 200), truncates the buffer to its previous size, pushes
 * nil, message, "parse" and returns false. Raises only if out of memory. */
bool host_json_write(lua_State *L, int index, int order, struct host_bytes *b);

/* What is known of an object's members so far; for a list, its length. */
struct host_json_members {
    lua_Integer count;
    uint64_t seen; /* bits set by the rules */
};

enum host_json_verdict { HOST_JSON_TAKEN, HOST_JSON_OMITTED, HOST_JSON_REJECTED };

/* Rules (of host.schema) to check a value while it is written, in a single walk. Each
 * node's `rule` is opaque to the writer; a node below one without a rule has none. The
 * functions leave the stack unchanged. False and HOST_JSON_REJECTED end writing. */
struct host_json_rules {
    /* A member: sets *rule from the object's rule to that of the value at `index`.
     * HOST_JSON_OMITTED: removes the member from its table. */
    enum host_json_verdict (*member)(struct host_json_rules *, const void **rule,
                                     struct host_json_members *, const char *name,
                                     size_t size, int index);
    const void *(*item)(const void *rule); /* the rule of a list's items, or NULL */
    /* A value that is not a table; `text` if it is a string. */
    bool (*scalar)(struct host_json_rules *, const void *rule, int index, int kind,
                   const char *text, size_t size);
    bool (*opens)(const void *rule, bool list);
    /* The table at `index` is written, in `bytes` bytes. */
    bool (*closes)(struct host_json_rules *, const void *rule, int index, bool list,
                   const struct host_json_members *, size_t bytes);
};

/* Like host_json_write for a value that keeps the rules, which is inside `depth` tables
 * that are being written. If it does not, or JSON cannot hold it, leaves the buffer
 * unchanged, pushes nothing and returns false. */
bool host_json_write_checked(lua_State *L, int index, int order, int depth,
                             struct host_bytes *b, struct host_json_rules *rules,
                             const void *rule);

/* The rank of the string at `key` in the table at `order`, whose members come first. */
lua_Integer host_json_rank(lua_State *L, int order, int key);

/* Pushes the decoded value of text[0..size) and returns true; or pushes nil, message with
 * the byte, "parse" and returns false. */
bool host_json_parse(lua_State *L, const char *text, size_t size);

/* Advances to the next item of the array in text[0..size). *at is the end of the previous
 * item, 0 at first. Returns 1 with the item in [*item, text + *at), 0 after the last, or
 * -1 with nil, message with the byte, "parse" pushed. */
int host_json_item(lua_State *L, const char *text, size_t size, size_t *at,
                   const char **item);

/* Marks the table on top of the stack as a list (json.array). */
void host_json_mark(lua_State *L);

/* Whether the table at `index` has the metatable that notes which members of it are
 * missing: as if it had none. */
bool host_json_is_watched(lua_State *L, int index);

/* Whether the table at `index` is marked as a list. */
bool host_json_is_marked(lua_State *L, int index);

/* Replaces a lazy record at `index` with a plain table; raises if the record is no longer
 * valid. Returns false and changes nothing for other values. */
bool host_json_materialize(lua_State *L, int index);

/* Pushes a copy of the lazy record at `index` as its text has it, whatever was done with
 * its members; nil if it is no longer valid. Returns false and pushes nothing for other
 * values. */
bool host_json_push_as_read(lua_State *L, int index);

/* Returns room for `n` more bytes; raises if out of memory. */
char *host_json_room(lua_State *L, struct host_bytes *b, size_t n);

/* The same, inline for the common case that there is room. */
static inline char *host_json_space(lua_State *L, struct host_bytes *b, size_t n)
{
    return n <= b->capacity - b->size ? b->data + b->size : host_json_room(L, b, n);
}

/* Append one scalar. Those that may fail push the reason and return false. */
bool host_json_put_string(lua_State *L, struct host_bytes *b, const char *s, size_t size);
bool host_json_put_float(lua_State *L, struct host_bytes *b, lua_Number d);
void host_json_put_integer(lua_State *L, struct host_bytes *b, lua_Integer n);

/* The same for the value at `index`, which is not a table, of Lua's type `kind`; `text`
 * if it is a string. */
bool host_json_put_scalar(lua_State *L, struct host_bytes *b, int index, int kind,
                          const char *text, size_t size);

/* The text of the draft at `index`, which owns it; raises on misuse. With `ordered`,
 * pushes its order (a table or nil); *ordered is whether there is one. */
struct host_bytes *host_json_draft(lua_State *L, int index, bool *ordered);

#endif
