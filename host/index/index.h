/* host.index for modules of the host. */
#ifndef HOST_INDEX_INDEX_H
#define HOST_INDEX_INDEX_H

#include "index/spool.h"

#include <lua.h>

#include <stdbool.h>

struct host_index;

/* The set at `index`; raises for another value, or a closed one. */
struct host_index *host_index_check(lua_State *L, int index);

/* Adds an entry as set:add does. False: nothing was added, and set:add says why. */
bool host_index_add(lua_State *L, struct host_index *s, lua_Integer position,
                    const struct field *values, int n);

#endif
