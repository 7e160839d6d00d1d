/* host.file for other modules: input streams to read from, and durable writes. */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HOST_FILE_INPUT "host.file.input"

struct host_input; /* userdata of metatable HOST_FILE_INPUT */
struct stat;

/* Create the metatables of inputs and of what lists folders; may be called again. */
void host_input_type(lua_State *L);
void host_file_folder_type(lua_State *L);

/* Pushes an input and returns 1, or nil, message, kind and returns 3. `path` "-" is
 * stdin; `name` may be NULL. */
int host_input_open(lua_State *L, const char *path, const char *name);

/* Pushes an input that is closed; `path` is for messages, `name` as above. */
struct host_input *host_input_new(lua_State *L, const char *path, const char *name);

/* Gives a descriptor to such an input, on top of the stack, which closes it also on a
 * failure. If it is negative, errno says why. Returns 1, or pushes nil, message, kind and
 * returns 3. */
int host_input_attach(lua_State *L, struct host_input *in, int fd);

/* Pushes an input that reads a copy of the bytes, as they are. */
struct host_input *host_input_of_text(lua_State *L, const char *text, size_t size,
                                      const char *name);

/* Reads at most `n` bytes, decompressed. Returns the count, 0 at the end, -1 on failure
 * with nil, message, kind pushed. */
ssize_t host_input_read(lua_State *L, struct host_input *in, void *buffer, size_t n);

/* From now on text in UTF-16 comes as UTF-8: where there is a byte order mark, or every
 * other byte is zero at the beginning. Without effect once something was read. */
void host_input_as_text(lua_State *L, struct host_input *in);

/* The name shown in places such as "users.csv:18". Borrowed. */
const char *host_input_name(const struct host_input *in);

/* The descriptor, for modules that read a file at random; -1 if the input is closed. */
int host_input_descriptor(const struct host_input *in);

/* Sets what is reported as read by a module that reads by the descriptor. */
void host_input_set_taken(struct host_input *in, lua_Integer bytes);

/* The path of an open file, PATH_MAX bytes; false if it cannot be known (beside.c). */
bool host_file_path_of(int fd, char *path);

/* Opens the regular file next to an open one that is called like it with `ending`, and
 * follows no link. Returns a descriptor, or -1 with errno; `path`, of PATH_MAX bytes, is
 * for messages. ESTALE: the open file is no longer where it was. */
int host_file_beside(const struct host_input *in, const char *ending, char *path);

/* Pushes nil, message, kind for the errno of that and returns 3. */
int host_file_fail_beside(lua_State *L, int error, const char *path);

/* The end of a name at `arg`; raises if it could lead to another folder. */
const char *host_file_check_ending(lua_State *L, int arg);

/* Pushes {type, size, modified, mode}. */
void host_file_push_stat(lua_State *L, const struct stat *st);

/* Pushes the sorted names in the folder `*fd`, with those that begin with "." if
 * `hidden`. Closes `*fd` and sets it to -1. Returns 1, or pushes nil, message, kind and
 * returns 3. */
int host_file_list(lua_State *L, int *fd, const char *path, bool hidden);

/* The Lua function feed(name, next) -> input
 * Its bytes are what `next` returns: a string, nil at the end, or nil, message, kind. */
int host_file_feed(lua_State *L);

/* The Lua function working_directory() -> path. */
int host_file_working_directory(lua_State *L);

/* Makes a new name in a folder durable; `path` is the entry in the folder. Returns errno.
 */
int host_file_sync_folder(lua_State *L, const char *path);

/* Writes a file atomically: readers see the old content or the new one, even after a
 * power failure. Pushes a string. Returns errno. */
int host_file_write(lua_State *L, const char *path, const char *data, size_t size);

#endif
