/* host.file for other modules: input streams to read from, and durable writes. */
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

/* The name shown in places such as "users.csv:18". Borrowed. */
const char *host_input_name(const struct host_input *in);

/* Makes a new name in a folder durable; `path` is the entry in the folder. Returns errno.
 */
int host_file_sync_folder(lua_State *L, const char *path);

/* Writes a file atomically: readers see the old content or the new one, even after a
 * power failure. Pushes a string. Returns errno. */
int host_file_write(lua_State *L, const char *path, const char *data, size_t size);

#endif
