/* The walk of a value along compiled rules, and its findings. */
#ifndef HOST_SCHEMA_WALK_H
#define HOST_SCHEMA_WALK_H

#include "schema/rule.h"
#include "schema/schema.h"
#include "schema/shape.h"
#include "json/json.h"

/* A position in the value: a chain of stack frames, turned into a path for a finding. */
struct host_place {
    const struct host_place *up;
    const char *name; /* NULL: an index */
    lua_Integer index;
};

struct host_run {
    lua_State *L;
    struct host_validator *validator;
    const struct host_place *place; /* of the node whose `check` runs */
    int refs;                       /* stack index */
    int findings;                   /* stack index, 0 while walking quickly */
    int errors;                     /* findings other than warnings */
    int depth;
    int revisiting;    /* above 0 in another rule for a value whose bytes are counted */
    size_t bytes;      /* of JSON, walked so far */
    size_t node_bytes; /* of the node whose `warn` is walked next */
    bool warning;      /* inside a `warn` */
    bool reported;     /* by the running `check` */
};

/* Properties that were found by names in JSON text, whose addresses say nothing. */
struct host_recent {
    const struct host_properties *of;
    const struct host_property *property;
};
enum { HOST_RECENT = 128 }; /* a power of two */

struct host_validator {
    const struct host_rule *rule;
    struct host_recent recent[HOST_RECENT];
    struct host_run *checking; /* while a `check` function runs, for its `report` */
    const void *list_mark;     /* the metatable that marks JSON lists */
    struct host_shapes *shapes;
};

static inline struct host_value host_schema_value(lua_State *L, int index)
{
    struct host_value value = {index, lua_type(L, index), NULL, 0};
    if (value.kind == LUA_TSTRING) value.text = lua_tolstring(L, index, &value.size);
    return value;
}

/* Checks a value (its index is absolute); false ends the quick walk. */
bool host_schema_walk(struct host_run *r, const struct host_rule *rule,
                      const struct host_value *value, const struct host_place *place);

/* Checks it against another rule, without counting its bytes again. */
bool host_schema_revisit(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place);

/* Reports a broken rule: false ends the quick walk; the thorough walk records the finding
 * and continues. `name`: the member in question, "" for the place itself. */
bool host_schema_report(struct host_run *r, enum host_keyword keyword,
                        const struct host_place *place, const char *name, const char *fmt,
                        ...);

/* The type and the rules of a value that is neither a table nor a string. */
bool host_schema_scalar(struct host_run *r, const struct host_rule *rule,
                        const struct host_value *value);

/* The rules for a string and for a number at `index`. For a string it may be 0, if it is
 * not a value of Lua: patterns that need one do not match. */
bool host_schema_string(struct host_run *r, const struct host_rule *rule, int index,
                        const char *text, size_t size, const struct host_place *place);
bool host_schema_number(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place);

bool host_schema_object(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place);

/* The rules for the name of a member, for all members, and for the length of a list. */
bool host_schema_name(struct host_run *r, const struct host_rule *rule, const char *name,
                      size_t size, const struct host_place *place);
bool host_schema_whole(struct host_run *r, const struct host_rule *rule, int index,
                       const struct host_place *place,
                       const struct host_json_members *members);
bool host_schema_length(struct host_run *r, const struct host_rule *rule, lua_Integer n,
                        const struct host_place *place);

/* A member of a value in JSON text: the text of its value, NULL if there is none. */
struct host_text_member {
    const char *name;
    size_t name_size;
    const char *at, *end;
};

/* Whether a value, which is text[0..size), a JSON text that is valid, certainly keeps the
 * rules. False may also mean that the text alone does not tell. Looks for its members
 * `wanted`, too. */
bool host_schema_accepts_text(struct host_run *r, const char *text, size_t size,
                              struct host_text_member *wanted, size_t n_wanted);

/* Whether there are rules for a whole node, after its contents are walked; and their
 * check. */
static inline bool host_rule_has_node(const struct host_rule *rule)
{
    return rule->check || rule->warn || rule->max_bytes >= 0;
}
bool host_schema_node(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place, size_t bytes, int errors);

/* Whether the value is null or "", which is removed if empty members are omitted. */
static inline bool host_schema_is_empty(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TSTRING) return lua_rawlen(L, index) == 0;
    return lua_islightuserdata(L, index) && !lua_touserdata(L, index);
}

/* The same for a value that was read. */
static inline bool host_value_is_empty(lua_State *L, const struct host_value *value)
{
    if (value->kind == LUA_TSTRING) return value->size == 0;
    return value->kind == LUA_TLIGHTUSERDATA && !lua_touserdata(L, value->index);
}

/* Walks the value quickly and appends its JSON; false, with nothing appended, if it
 * breaks a rule or JSON cannot hold it. `order` as for host_json_write; `anchors`: the
 * table of the validator's shapes. */
bool host_schema_write(struct host_run *r, int index, int anchors, int order,
                       struct host_bytes *b);

/* The same without shapes, for a rule, or NULL, and a value inside `depth` tables. */
bool host_schema_write_plainly(struct host_run *r, const struct host_rule *rule,
                               int index, int order, int depth, struct host_bytes *b);

/* Pushes the `report` function of the validator at that stack index, which appends to the
 * list at the index `findings`; 0: it only records that it was called. */
void host_schema_push_report(lua_State *L, int validator, int findings);

/* Calls the rule's `check` with the value. */
bool host_schema_call(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place);

#endif
