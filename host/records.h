/* Readers whose records other modules of the host take without a call of Lua. */
#ifndef HOST_RECORDS_H
#define HOST_RECORDS_H

#include <lua.h>

/* What `next` below returns for a reader that was closed, with nothing pushed. */
enum { HOST_RECORDS_CLOSED = -1 };

struct host_records {
    /* The next record of the reader at stack index 1, on which nothing stands. 1: pushed
     * the record; *ordinal is what follows the prefix in its place. Otherwise pushed the
     * results of the reader's method `next`: how many. */
    int (*next)(lua_State *L, lua_Integer *ordinal);
};

/* Says how the readers with the metatable `type` are asked. */
void host_records_offer(lua_State *L, const char *type, const struct host_records *how);

/* How the value at `index` is asked; NULL if it is not such a reader. */
const struct host_records *host_records_of(lua_State *L, int index);

#endif
