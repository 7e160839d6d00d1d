/* Which paths of objects were a list, and which an empty object, a tree of bounded size
 * (tables.c). */
#ifndef HOST_COVERAGE_TABLES_H
#define HOST_COVERAGE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MOST_TABLES = 1000, /* distinguished; keys that are data would need more */
    TABLE_SLOTS = 2048
};

struct table {
    char *name; /* as in JSON, of the member or "[]" for the items of a list */
    size_t name_size;
    int parent; /* -1: none */
    bool list;
    uint64_t empty; /* times that it was {} */
};

struct tables {
    struct table *list; /* 0 is the object itself */
    int count;
    short slots[TABLE_SLOTS]; /* hashed by parent and name: an index, 0 for none */
};

/* False if out of memory. Names a member whose tables are noted, before texts are added.
 */
bool host_tables_name(struct tables *t, const char *name, size_t size);

/* Notes the tables in the JSON of an object. */
bool host_tables_add(struct tables *t, const char *text, size_t size);

/* The same in parts, for a walk that counts something else, too. */

/* The table of a name below `parent`, made if it is new and not a member of the root; -1
 * if there is none, or out of memory (sets *full). */
int host_tables_find(struct tables *t, int parent, const char *name, size_t size,
                     bool *full);

/* Notes the list or object at p and the tables inside it; returns its end. */
const char *host_tables_take(struct tables *t, int index, const char *p, const char *end,
                             bool *full);

void host_tables_free(struct tables *t);

#endif
