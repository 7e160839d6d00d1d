/* What the files of host.digest share. */
#ifndef HOST_DIGEST_H
#define HOST_DIGEST_H

#include <lua.h>

/* Adds hex, base64, base32, transcode and their reverses to the table on top
 * (encoding.c). */
void host_encoding_open(lua_State *L);

#endif
