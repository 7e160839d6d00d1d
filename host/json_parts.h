/* The parts that json.c puts together: each adds its functions to the table on top. */
#ifndef HOST_JSON_PARTS_H
#define HOST_JSON_PARTS_H

#include <lua.h>

/* digest and digests (json_digest.c). */
void host_json_digest_open(lua_State *L);

/* draft (json_draft.c). */
void host_json_draft_open(lua_State *L);

/* reader (json_reader.c). */
void host_json_reader_open(lua_State *L);

#endif
