/* Walking a value along compiled rules, with what was found on the way. */
#ifndef HOST_SCHEMA_WALK_H
#define HOST_SCHEMA_WALK_H

#include "schema/rule.h"
#include "json/json.h"

/* Where in the value we are: a chain of stack frames, made a path only for a finding. */
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
    int errors;                     /* findings that are no warnings */
    int depth;
    int revisiting; /* above 0 in a further rule for a value that is measured already */
    size_t bytes;   /* of JSON, walked so far */
    size_t node_bytes; /* of the node whose `warn` is walked next */
    bool warning;      /* inside a `warn` */
    bool reported;     /* by the `check` that runs */
};

struct host_validator {
    const struct host_rule *rule;
    struct host_run *checking; /* while a `check` function runs, for its `report` */
    const void *list_mark;     /* the metatable of json's lists, to compare with */
};

/* A value on the stack, with what was asked of Lua about it already. */
struct host_value {
    int index;
    int kind;         /* Lua's type */
    const char *text; /* of a string */
    size_t size;
};

struct host_value host_schema_value(lua_State *L, int index);

/* Checks a value (its index is absolute); false ends the quick walk. */
bool host_schema_walk(struct host_run *r, const struct host_rule *rule,
                      const struct host_value *value, const struct host_place *place);

/* Checks it against a further rule; it is counted already. */
bool host_schema_revisit(struct host_run *r, const struct host_rule *rule, int index,
                         const struct host_place *place);

/* A broken rule: false ends the quick walk; the thorough one writes it down and goes on.
 * `name`: the member meant, "" for the place itself. */
bool host_schema_report(struct host_run *r, enum host_keyword keyword,
                        const struct host_place *place, const char *name, const char *fmt,
                        ...);

/* The rules for a string and for a number at `index`. */
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

/* Whether anything concerns a node as a whole, once all inside it is walked; and that. */
static inline bool host_rule_has_node(const struct host_rule *rule)
{
    return rule->check || rule->warn || rule->max_bytes >= 0;
}
bool host_schema_node(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place, size_t bytes, int errors);

/* Whether the value is null or "", which goes where empty members are left out. */
static inline bool host_schema_is_empty(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TSTRING) return lua_rawlen(L, index) == 0;
    return lua_islightuserdata(L, index) && !lua_touserdata(L, index);
}

/* Walks the value quickly and appends its JSON; false, and nothing appended, when it
 * breaks a rule, or JSON cannot hold it. `order` as for host_json_write. */
bool host_schema_write(struct host_run *r, int index, int order, struct host_bytes *b);

/* Pushes the `report` of the validator at that stack index, for the list of findings at
 * the other; 0: it only remembers that it was called. */
void host_schema_push_report(lua_State *L, int validator, int findings);

/* Calls the rule's `check` with the value. */
bool host_schema_call(struct host_run *r, const struct host_rule *rule, int index,
                      const struct host_place *place);

#endif
