/* Shared by the files of host.file; other modules use file.h. */
#ifndef HOST_FILE_PARTS_H
#define HOST_FILE_PARTS_H

#include "file/file.h"
#include "utf8.h"

/* The path at `arg`; raises if it is empty or has a zero byte, which would truncate it
 * silently. */
const char *host_file_check_path(lua_State *L, int arg);

/* Pushes true and returns 1, or nil, message, kind for an errno and returns 3. */
int host_file_done(lua_State *L, int error, const char *doing, const char *path);

/* fsync. Returns errno; 0 also for what cannot be synced, such as a pipe. */
int host_file_sync(int fd);

/* Safe to call twice. */
void host_input_close(struct host_input *in);

/* -- text that may be in UTF-16, on its way to UTF-8 (utf16.c) -- */

enum host_wide_order {
    HOST_WIDE_UNKNOWN,
    HOST_WIDE_NONE,
    HOST_WIDE_LITTLE,
    HOST_WIDE_BIG
};

struct host_wide { /* zeroed at first */
    enum host_wide_order order;
    bool ended;        /* no more input */
    size_t begin, end; /* of the bytes in `raw` */
    size_t rest_begin, rest_end;
    char rest[UTF8_LONGEST]; /* of the last character */
    unsigned char raw[16 * 1024];
};

/* Where bytes of the input are to be read to, and how many; and that they were: 0 is the
 * end of the input. */
unsigned char *host_wide_room(struct host_wide *w, size_t *room);
void host_wide_filled(struct host_wide *w, size_t n);

/* Takes at most `n` bytes of text; 0 if more input is needed, or it has ended. */
size_t host_wide_take(struct host_wide *w, char *to, size_t n);

/* Whether the input is not UTF-16, and all that was read of it was taken. */
bool host_wide_is_none(const struct host_wide *w);

/* Adds create, reserve and write to the table on top (output.c). */
void host_file_output_open(lua_State *L);

/* Adds glob, list, mkdir, remove_tree and temporary to it (folder.c). */
void host_file_folder_open(lua_State *L);

/* Adds beside (beside.c). */
void host_file_beside_open(lua_State *L);

/* Adds own (owner.c). */
void host_file_owner_open(lua_State *L);

#endif
