/* Compiled rules of host.schema: a tree in userdata anchored by the validator, so that
 * neither an error nor a cycle of rules leaks. */
#ifndef HOST_SCHEMA_RULE_H
#define HOST_SCHEMA_RULE_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_type {
    HOST_TYPE_STRING = 1,
    HOST_TYPE_BOOLEAN = 2,
    HOST_TYPE_INTEGER = 4,
    HOST_TYPE_NUMBER = 8,
    HOST_TYPE_OBJECT = 16,
    HOST_TYPE_ARRAY = 32,
    HOST_TYPE_NULL = 64,
    HOST_TYPE_OTHER = 128 /* what JSON cannot hold */
};

enum host_format {
    HOST_FORMAT_NONE,
    HOST_FORMAT_EMAIL,
    HOST_FORMAT_URI,
    HOST_FORMAT_HEX,
    HOST_FORMAT_BASE64
};

/* The keywords of a rule, in the order of host_keyword_names. */
enum host_keyword {
    HOST_KEY_TYPE,
    HOST_KEY_MIN_LENGTH,
    HOST_KEY_MAX_LENGTH,
    HOST_KEY_PATTERN,
    HOST_KEY_FORMAT,
    HOST_KEY_ENUM,
    HOST_KEY_MINIMUM,
    HOST_KEY_MAXIMUM,
    HOST_KEY_REQUIRED,
    HOST_KEY_ADDITIONAL,
    HOST_KEY_FORBIDDEN,
    HOST_KEY_KEY_WITHOUT,
    HOST_KEY_ANY_REQUIRED,
    HOST_KEY_EXCLUSIVE,
    HOST_KEY_MIN_PROPERTIES,
    HOST_KEY_MAX_PROPERTIES,
    HOST_KEY_MIN_ITEMS,
    HOST_KEY_MAX_ITEMS,
    HOST_KEY_MAX_BYTES,
    HOST_KEY_COUNT
};
extern const char *const host_keyword_names[HOST_KEY_COUNT];

/* A string of the rules, borrowed from refs[ref]; also used for lookups. */
struct host_name {
    const char *text;
    size_t size;
    lua_Integer ref;
};

struct host_names {
    struct host_name *at;
    size_t count;
    uint64_t mask; /* bits of the rule's properties; 0 if not all names are properties */
};

enum { HOST_PATTERN_BYTES = 256 };

/* One step of a pattern that needs no backtracking: between `least` and `most` bytes of
 * `set`. One bool per byte is faster than a bit set. */
struct host_step {
    bool set[HOST_PATTERN_BYTES];
    size_t least, most;
};

struct host_pattern {
    struct host_name text;
    struct host_step *steps; /* NULL: string.find decides */
    size_t count;
};

struct host_property {
    struct host_name name;
    struct host_rule *rule;
    uint64_t bit; /* in the mask of seen members; 0 after the 64th */
};

struct host_properties {
    struct host_property *at; /* sorted by name */
    size_t count;
    struct host_property **slots; /* hashed by the address of the interned name */
    size_t mask;
};

struct host_rule {
    unsigned types; /* of enum host_type; 0: any JSON type */
    struct host_name type_text;
    lua_Integer min_length, max_length; /* these and the next pairs: -1: none */
    lua_Integer min_properties, max_properties, min_items, max_items, max_bytes;
    struct host_pattern *patterns;
    size_t pattern_count;
    struct host_name pattern_name;
    enum host_format format;
    bool for_strings; /* has rules for strings beyond the type */
    struct host_names enums, required, any_required, exclusive;
    struct host_properties forbidden; /* without rules */
    bool has_minimum, has_maximum, closed, omit_empty;
    lua_Number minimum, maximum;
    struct host_properties properties;
    struct host_rule *additional, *items, *warn;
    bool *key_without;          /* by byte; NULL: none */
    struct host_name switch_on; /* text NULL: no switch */
    struct host_properties cases;
    struct host_rule *otherwise;
    lua_Integer check; /* the function's place in refs, 0 for none */
};

/* Indexes of the table that compiled rules borrow from: functions of Lua's library,
 * `report`, the table of shapes, and from HOST_REFS_CODE to HOST_REFS_FIXED the code of
 * each keyword (or false). */
#define HOST_REFS_FIND   1
#define HOST_REFS_REPORT 2
#define HOST_REFS_SORT   3
#define HOST_REFS_SHAPES 4
#define HOST_REFS_CODE   5
#define HOST_REFS_FIXED  (HOST_REFS_CODE + HOST_KEY_COUNT - 1)

/* Compiles the rule table at `index`; `refs` is the stack index of the table above,
 * filled up to HOST_REFS_FIXED. Raises if a rule is invalid. */
struct host_rule *host_rule_compile(lua_State *L, int index, int refs);

/* The property named `text`, a Lua string of `size` bytes; or NULL. */
struct host_property *host_property_find(const struct host_properties *properties,
                                         const char *text, size_t size);

/* Compiles the pattern on top of the stack to steps if they match the same as
 * string.find; `refs` anchors them. `items`: stack index of a table that keeps the bytes
 * of an item for the next pattern that has it. */
void host_pattern_compile(lua_State *L, int refs, int items,
                          struct host_pattern *pattern);
bool host_pattern_match(const struct host_pattern *pattern, const char *text,
                        size_t size);

/* Pops the value on top into `refs` and returns its index there. */
lua_Integer host_rule_anchor(lua_State *L, int refs);

/* Zeroed memory that lives as long as `refs`. */
void *host_rule_memory(lua_State *L, int refs, size_t size);

/* NULL if the text has the format, else what is wrong, without quoting the text. */
const char *host_format_fault(enum host_format format, const char *text, size_t size);
extern const char *const host_format_names[];
/* HOST_FORMAT_NONE for an unknown name. */
enum host_format host_format_named(const char *name);

#endif
