/* The members that a recipe reads and that no record has: shared by asked.c, reader.c and
 * record.c. */
#ifndef HOST_JSON_ASKED_H
#define HOST_JSON_ASKED_H

#include "json/scan.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_ASKED_MOST = 100, JSON_ASKED_SLOTS = 512 };

struct json_name {
    const char *name; /* interned, and kept by the userdata */
    size_t size;
    uint64_t asked; /* the last record in which it was missing */
    bool found;     /* in another record */
};

struct json_asked {
    struct json_name names[JSON_ASKED_MOST];
    unsigned char slots[JSON_ASKED_SLOTS]; /* hashed by address: index + 1, or 0 */
    int count, pending;                    /* names; those not found */
    uint64_t record;                       /* the current one, of all readers */
    bool found;                            /* a member that was read */
};

/* The current record does not have the member named at stack index 2. `reader` is the
 * stack index of its reader. */
void host_json_ask(lua_State *L, struct json_asked *a, int reader);

/* Looks for the names that are pending in the record that is about to end. */
void host_json_settle(lua_State *L, struct json_asked *a, const struct json_scan *s,
                      int reader);

/* The `json.asked` at `index`; raises if it is none. */
struct json_asked *host_json_check_asked(lua_State *L, int index);

#endif
