/* host.file.own - what this user owns is for this user alone. */

#include "file/parts.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, OTHERS = 0077 };

/* Why `path` cannot be ours, or NULL. */
static const char *objection(const struct stat *st)
{
    if (S_ISLNK(st->st_mode)) return "is a symbolic link";
    if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
        return "is not a file or a folder";
    if (st->st_uid != geteuid()) return "belongs to another user";
    return NULL;
}

/* own(path, keep) -> is_shared | nil, message, kind
 * Makes a file (0600) or folder (0700) of this user inaccessible to others, unless
 * `keep`. is_shared: whether it was accessible. A link, a device, and what another user
 * owns are "unusable"; no link is followed. */
static int file_own(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    struct stat st;
    if (lstat(path, &st) != 0) return host_fail_errno(L, errno, "examining", path);
    const char *why = objection(&st);
    if (why) return host_fail(L, HOST_UNUSABLE, "%s %s", path, why);
    bool is_shared = (st.st_mode & OTHERS) != 0;
    if (is_shared && !lua_toboolean(L, 2)) {
        mode_t mode = S_ISDIR(st.st_mode) ? FOLDER_MODE : FILE_MODE;
        /* Opened, so that a link that has taken its place meanwhile is not changed. */
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        int error = fd < 0 || fchmod(fd, mode) != 0 ? errno : 0;
        if (fd >= 0) close(fd);
        if (error) return host_fail_errno(L, error, "changing the mode of", path);
    }
    lua_pushboolean(L, is_shared);
    return 1;
}

void host_file_owner_open(lua_State *L)
{
    lua_pushcfunction(L, file_own);
    lua_setfield(L, -2, "own");
}
