/* Shared by the files of host.file; other modules use file.h. */
#ifndef HOST_FILE_PARTS_H
#define HOST_FILE_PARTS_H

#include "file/file.h"

/* The path at `arg`; raises if it is empty or has a zero byte, which would truncate it
 * silently. */
const char *host_file_check_path(lua_State *L, int arg);

/* Pushes true and returns 1, or nil, message, kind for an errno and returns 3. */
int host_file_done(lua_State *L, int error, const char *doing, const char *path);

/* fsync. Returns errno; 0 also for what cannot be synced, such as a pipe. */
int host_file_sync(int fd);

/* Safe to call twice. */
void host_input_close(struct host_input *in);

/* Adds create, reserve and write to the table on top (output.c). */
void host_file_output_open(lua_State *L);

/* Adds glob, list, mkdir, remove_tree and temporary to it (folder.c). */
void host_file_folder_open(lua_State *L);

/* Adds beside (beside.c). */
void host_file_beside_open(lua_State *L);

/* Adds own (owner.c). */
void host_file_owner_open(lua_State *L);

#endif
