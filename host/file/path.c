/* Paths for host.file: checks, fsync, what is there, and results. */

#include "file/parts.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *host_file_check_path(lua_State *L, int arg)
{
    size_t size;
    const char *path = luaL_checklstring(L, arg, &size);
    luaL_argcheck(L, size > 0, arg, "an empty path");
    luaL_argcheck(L, strlen(path) == size, arg, "a path with a zero byte");
    return path;
}

int host_file_done(lua_State *L, int error, const char *doing, const char *path)
{
    if (error) return host_fail_errno(L, error, doing, path);
    lua_pushboolean(L, 1);
    return 1;
}

void host_file_push_stat(lua_State *L, const struct stat *st)
{
#ifdef __APPLE__
    struct timespec modified = st->st_mtimespec;
#else
    struct timespec modified = st->st_mtim;
#endif
    lua_createtable(L, 0, 4);
    lua_pushstring(L, S_ISREG(st->st_mode)   ? "file"
                      : S_ISDIR(st->st_mode) ? "folder"
                                             : "other");
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, (lua_Integer)st->st_size);
    lua_setfield(L, -2, "size");
    lua_pushnumber(L, (lua_Number)modified.tv_sec + (lua_Number)modified.tv_nsec / 1e9);
    lua_setfield(L, -2, "modified");
    lua_pushinteger(L, (lua_Integer)(st->st_mode & 07777));
    lua_setfield(L, -2, "mode");
}

int host_file_working_directory(lua_State *L)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path))
        return luaL_error(L, "cannot get the working directory: %s", strerror(errno));
    lua_pushstring(L, path);
    return 1;
}

int host_file_sync(int fd)
{
    while (fsync(fd) != 0) {
        if (errno == EINVAL || errno == EROFS || errno == ENOTSUP) return 0; /* a pipe */
        if (errno != EINTR) return errno;
    }
    return 0;
}

int host_file_sync_folder(lua_State *L, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "." : slash == path ? "/" : NULL;
    if (!folder) folder = lua_pushlstring(L, path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno == EACCES ? 0 : errno; /* the folder may not be readable */
    int error = host_file_sync(fd);
    close(fd);
    return error;
}
