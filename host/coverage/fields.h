/* The members of objects that were counted, as a tree of bounded size (fields.c). */
#ifndef HOST_COVERAGE_FIELDS_H
#define HOST_COVERAGE_FIELDS_H

#include "coverage/look.h"
#include "coverage/tables.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MOST_FIELDS = 200, /* distinguished; keys that are data would need more */
    MOST_LOOKS = 100,  /* distinguished of a field */
    DEPTH = 8          /* of members below an open one */
};

/* How the value of a member is counted. */
enum field_kind {
    FIELD_VALUE,  /* by what it looks like */
    FIELD_OPEN,   /* an object's members are fields, too */
    FIELD_CLOSED, /* only whether it is there: a secret */
};

enum { FIELD_TABLE_NONE = -1, FIELD_TABLE_UNKNOWN = -2 };

struct field_look {
    struct look look;
    uint64_t count;
};

struct field {
    char *name;            /* with those above it: "app_metadata.plan" */
    size_t name_size, own; /* `own`: where its last part begins */
    const char *quoted;    /* the last part as in JSON, with its colon: "plan": */
    size_t quoted_size;
    enum field_kind kind;
    int table;                             /* that of `tables` with this name */
    struct field *child, *sibling, *after; /* `after`: a guess */
    uint64_t users, stamp;                 /* stamp: the last user that had it */
    char *without;                         /* place of the first without it, or NULL */
    struct field_look *looks;
    size_t n_looks, most_looks, last_look;
};

struct fields {
    struct field *list; /* of MOST_FIELDS, at 0 the user itself; NULL: closed */
    int count;
    uint64_t users;  /* added */
    uint64_t others; /* values of members beyond MOST_FIELDS */
    char *first;     /* place of the first user */
    struct field *whole[MOST_FIELDS];
    int n_whole;           /* fields that all users have had */
    struct tables *tables; /* borrowed: noted in the same walk; or NULL */
};

/* False if out of memory. Names a member of the user, before users are added. */
bool host_fields_name(struct fields *f, const char *name, size_t size,
                      enum field_kind kind);

/* Counts the JSON object of a user, and notes its tables in `t`, unless that is NULL.
 * False if out of memory. */
bool host_fields_add(struct fields *f, struct tables *t, const char *text, size_t size,
                     const char *at);

void host_fields_free(struct fields *f);

#endif
