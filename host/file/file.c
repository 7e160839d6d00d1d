/* host.file - files: read, renamed, inspected, locked.
 *
 * Inputs are in input.c, outputs in output.c, folders in folder.c. Whatever is created
 * here is accessible to its user only (0600, 0700), since it holds personal data. */

#include "file/parts.h"

#include "common.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOCK "host.file.lock"

enum { PIECE = 64 * 1024, READ_LIMIT = 256 * 1024 * 1024 };

struct lock {
    int fd; /* -1: released */
};

/* open(path, name?) -> input | nil, message, kind */
static int file_open(lua_State *L)
{
    return host_input_open(L, host_file_check_path(L, 1), luaL_optstring(L, 2, NULL));
}

/* read(path, limit?) -> data | nil, message, kind
 * limit: bytes after decompression; if exceeded, the kind is "full". */
static int file_read(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    lua_Integer limit = luaL_optinteger(L, 2, READ_LIMIT);
    luaL_argcheck(L, limit >= 0, 2, "must not be negative");
    lua_settop(L, 2);
    if (host_input_open(L, path, NULL) != 1) return 3;
    struct host_input *in = lua_touserdata(L, 3);

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (;;) {
        char *room = luaL_prepbuffsize(&b, PIECE);
        ssize_t n = host_input_read(L, in, room, PIECE);
        if (n < 0) {
            host_input_close(in);
            return 3;
        }
        if (n == 0) break;
        luaL_addsize(&b, (size_t)n);
        if (luaL_bufflen(&b) > (size_t)limit) {
            host_input_close(in);
            return host_fail(L, HOST_FULL, "reading %s: it is longer than %I bytes", path,
                             (LUAI_UACINT)limit);
        }
    }
    host_input_close(in);
    luaL_pushresult(&b);
    return 1;
}

/* stat(path) -> stat | nil, message, kind */
static int file_stat(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    struct stat st;
    if (stat(path, &st) != 0) return host_fail_errno(L, errno, "checking", path);
    host_file_push_stat(L, &st);
    return 1;
}

/* remove(path) -> true | nil, message, kind */
static int file_remove(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    return host_file_done(L, remove(path) == 0 ? 0 : errno, "removing", path);
}

/* rename(from, to) -> true | nil, message, kind */
static int file_rename(lua_State *L)
{
    const char *from = host_file_check_path(L, 1), *to = host_file_check_path(L, 2);
    int error = rename(from, to) == 0 ? host_file_sync_folder(L, to) : errno;
    return host_file_done(L, error, "renaming", from);
}

/* lock(path) -> lock | nil, message, kind */
static int file_lock(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    struct lock *lock = lua_newuserdatauv(L, sizeof *lock, 0);
    lock->fd = -1;
    luaL_setmetatable(L, LOCK);

    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock->fd < 0) return host_fail_errno(L, errno, "locking", path);
    while (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        if (error == EINTR) continue;
        close(lock->fd);
        lock->fd = -1;
        if (error == EWOULDBLOCK)
            return host_fail(L, HOST_BUSY, "locking %s: another process holds it", path);
        return host_fail_errno(L, error, "locking", path);
    }
    return 1;
}

/* lock:write(text) -> true | nil, message, kind
 * Replaces what the file contains. */
static int lock_write(lua_State *L)
{
    struct lock *lock = luaL_checkudata(L, 1, LOCK);
    size_t n;
    const char *text = luaL_checklstring(L, 2, &n);
    luaL_argcheck(L, lock->fd >= 0, 1, "the lock is released");

    int error = 0;
    if (ftruncate(lock->fd, 0) != 0 || lseek(lock->fd, 0, SEEK_SET) != 0) error = errno;
    if (error == 0) error = host_write_all(lock->fd, text, n);
    return host_file_done(L, error, "writing", "a lock file");
}

/* is_locked(path) -> boolean | nil, message, kind
 * Takes the lock for an instant: file.lock may fail as "busy" meanwhile. */
static int file_is_locked(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
    if (fd < 0) return host_fail_errno(L, errno, "opening", path);
    while (flock(fd, LOCK_SH | LOCK_NB) != 0) {
        error = errno;
        if (error != EINTR) break;
        error = 0;
    }
    close(fd);
    if (error != 0 && error != EWOULDBLOCK)
        return host_fail_errno(L, error, "looking at the lock", path);
    lua_pushboolean(L, error != 0);
    return 1;
}

/* lock:close() */
static int lock_close(lua_State *L)
{
    struct lock *lock = luaL_checkudata(L, 1, LOCK);
    if (lock->fd >= 0) close(lock->fd);
    lock->fd = -1;
    return 0;
}

/* free(path) -> bytes | nil, message, kind */
static int file_free(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return host_fail_errno(L, errno, "getting the free space of", path);
    lua_pushinteger(L, (lua_Integer)st.f_bavail * (lua_Integer)st.f_frsize);
    return 1;
}

/* real(path) -> path | nil, message, kind */
static int file_real(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    char resolved[PATH_MAX];
    if (!realpath(path, resolved)) return host_fail_errno(L, errno, "resolving", path);
    lua_pushstring(L, resolved);
    return 1;
}

static const luaL_Reg functions[] = {
    {"feed",              host_file_feed             },
    {"free",              file_free                  },
    {"is_locked",         file_is_locked             },
    {"lock",              file_lock                  },
    {"open",              file_open                  },
    {"read",              file_read                  },
    {"real",              file_real                  },
    {"remove",            file_remove                },
    {"rename",            file_rename                },
    {"stat",              file_stat                  },
    {"working_directory", host_file_working_directory},
    {NULL,                NULL                       }
};

static const luaL_Reg lock_methods[] = {
    {"close", lock_close},
    {"write", lock_write},
    {NULL,    NULL      }
};

static const luaL_Reg lock_metamethods[] = {
    {"__close", lock_close},
    {"__gc",    lock_close},
    {NULL,      NULL      }
};

int luaopen_host_file(lua_State *L)
{
    host_input_type(L);
    host_file_folder_type(L);
    host_newtype(L, LOCK, lock_methods, lock_metamethods);
    luaL_newlib(L, functions);
    host_file_output_open(L);
    host_file_folder_open(L);
    host_file_owner_open(L);
    host_file_beside_open(L);
    return 1;
}
