/* Input streams for the readers in C (file.c). */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <lua.h>

#include <stddef.h>
#include <sys/types.h>

#define HOST_FILE_INPUT "host.file.input"

struct host_input; /* userdata of metatable HOST_FILE_INPUT */

/* Reads at most `n` bytes, decompressed. Returns the count, 0 at the end, -1 on failure
 * with nil, message, kind pushed. */
ssize_t host_input_read(lua_State *L, struct host_input *in, void *buffer, size_t n);

/* The base name for places such as "users.csv:18". Borrowed. */
const char *host_input_name(const struct host_input *in);

#endif
