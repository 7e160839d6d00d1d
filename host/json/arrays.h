/* Where a record holds others. */
#ifndef HOST_JSON_ARRAYS_H
#define HOST_JSON_ARRAYS_H

#include <lua.h>

#include <stddef.h>

/* Pushes a list of the arrays of objects in the valid text of a value, and of the objects
 * that hold objects only: {pointer, count, keyed, first}. */
void host_json_push_arrays(lua_State *L, const char *text, size_t size);

#endif
