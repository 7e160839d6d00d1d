/* Opens what a gate's rules cover, and says why it opens nothing else. */

#include "gate/parts.h"

#include "common.h"
#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

struct search {
    struct gate *gate;
    const char *path; /* absolute and normalised */
    enum purpose purpose;
};

/* -- what was opened -- */

static bool is_of_the_system(int fd)
{
#ifdef __linux__
    static const unsigned long types[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC,   DEBUGFS_MAGIC,      TRACEFS_MAGIC,
        SECURITYFS_MAGIC, SELINUX_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
        PSTOREFS_MAGIC,   BPF_FS_MAGIC,  EFIVARFS_MAGIC,
    };
    struct statfs st;
    if (fstatfs(fd, &st) != 0) return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((unsigned long)st.f_type == types[i]) return true;
#else
    (void)fd;
#endif
    return false;
}

static bool is_denial(const struct gate *g, const struct stat *st)
{
    for (size_t i = 0; i < g->denial_count; i++) {
        const struct denial *d = &g->denials[i];
        if (d->exists && d->device == st->st_dev && d->inode == st->st_ino) return true;
    }
    return false;
}

/* Whether an open file is denied, or a folder that it is in, by identity: links, mounts
 * and names of another case lead to the same. */
static bool is_denied(const struct search *s, int fd, const struct stat *st)
{
    const struct gate *g = s->gate;
    struct stat at;
    char path[PATH_MAX];

    if (g->denial_count == 0) return false;
    for (size_t i = 0; i < g->denial_count; i++) {
        struct denial *d = &g->denials[i];
        d->exists = stat(d->path, &at) == 0;
        d->device = d->exists ? at.st_dev : 0;
        d->inode = d->exists ? at.st_ino : 0;
    }
    if (is_denial(g, st)) return true;
    if (!host_file_path_of(fd, path) && !realpath(s->path, path)) return true;
    for (char *slash; (slash = strrchr(path, '/')) && slash != path;) {
        *slash = '\0';
        if (stat(path, &at) == 0 && is_denial(g, &at)) return true;
    }
    return false;
}

/* `named`: the very path was named by a person. */
static enum outcome judge(const struct search *s, int fd, bool named, struct stat *st)
{
    if (fstat(fd, st) != 0) return GATE_FAILED;
    if (is_of_the_system(fd)) return GATE_SYSTEM;
    bool is_pipe = S_ISFIFO(st->st_mode);
    if (is_pipe && !named) return GATE_PIPE;
    if (!is_pipe && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) &&
        !(named && S_ISCHR(st->st_mode)))
        return GATE_DEVICE;
    return is_denied(s, fd, st) ? GATE_OWN : GATE_OPENED;
}

/* -- opening -- */

static enum outcome open_at(const struct search *s, const struct grant *grant,
                            const char *rest, int flags, int *fd)
{
    if (!*rest) {
        *fd = open(grant->path, flags | O_CLOEXEC | O_NOCTTY);
        return *fd < 0 ? GATE_FAILED : GATE_OPENED;
    }
    int base = open(grant->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0) return GATE_FAILED;
    enum outcome outcome =
        host_gate_beneath(base, grant->path, rest, flags, s->gate->by_component, fd);
    int error = errno;
    close(base);
    errno = error;
    return outcome;
}

/* Opens and judges. */
static enum outcome try_open(const struct search *s, const struct grant *grant,
                             const char *rest, int flags, struct stat *st, int *fd)
{
    bool named = grant->named && !grant->rest && !*rest;
    enum outcome outcome = open_at(s, grant, rest, flags, fd);
    if (outcome != GATE_OPENED) return outcome;
    outcome = judge(s, *fd, named, st);
    if (outcome != GATE_OPENED) {
        int error = errno;
        close(*fd);
        *fd = -1;
        errno = error;
    }
    return outcome;
}

/* First only examines: to open a device may change it, and to open a pipe, its writer.
 * What a person named is then waited for, as without a gate. */
static enum outcome open_granted(const struct search *s, const struct grant *grant,
                                 const char *rest, int *fd)
{
    struct stat st;
    enum outcome outcome = try_open(s, grant, rest, O_PATH, &st, fd);
    if (outcome != GATE_OPENED || s->purpose == GATE_STAT) return outcome;
    close(*fd);
    bool waits = !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
    int flags = O_RDONLY | (s->purpose == GATE_READ ? 0 : O_DIRECTORY);
    outcome = try_open(s, grant, rest, flags | (waits ? 0 : O_NONBLOCK), &st, fd);
    if (outcome == GATE_OPENED && !waits)
        fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) & ~O_NONBLOCK);
    return outcome;
}

enum outcome host_gate_judge(struct gate *g, const char *path, int fd)
{
    struct search s = {g, path, GATE_READ};
    struct stat st;
    return judge(&s, fd, false, &st);
}

/* -- rules -- */

/* Whether the pattern matches the path, or with `searching` may match something in it. */
static bool matches(const char *pattern, const char *path, bool searching)
{
    char part[PATH_MAX];

    if (!searching)
        return *path && fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
    if (!*path) return true;
    const char *end = strchr(pattern, '/');
    for (const char *at = strchr(path, '/'); at && end; at = strchr(at + 1, '/'))
        end = strchr(end + 1, '/');
    if (!end || end - pattern >= PATH_MAX) return false;
    memcpy(part, pattern, (size_t)(end - pattern));
    part[end - pattern] = '\0';
    return fnmatch(part, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}

/* The rest of the path if the grant covers it as far as its text says, or NULL. */
static const char *covered(const struct grant *grant, const char *path,
                           enum purpose purpose)
{
    const char *rest = host_gate_below(path, grant->path);
    bool matching =
        rest && (!grant->rest || matches(grant->rest, rest, false) ||
                 (purpose == GATE_SEARCH && matches(grant->rest, rest, true)));
    return matching ? rest : NULL;
}

/* What to say of several grants: a failure first, then the reason that is most specific.
 */
static enum outcome first_of(enum outcome a, enum outcome b)
{
    return a == GATE_OUTSIDE || b == GATE_FAILED ? b : a;
}

static enum outcome search(const struct search *s, int *fd)
{
    const struct gate *g = s->gate;
    enum outcome outcome = GATE_OUTSIDE;
    int error = 0;

    for (size_t i = 0; i < g->denial_count; i++)
        if (host_gate_below(s->path, g->denials[i].path)) return GATE_OWN;
    for (size_t i = 0; i < g->grant_count && outcome != GATE_OPENED; i++) {
        const struct grant *grant = &g->grants[i];
        const char *rest = covered(grant, s->path, s->purpose);
        if (!rest) continue;
        bool hidden = !grant->rest && host_gate_is_hidden(rest);
        enum outcome one = hidden ? GATE_HIDDEN : open_granted(s, grant, rest, fd);
        if (one == GATE_FAILED && !error) error = errno;
        outcome = one == GATE_OPENED ? one : first_of(outcome, one);
    }
    errno = error;
    return outcome;
}

bool host_gate_covers(lua_State *L, const struct gate *g, const char *path,
                      enum purpose purpose)
{
    bool found = false;
    path = host_gate_normalise(L, path);
    for (size_t i = 0; i < g->grant_count && !found; i++)
        found = covered(&g->grants[i], path, purpose) != NULL;
    lua_pop(L, 1);
    return found;
}

struct held *host_gate_hold(lua_State *L)
{
    struct held *held = lua_newuserdatauv(L, sizeof *held, 0);
    held->fd = -1;
    luaL_setmetatable(L, HOST_GATE_HELD);
    return held;
}

void host_gate_release(struct held *held)
{
    if (held->fd >= 0) close(held->fd);
    held->fd = -1;
}

enum outcome host_gate_find(lua_State *L, struct gate *g, const char *path,
                            enum purpose purpose, struct held *held)
{
    struct search s = {g, host_gate_normalise(L, path), purpose};
    enum outcome outcome = search(&s, &held->fd);
    int error = errno;
    lua_pop(L, 1);
    errno = error;
    return outcome;
}

/* -- refusals -- */

static const char *const reasons[] = {
    [GATE_OUTSIDE] = "outside of the recipe's folder and of what was named",
    [GATE_LINK] = "a link leads outside of the recipe's folder and of what was named",
    [GATE_HIDDEN] = "a name in it begins with \".\"",
    [GATE_PIPE] = "a pipe that was not named",
    [GATE_DEVICE] = "a device",
    [GATE_SYSTEM] = "it belongs to the system",
    [GATE_OWN] = "it belongs to the program",
};

/* Whether it would be granted if a person named it. */
static bool may_be_named(enum outcome outcome)
{
    return outcome == GATE_OUTSIDE || outcome == GATE_LINK || outcome == GATE_HIDDEN ||
           outcome == GATE_PIPE;
}

int host_gate_fail(lua_State *L, const struct gate *g, enum outcome outcome,
                   const char *doing, const char *path)
{
    if (outcome == GATE_FAILED) return host_fail_errno(L, errno, doing, path);
    const char *hint = may_be_named(outcome) ? luaL_gsub(L, g->hint, "%s", path) : "";
    return host_fail(L, HOST_REFUSED, "cannot read %s: %s%s", path, reasons[outcome],
                     hint);
}
