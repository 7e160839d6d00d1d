/* Joint rules: all the rules that one value is held against at once - its own, those that
 * a switch or a warning of the objects around it adds, and their warnings (joint.c). */
#ifndef HOST_SCHEMA_JOINT_H
#define HOST_SCHEMA_JOINT_H

#include "schema/rule.h"

enum {
    HOST_JOINT_RULES = 8,   /* of one value */
    HOST_JOINTS = 256,      /* of a validator */
    HOST_JOINT_CREDIT = 512 /* at first, and the most */
};

/* Like compiled rules, lives as long as the validator's `refs`. */
struct host_joint {
    /* own rule, if it has one, then `given` - 1 further ones, then their warnings */
    const struct host_rule *rules[HOST_JOINT_RULES];
    int given, count;
    bool has_own;                     /* rules[0] is the one that the writer walks */
    const struct host_rule *settled;  /* the rule whose switch chose a further one */
    const struct host_rule *choosing; /* the rule with a switch that is not settled */
    const struct host_rule *chosen;   /* by the switch of `settled`; NULL: none */
    struct host_joint *cases;         /* this one, settled: a list by `chosen` */
    struct host_joint *next;          /* in such a list */
    struct host_joint *items;         /* of a list; NULL if not yet known */
    unsigned types;                   /* of tables and strings that all rules allow */
    lua_Integer max_bytes;            /* of a table; -1: none */
    bool omits_empty, has_checks;
    bool any_text; /* every string keeps the rules */
    int credit;    /* see shape.c */
    int rest;      /* tables that are not looked up */
};

/* The joint rules of one validator. */
struct host_joints {
    struct host_joint *at[HOST_JOINTS];
    int count;
};

/* A member's name. */
struct host_label {
    const char *text;
    size_t size;
};

/* These return NULL if the rules are of a kind that only the plain walk knows, or too
 * many. They raise only if out of memory. */

/* Of the whole value. */
struct host_joint *host_joint_root(lua_State *L, int refs, struct host_joints *joints,
                                   const struct host_rule *rule);
struct host_joint *host_joint_member(lua_State *L, int refs, struct host_joints *joints,
                                     const struct host_joint *object,
                                     const struct host_label *name);
struct host_joint *host_joint_items(lua_State *L, int refs, struct host_joints *joints,
                                    struct host_joint *list);

/* The rules of the object at `index`, with what its switch adds. */
struct host_joint *host_joint_choose(lua_State *L, int refs, struct host_joints *joints,
                                     struct host_joint *object, int index);

#endif
