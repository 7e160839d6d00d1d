/* host.tally for modules of the host. */
#ifndef HOST_TALLY_H
#define HOST_TALLY_H

#include <lua.h>

#include <stddef.h>

struct host_tally;

/* The tally at `index`; raises for another value, or a closed one. */
struct host_tally *host_tally_check(lua_State *L, int index);

/* Counts a value as tally:add does; `kind` may be NULL. `at` ends with a zero byte. */
void host_tally_add(lua_State *L, struct host_tally *t, size_t bytes, const char *kind,
                    const char *at, lua_Integer lost);

#endif
