/* The members that a recipe reads and that no record has: shared by asked.c, paths.c,
 * parse.c, reader.c and record.c. */
#ifndef HOST_JSON_ASKED_H
#define HOST_JSON_ASKED_H

#include "json/scan.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_ASKED_MOST = 100, JSON_ASKED_SLOTS = 512 };
enum { JSON_INTERNED = 40 }; /* bytes of the longest name that is; see host_slot */

/* The user values of the userdata: names that are there by name, and as a list; of the
 * root, the metatables of its paths. */
enum { JSON_ASKED_SEEN = 1, JSON_ASKED_NAMES, JSON_ASKED_PATHS };

struct json_name {
    const char *name; /* interned, and kept by the userdata */
    size_t size;
    uint64_t asked; /* the last record in which it was missing */
    bool found;     /* in another record */
};

/* Of records (the root), or of the objects at one path inside them. */
struct json_asked {
    struct json_name names[JSON_ASKED_MOST];
    unsigned char slots[JSON_ASKED_SLOTS]; /* hashed by address: index + 1, or 0 */
    int count, pending;                    /* names; those not found */
    uint64_t record;                       /* or object: the last one, of all readers */
    bool found;                            /* a member that was read */

    struct json_asked *root, *below, *beside; /* a path below it; the next one there */
    const char *name;                         /* of a path; NULL: the items of a list */
    int number;                               /* of a path: that of its metatable */
    int members;                              /* of a path: of its last object */
    bool every;                               /* root only: see all objects, watch none */
    int n_paths;                              /* root only; -1: paths are not noted */
    int paths; /* root only: stack index of JSON_ASKED_PATHS while a value is decoded */
};

/* Pushes the userdata of one more, whose fields are zero, with `values` user values. */
struct json_asked *host_json_push_asked(lua_State *L, int values);

/* The current record or object does not have the member named at stack index 2. `asked`
 * is the index of a's userdata. */
void host_json_ask(lua_State *L, struct json_asked *a, int asked);

/* Whether that was said of an interned name before. */
bool host_json_is_asked(const struct json_asked *a, const char *name);

/* Looks for the names that are pending in the record that is about to end. */
void host_json_settle(lua_State *L, struct json_asked *a, const struct json_scan *s,
                      int reader);

/* Whether an object that was decoded must be looked at. */
bool host_json_is_due(const struct json_asked *a);

/* Looks for the names that are pending in the table at stack index `object`; `asked` is
 * the index of a's userdata. */
void host_json_settle_object(lua_State *L, struct json_asked *a, int asked, int object);

/* The `json.asked` at `index`; raises if it is not one. */
struct json_asked *host_json_check_asked(lua_State *L, int index);

/* The path of a value at a path: that of the member named at stack index `name`, or of
 * the items of a list (0). NULL if there are too many. */
struct json_asked *host_json_path(lua_State *L, struct json_asked *at, int name);

/* Notes from here on what is read in vain of the table on top, an object at a path. */
void host_json_watch(lua_State *L, struct json_asked *path);

/* Decodes a scanned value inside a record, as host_json_parse does, and watches its
 * objects. `asked` is the stack index of its root, `name` that of the member's name. */
void host_json_decode(lua_State *L, int asked, int name, const char *text, size_t size);

#endif
