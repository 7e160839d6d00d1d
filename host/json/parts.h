/* The parts of host.json: each adds its functions to the table on top of the stack. */
#ifndef HOST_JSON_PARTS_H
#define HOST_JSON_PARTS_H

#include "bytes.h"

#include <lua.h>

/* asked (asked.c). */
void host_json_asked_open(lua_State *L);

/* paths, see, unnoted and watch (paths.c). */
void host_json_paths_open(lua_State *L);

/* digest and outlines (digest.c). */
void host_json_digest_open(lua_State *L);

/* items (items.c). */
void host_json_items_open(lua_State *L);

/* draft (draft.c). */
void host_json_draft_open(lua_State *L);

/* Pushes an empty draft and returns its text. */
struct host_bytes *host_json_push_draft(lua_State *L);

/* reader (reader.c). */
void host_json_reader_open(lua_State *L);

#endif
