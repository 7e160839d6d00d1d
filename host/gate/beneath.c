/* Opens below a folder, and never outside of it.
 *
 * openat2 opens a path without links in one call. With a link on the way, or where it is
 * missing, the names are opened one by one and each link is followed here: the kernel
 * would not say which names it came through. */

#include "gate/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif
#endif

enum { MOST_LINKS = 40 }; /* as in Linux */

struct walk {
    const char *base_path; /* as a person or realpath spells it */
    int base, folder;      /* `folder`: where `rest` begins; may be `base` */
    char passed[PATH_MAX]; /* names from `base` to `folder`, each with a "/" */
    char rest[2 * PATH_MAX];
    size_t typed; /* bytes at the end of `rest` that no link has contributed */
    int links;
};

static void enter(struct walk *w, int folder)
{
    if (w->folder != w->base) close(w->folder);
    w->folder = folder;
}

/* Back to the base. */
static void restart(struct walk *w)
{
    w->passed[0] = '\0';
    enter(w, w->base);
}

/* Puts `text` and "/" in front of the rest. */
static enum outcome prepend(struct walk *w, const char *text)
{
    size_t n = strlen(text), rest = strlen(w->rest);
    if (n + rest + 2 > sizeof w->rest) {
        errno = ENAMETOOLONG;
        return GATE_FAILED;
    }
    memmove(w->rest + n + 1, w->rest, rest + 1);
    memcpy(w->rest, text, n);
    w->rest[n] = '/';
    return GATE_OPENED;
}

/* "..": back to the base, and down again to all but the last name. */
static enum outcome go_up(struct walk *w)
{
    char names[PATH_MAX];
    size_t n = strlen(w->passed);

    if (n == 0) return GATE_LINK;
    do
        n--;
    while (n > 0 && w->passed[n - 1] != '/');
    memcpy(names, w->passed, n);
    names[n] = '\0';
    restart(w);
    return n ? prepend(w, names) : GATE_OPENED;
}

/* The part of an absolute path below the base, or NULL. */
static const char *below_base(const struct walk *w, const char *path)
{
    char real[PATH_MAX];
    const char *below = host_gate_below(path, w->base_path);
    return below || !realpath(w->base_path, real) ? below : host_gate_below(path, real);
}

/* Continues with the target of a link. */
static enum outcome follow(struct walk *w, const char *target)
{
    if (*target == '/') {
        target = below_base(w, target);
        if (!target) return GATE_LINK;
        restart(w);
    }
    if (++w->links > MOST_LINKS) {
        errno = ELOOP;
        return GATE_FAILED;
    }
    return prepend(w, target);
}

/* Opens the next name, the last one if `*fd` is to be set; a link is only replaced by its
 * target. */
static enum outcome step(struct walk *w, const char *name, int flags, int *fd)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(w->folder, name, target, sizeof target);

    if (n == (ssize_t)sizeof target) errno = ENAMETOOLONG;
    if (n == (ssize_t)sizeof target || (n < 0 && errno != EINVAL)) return GATE_FAILED;
    if (n >= 0) {
        target[n] = '\0';
        return follow(w, target);
    }
    int opened = openat(w->folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (opened < 0) return GATE_FAILED;
    if (fd) {
        *fd = opened;
        return GATE_OPENED;
    }
    size_t length = strlen(name), passed = strlen(w->passed);
    if (passed + length + 2 > sizeof w->passed) {
        close(opened);
        errno = ENAMETOOLONG;
        return GATE_FAILED;
    }
    memcpy(w->passed + passed, name, length);
    memcpy(w->passed + passed + length, "/", 2);
    enter(w, opened);
    return GATE_OPENED;
}

/* Takes the next name from the rest, and goes there. */
static enum outcome advance(struct walk *w, int flags, int *fd)
{
    char name[NAME_MAX + 1];
    size_t n = strcspn(w->rest, "/"), left = strlen(w->rest), skipped = n;
    bool is_typed = left <= w->typed;

    while (w->rest[skipped] == '/')
        skipped++;
    bool is_last = w->rest[skipped] == '\0';
    if (n >= sizeof name) {
        errno = ENAMETOOLONG;
        return GATE_FAILED;
    }
    memcpy(name, w->rest, n);
    name[n] = '\0';
    memmove(w->rest, w->rest + skipped, left - skipped + 1);
    if (w->typed > left - skipped) w->typed = left - skipped;

    if (strcmp(name, "..") == 0) return go_up(w);
    if (n == 0 || strcmp(name, ".") == 0) return GATE_OPENED;
    if (*name == '.' && !is_typed) return GATE_HIDDEN;
    return step(w, name, is_last ? flags : O_PATH | O_DIRECTORY, is_last ? fd : NULL);
}

static enum outcome by_component(int base, const char *base_path, const char *path,
                                 int flags, int *fd)
{
    struct walk w = {.base_path = base_path, .base = base, .folder = base};
    enum outcome outcome = GATE_OPENED;

    if (strlen(path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return GATE_FAILED;
    }
    strcpy(w.rest, path);
    w.typed = strlen(path);
    while (outcome == GATE_OPENED && *fd < 0 && *w.rest)
        outcome = advance(&w, flags, fd);
    if (outcome == GATE_OPENED && *fd < 0) { /* a link to a folder that was passed */
        *fd = openat(w.folder, ".", flags | O_CLOEXEC);
        if (*fd < 0) outcome = GATE_FAILED;
    }
    int error = errno;
    enter(&w, base);
    errno = error;
    return outcome;
}

/* False if the path has to be walked. */
static bool at_once(int base, const char *path, int flags, int *fd)
{
#ifdef SYS_openat2
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    *fd = (int)syscall(SYS_openat2, base, path, &how, sizeof how);
    return *fd >= 0 || errno == ENOENT || errno == EACCES || errno == ENOTDIR;
#else
    (void)base, (void)path, (void)flags, (void)fd;
    return false;
#endif
}

enum outcome host_gate_beneath(int base, const char *base_path, const char *path,
                               int flags, bool walk, int *fd)
{
    *fd = -1;
    if (!walk && at_once(base, path, flags, fd))
        return *fd >= 0 ? GATE_OPENED : GATE_FAILED;
    return by_component(base, base_path, path, flags, fd);
}
