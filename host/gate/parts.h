/* Shared by the files of host.gate. */
#ifndef HOST_GATE_PARTS_H
#define HOST_GATE_PARTS_H

#include <lua.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef O_PATH /* only to examine it */
#define O_PATH (O_RDONLY | O_NONBLOCK)
#endif

/* A path that may be read. */
struct grant {
    const char *path; /* absolute and normalised */
    const char *rest; /* a pattern below `path`; NULL: `path` and everything below it */
    bool named;       /* by a person: if it is a pipe or a terminal, it may be opened */
};

/* A path that may not be read, whatever leads there. */
struct denial {
    const char *path;
    dev_t device; /* of what was there last */
    ino_t inode;
    bool exists;
};

/* A userdata; user value 1 is the table of its strings and arrays. */
struct gate {
    struct grant *grants;
    size_t grant_count;
    struct denial *denials;
    size_t denial_count;
    const char *hint;  /* "%s" in it is the path */
    bool by_component; /* without openat2 */
};

/* A descriptor that Lua closes. */
#define HOST_GATE_HELD "host.gate.descriptor"
struct held {
    int fd; /* -1: none */
};

enum outcome {
    GATE_OPENED,
    GATE_FAILED,  /* errno says why */
    GATE_OUTSIDE, /* nothing grants it */
    GATE_LINK,    /* a link in it leads outside */
    GATE_HIDDEN,  /* a name that begins with "." */
    GATE_PIPE,    /* a pipe that was not named */
    GATE_DEVICE,
    GATE_SYSTEM, /* /proc, /sys */
    GATE_OWN     /* denied */
};

enum purpose {
    GATE_STAT,  /* any descriptor of it */
    GATE_READ,  /* a file to read */
    GATE_LIST,  /* a folder to list */
    GATE_SEARCH /* the same, but a folder on the way to a pattern's matches is granted */
};

/* -- path.c -- */

/* Pushes the path, absolute and without ".", ".." and empty names. */
const char *host_gate_normalise(lua_State *L, const char *path);

/* The part of `path` below `base`, "" if they are equal, NULL if it is not below. */
const char *host_gate_below(const char *path, const char *base);

/* Whether a name in the path begins with ".". */
bool host_gate_is_hidden(const char *path);

/* The end of the part of a path or pattern without wildcards: "a/" of "a/b*.csv". */
const char *host_gate_literal_end(const char *pattern);

/* -- rules.c -- */

/* Pushes a gate for the rules at stack index 1. */
struct gate *host_gate_new(lua_State *L);

/* -- beneath.c -- */

/* Opens `path`, which is normalised and relative to the folder `base`. Links are followed
 * if they stay below it and lead to no hidden name. `walk`: without openat2. */
enum outcome host_gate_beneath(int base, const char *base_path, const char *path,
                               int flags, bool walk, int *fd);

/* -- find.c -- */

/* Opens what a grant covers. Judges the descriptor, so that nothing can be replaced
 * between check and use. */
enum outcome host_gate_find(lua_State *L, struct gate *g, const char *path,
                            enum purpose purpose, struct held *held);

/* Judges an open file that lies next to one that was granted. */
enum outcome host_gate_judge(struct gate *g, const char *path, int fd);

/* Whether a grant covers the path as far as its text says. */
bool host_gate_covers(lua_State *L, const struct gate *g, const char *path,
                      enum purpose purpose);

/* Pushes a descriptor without a file. */
struct held *host_gate_hold(lua_State *L);

/* Closes it. */
void host_gate_release(struct held *held);

/* Pushes nil, message, kind for an outcome and returns 3. */
int host_gate_fail(lua_State *L, const struct gate *g, enum outcome outcome,
                   const char *doing, const char *path);

/* -- glob.c -- */

/* glob(pattern) -> paths | nil, message, kind; upvalue 1 is the gate. */
int host_gate_glob(lua_State *L);

#endif
