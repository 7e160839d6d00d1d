/* What the files of host.chunk share. */
#ifndef HOST_CHUNK_H
#define HOST_CHUNK_H

#include <lua.h>

/* Adds digest and digests to the table on top (chunk_digest.c). */
void host_chunk_digest_open(lua_State *L);

#endif
