/* host.chunk for modules of the host. */
#ifndef HOST_CHUNK_H
#define HOST_CHUNK_H

#include "bytes.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

struct host_chunk;

/* The writer at `index`; raises for another value, or a closed one. */
struct host_chunk *host_chunk_check(lua_State *L, int index);

/* Whether a value of so many bytes fits in the rest of the chunk. */
bool host_chunk_fits(const struct host_chunk *w, size_t bytes);

/* Adds a value that fits; lost: the number of what it loses. Raises only if out of
 * memory. */
void host_chunk_add(lua_State *L, struct host_chunk *w, const struct host_bytes *value,
                    lua_Integer position, const char *at, size_t at_size,
                    lua_Integer lost);

/* The values so far, with what stands between them. */
const struct host_bytes *host_chunk_text(const struct host_chunk *w);

#endif
