/* The JSON writer and parser, for the other C modules (json.c). */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include "bytes.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends the value at `index` as compact JSON: UTF-8 checked, integers exact, doubles
 * shortest, object members in a fixed order. Members named in `order` (a table name ->
 * rank at stack index `order`, or 0) come first, by rank; the others follow, sorted by
 * bytes. On a value that JSON cannot hold (bad UTF-8, NaN, a function, a cycle, depth
 * over 200) the buffer is cut back to where it was, nil, message, "parse" are pushed and
 * false is returned. Raises only when memory is out. */
bool host_json_write(lua_State *L, int index, int order, struct host_bytes *b);

/* What the members of an object have shown of themselves; of a list, its length. */
struct host_json_members {
    lua_Integer count;
    uint64_t seen; /* bits that the rules set */
};

enum host_json_verdict { HOST_JSON_TAKEN, HOST_JSON_OMITTED, HOST_JSON_REJECTED };

/* Rules that a value is held against while it is written (host.schema's), so that one
 * walk does both. Each node's `rule` is theirs; a node below one without a rule has none.
 * They keep the stack as it is. False and HOST_JSON_REJECTED end the writing. */
struct host_json_rules {
    /* A member's name; sets *rule, which is the object's, to that of its value at
     * `index`. HOST_JSON_OMITTED: it is removed from its table. */
    enum host_json_verdict (*member)(struct host_json_rules *, const void **rule,
                                     struct host_json_members *, const char *name,
                                     size_t size, int index);
    const void *(*item)(const void *rule); /* the rule of a list's items, or NULL */
    /* A value that is no table; `text` of a string. */
    bool (*scalar)(struct host_json_rules *, const void *rule, int index, int kind,
                   const char *text, size_t size);
    bool (*opens)(const void *rule, bool list);
    /* All inside the table at `index` is written, in so many bytes. */
    bool (*closes)(struct host_json_rules *, const void *rule, int index, bool list,
                   const struct host_json_members *, size_t bytes);
};

/* The same as host_json_write for a value that keeps the rules. Where it does not, or
 * JSON cannot hold it, the buffer is as it was and false is returned, without a word. */
bool host_json_write_checked(lua_State *L, int index, int order, struct host_bytes *b,
                             struct host_json_rules *rules, const void *rule);

/* Pushes the value that text[0..size) holds and returns true; or pushes nil, message with
 * the byte, "parse" and returns false. */
bool host_json_parse(lua_State *L, const char *text, size_t size);

/* Passes to the next item of the array in text[0..size), from where the one before ended:
 * *at, 0 at first. Returns 1 with the item in [*item, text + *at), 0 after the last, or
 * -1 with nil, message with the byte, "parse" pushed. */
int host_json_item(lua_State *L, const char *text, size_t size, size_t *at,
                   const char **item);

/* Marks the table on top of the stack as a list (json.array). */
void host_json_mark(lua_State *L);

/* Whether the table at `index` is so marked. */
bool host_json_is_marked(lua_State *L, int index);

/* Replaces a lazy record at `index` by a plain table; raises when the record is gone.
 * Returns false, and changes nothing, for a value that is no such record. */
bool host_json_materialize(lua_State *L, int index);

/* Room for `n` more bytes; raises when memory is out. */
char *host_json_room(lua_State *L, struct host_bytes *b, size_t n);

/* The same, for where room is nearly always there. */
static inline char *host_json_space(lua_State *L, struct host_bytes *b, size_t n)
{
    return n <= b->capacity - b->size ? b->data + b->size : host_json_room(L, b, n);
}

/* Appends one scalar. The ones that may fail push the reason and return false. */
bool host_json_put_string(lua_State *L, struct host_bytes *b, const char *s, size_t size);
bool host_json_put_float(lua_State *L, struct host_bytes *b, lua_Number d);
void host_json_put_integer(lua_State *L, struct host_bytes *b, lua_Integer n);

/* The text of the draft at `index`, which keeps it; misuse raises. With `ordered`, its
 * order is pushed (a table, or nil) and *ordered says which. */
struct host_bytes *host_json_draft(lua_State *L, int index, bool *ordered);

#endif
