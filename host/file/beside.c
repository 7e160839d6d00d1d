/* Files next to an open one: opened by what the folder is, not by what a path says, so
 * that nothing can be replaced in between. */

#include "file/parts.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef O_PATH /* only to examine it */
#define O_PATH (O_RDONLY | O_NONBLOCK)
#endif

bool host_file_path_of(int fd, char *path)
{
#ifdef F_GETPATH
    return fcntl(fd, F_GETPATH, path) == 0;
#else
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n >= 0) path[n] = '\0';
    return n >= 0;
#endif
}

/* Whether `name` in a folder is the open file. */
static bool is_there(int folder, const char *name, int fd)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 &&
           fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* Opens a regular file in a folder, and follows no link. */
static int open_regular(int folder, const char *name)
{
    struct stat st;
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

int host_file_beside(const struct host_input *in, const char *ending, char *path)
{
    int beside = host_input_descriptor(in);
    char folder_path[PATH_MAX];

    snprintf(path, PATH_MAX, "%s", host_input_name(in));
    if (!host_file_path_of(beside, folder_path)) return -1;
    char *name = strrchr(folder_path, '/');
    if (!name || strlen(folder_path) + strlen(ending) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(path, folder_path);
    strcat(path, ending);
    *name++ = '\0';
    int folder = open(*folder_path ? folder_path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool same = folder >= 0 && is_there(folder, name, beside);
    int fd = same ? open_regular(folder, strrchr(path, '/') + 1) : -1;
    int error = same ? errno : ESTALE;
    if (folder >= 0) close(folder);
    errno = error;
    return fd;
}

int host_file_fail_beside(lua_State *L, int error, const char *path)
{
    if (error == ELOOP || error == EMLINK)
        return host_fail(L, HOST_UNUSABLE,
                         "opening %s: it is a link, which is not followed", path);
    if (error == ESTALE)
        return host_fail(L, HOST_IO, "opening %s: its folder was changed meanwhile",
                         path);
    return host_fail_errno(L, error, "opening", path);
}

const char *host_file_check_ending(lua_State *L, int arg)
{
    const char *ending = luaL_checkstring(L, arg);
    luaL_argcheck(L, *ending && !strchr(ending, '/'), arg, "not the end of a name");
    return ending;
}

/* beside(input, ending) -> input | nil, message, kind
 * The regular file in the same folder with that name. */
static int file_beside(lua_State *L)
{
    struct host_input *beside = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    const char *ending = host_file_check_ending(L, 2);
    char path[PATH_MAX];

    struct host_input *in = host_input_new(L, host_input_name(beside), NULL);
    int fd = host_file_beside(beside, ending, path);
    if (fd < 0) return host_file_fail_beside(L, errno, path);
    return host_input_attach(L, in, fd);
}

static const luaL_Reg functions[] = {
    {"beside", file_beside},
    {NULL,     NULL       }
};

void host_file_beside_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
