/* What file.c uses of file_input.c; readers use file.h. */
#ifndef HOST_FILE_INPUT_H
#define HOST_FILE_INPUT_H

#include <lua.h>

struct host_input;

/* Pushes an input and returns 1, or nil, message, kind and returns 3. `name` may be NULL.
 */
int host_input_open(lua_State *L, const char *path, const char *name);

/* May run twice. */
void host_input_close(struct host_input *in);

/* Makes the metatable. */
void host_input_register(lua_State *L);

#endif
