/* host.file - files and folders: durable writes, locks, reserved space, listings.
 *
 * Reading is file_input.c. What is made here belongs to its user alone (0600, 0700): it
 * holds people's data. */

#include "file.h"

#include "file_input.h"
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

#define OUTPUT  "host.file.output"
#define LOCK    "host.file.lock"
#define SCRATCH "host.file.scratch"

enum { OUTPUT_SIZE = 64 * 1024 };
#define READ_LIMIT (256 * 1024 * 1024)

struct output {
    int fd;     /* -1: closed */
    int failed; /* errno of the first write that failed */
    size_t used;
    ZSTD_CStream *zstd;
    const char *path;         /* user value 1 */
    char buffer[OUTPUT_SIZE]; /* as given */
    char packed[OUTPUT_SIZE]; /* compressed */
};

struct lock {
    int fd; /* -1: given back */
};

/* What scandir and glob allocate, owned by Lua while names are pushed. */
struct scratch {
    struct dirent **names;
    int count;
    bool globbed;
    glob_t glob;
};

/* A path as C wants it: a zero byte inside would cut it short unnoticed. */
static const char *check_path(lua_State *L, int arg)
{
    size_t size;
    const char *path = luaL_checklstring(L, arg, &size);
    luaL_argcheck(L, size > 0, arg, "an empty path");
    luaL_argcheck(L, strlen(path) == size, arg, "a path with a zero byte");
    return path;
}

static int done(lua_State *L, int error, const char *doing, const char *path)
{
    if (error) return host_fail_errno(L, error, doing, path);
    lua_pushboolean(L, 1);
    return 1;
}

static int sync_fd(int fd)
{
    while (fsync(fd) != 0) {
        if (errno == EINVAL || errno == EROFS || errno == ENOTSUP) return 0; /* a pipe */
        if (errno != EINTR) return errno;
    }
    return 0;
}

/* Makes a new name in a folder survive a power cut. `path` is what lies in the folder. */
static int sync_folder_of(lua_State *L, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "." : slash == path ? "/" : NULL;
    if (!folder) folder = lua_pushlstring(L, path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* a folder may be closed to readers */
    int error = sync_fd(fd);
    close(fd);
    return error;
}

/* open(path, name?) -> input | nil, message, kind */
static int file_open(lua_State *L)
{
    return host_input_open(L, check_path(L, 1), luaL_optstring(L, 2, NULL));
}

/* read(path, limit?) -> data | nil, message, kind
 * limit: bytes after decompression; more is "full". */
static int file_read(lua_State *L)
{
    const char *path = check_path(L, 1);
    lua_Integer limit = luaL_optinteger(L, 2, READ_LIMIT);
    luaL_argcheck(L, limit >= 0, 2, "must not be negative");
    lua_settop(L, 2);
    if (host_input_open(L, path, NULL) != 1) return 3;
    struct host_input *in = lua_touserdata(L, 3);

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (;;) {
        char *room = luaL_prepbuffsize(&b, OUTPUT_SIZE);
        ssize_t n = host_input_read(L, in, room, OUTPUT_SIZE);
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

/* write(path, data) -> true | nil, message, kind
 * Readers see the old content or the new one, also after a power cut. */
static int file_write(lua_State *L)
{
    const char *path = check_path(L, 1);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    const char *beside = lua_pushfstring(L, "%s.tmp", path);

    unlink(beside); /* left by a process that was killed */
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return host_fail_errno(L, errno, "writing", path);
    int error = host_write_all(fd, data, size);
    if (!error) error = sync_fd(fd);
    if (close(fd) != 0 && !error && errno != EINTR) error = errno;
    if (!error && rename(beside, path) != 0) error = errno;
    if (error)
        unlink(beside);
    else
        error = sync_folder_of(L, path);
    return done(L, error, "writing", path);
}

static struct output *check_output(lua_State *L)
{
    struct output *out = luaL_checkudata(L, 1, OUTPUT);
    if (out->fd < 0) luaL_error(L, "the output %s is closed", out->path);
    return out;
}

/* Hands the buffer on, through the compressor where there is one. Only the first failure
 * is kept; after it nothing is written any more. */
static void drain(struct output *out, ZSTD_EndDirective how)
{
    if (!out->failed && !out->zstd)
        out->failed = host_write_all(out->fd, out->buffer, out->used);
    if (!out->failed && out->zstd) {
        ZSTD_inBuffer from = {out->buffer, out->used, 0};
        size_t left;
        do {
            ZSTD_outBuffer to = {out->packed, sizeof out->packed, 0};
            left = ZSTD_compressStream2(out->zstd, &to, &from, how);
            if (ZSTD_isError(left))
                out->failed = ENOMEM;
            else
                out->failed = host_write_all(out->fd, out->packed, to.pos);
        } while (!out->failed &&
                 (from.pos < from.size || (how != ZSTD_e_continue && left)));
    }
    out->used = 0;
}

static void release_output(struct output *out)
{
    if (out->fd >= 0 && close(out->fd) != 0 && errno != EINTR && !out->failed)
        out->failed = errno;
    out->fd = -1;
    ZSTD_freeCStream(out->zstd);
    out->zstd = NULL;
}

/* create(path, options?) -> output | nil, message, kind */
static int file_create(lua_State *L)
{
    const char *path = check_path(L, 1);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    bool zstd = host_flag(L, 2, "zstd", false);
    bool append = host_flag(L, 2, "append", false);
    struct output *out = lua_newuserdatauv(L, sizeof *out, 1);
    out->fd = -1;
    out->failed = 0;
    out->used = 0;
    out->zstd = NULL;
    out->path = path;
    luaL_setmetatable(L, OUTPUT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);

    if (zstd && !(out->zstd = ZSTD_createCStream()))
        return luaL_error(L, "out of memory for compressing %s", path);
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
    out->fd = open(path, flags, 0600);
    if (out->fd < 0) return host_fail_errno(L, errno, "creating", path);
    return 1;
}

/* output:write(data) -> true | nil, message, kind */
static int output_write(lua_State *L)
{
    struct output *out = check_output(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    while (size > 0 && !out->failed) {
        size_t n = OUTPUT_SIZE - out->used;
        if (n > size) n = size;
        memcpy(out->buffer + out->used, data, n);
        out->used += n;
        data += n;
        size -= n;
        if (out->used == OUTPUT_SIZE) drain(out, ZSTD_e_continue);
    }
    return done(L, out->failed, "writing", out->path);
}

/* output:flush() -> true | nil, message, kind
 * Into the system's hands, not onto the disk. */
static int output_flush(lua_State *L)
{
    struct output *out = check_output(L);
    drain(out, ZSTD_e_flush);
    return done(L, out->failed, "writing", out->path);
}

/* output:finish() -> true | nil, message, kind */
static int output_finish(lua_State *L)
{
    struct output *out = check_output(L);
    drain(out, ZSTD_e_end);
    if (!out->failed) out->failed = sync_fd(out->fd);
    release_output(out);
    if (!out->failed) out->failed = sync_folder_of(L, out->path);
    return done(L, out->failed, "writing", out->path);
}

/* output:close() */
static int output_close(lua_State *L)
{
    struct output *out = luaL_checkudata(L, 1, OUTPUT);
    if (out->fd >= 0) drain(out, ZSTD_e_end);
    release_output(out);
    return 0;
}

/* stat(path) -> {type, size, modified, mode} | nil, message, kind */
static int file_stat(lua_State *L)
{
    const char *path = check_path(L, 1);
    struct stat st;
    if (stat(path, &st) != 0) return host_fail_errno(L, errno, "looking at", path);
#ifdef __APPLE__
    struct timespec modified = st.st_mtimespec;
#else
    struct timespec modified = st.st_mtim;
#endif
    lua_createtable(L, 0, 4);
    lua_pushstring(L, S_ISREG(st.st_mode)   ? "file"
                      : S_ISDIR(st.st_mode) ? "folder"
                                            : "other");
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, (lua_Integer)st.st_size);
    lua_setfield(L, -2, "size");
    lua_pushnumber(L, (lua_Number)modified.tv_sec + (lua_Number)modified.tv_nsec / 1e9);
    lua_setfield(L, -2, "modified");
    lua_pushinteger(L, (lua_Integer)(st.st_mode & 07777));
    lua_setfield(L, -2, "mode");
    return 1;
}

static struct scratch *new_scratch(lua_State *L)
{
    struct scratch *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, SCRATCH);
    return s;
}

static int scratch_close(lua_State *L)
{
    struct scratch *s = luaL_checkudata(L, 1, SCRATCH);
    for (int i = 0; i < s->count; i++)
        free(s->names[i]);
    free(s->names);
    s->names = NULL;
    s->count = 0;
    if (s->globbed) globfree(&s->glob);
    s->globbed = false;
    return 0;
}

static int not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_entry(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* list(path) -> names | nil, message, kind */
static int file_list(lua_State *L)
{
    const char *path = check_path(L, 1);
    struct scratch *s = new_scratch(L);
    int n = scandir(path, &s->names, not_dots, by_entry);
    if (n < 0) return host_fail_errno(L, errno, "listing", path);
    s->count = n;
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, s->names[i]->d_name);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* glob(pattern) -> paths | nil, message, kind */
static int file_glob(lua_State *L)
{
    const char *pattern = check_path(L, 1);
    struct scratch *s = new_scratch(L);
    int code = glob(pattern, GLOB_NOSORT, NULL, &s->glob);
    s->globbed = true;
    if (code == GLOB_NOSPACE) return luaL_error(L, "out of memory for %s", pattern);
    if (code == GLOB_ABORTED) return host_fail_errno(L, errno, "searching", pattern);
    size_t n = code == 0 ? s->glob.gl_pathc : 0;
    if (n) qsort(s->glob.gl_pathv, n, sizeof(char *), by_bytes);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, s->glob.gl_pathv[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* One folder; 0 when it is there afterwards. */
static int make_folder(lua_State *L, const char *path)
{
    if (mkdir(path, 0700) == 0) return sync_folder_of(L, path);
    int error = errno;
    struct stat st;
    if (stat(path, &st) != 0) return error;
    return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* mkdir(path) -> true | nil, message, kind */
static int file_mkdir(lua_State *L)
{
    const char *path = check_path(L, 1);
    for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        const char *parent = lua_pushlstring(L, path, (size_t)(end - path));
        int error = make_folder(L, parent);
        if (error) return host_fail_errno(L, error, "making the folder", parent);
        lua_settop(L, 1);
    }
    return done(L, make_folder(L, path), "making the folder", path);
}

/* remove(path) -> true | nil, message, kind */
static int file_remove(lua_State *L)
{
    const char *path = check_path(L, 1);
    return done(L, remove(path) == 0 ? 0 : errno, "removing", path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path) == 0 || errno == ENOENT ? 0 : errno;
}

/* remove_tree(path) -> true | nil, message, kind */
static int file_remove_tree(lua_State *L)
{
    const char *path = check_path(L, 1);
    int error = nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return done(L, error < 0 ? errno : error, "removing", path);
}

/* rename(from, to) -> true | nil, message, kind */
static int file_rename(lua_State *L)
{
    const char *from = check_path(L, 1), *to = check_path(L, 2);
    int error = rename(from, to) == 0 ? sync_folder_of(L, to) : errno;
    return done(L, error, "renaming", from);
}

/* lock(path) -> lock | nil, message, kind */
static int file_lock(lua_State *L)
{
    const char *path = check_path(L, 1);
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

/* lock:close() */
static int lock_close(lua_State *L)
{
    struct lock *lock = luaL_checkudata(L, 1, LOCK);
    if (lock->fd >= 0) close(lock->fd);
    lock->fd = -1;
    return 0;
}

static int reserve(int fd, off_t bytes)
{
#ifdef __APPLE__
    fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, bytes, 0};
    if (fcntl(fd, F_PREALLOCATE, &store) != 0) return errno;
    return ftruncate(fd, bytes) == 0 ? 0 : errno;
#else
    int error;
    do
        error = posix_fallocate(fd, 0, bytes);
    while (error == EINTR);
    return error;
#endif
}

/* reserve(path, bytes) -> true | nil, message, kind */
static int file_reserve(lua_State *L)
{
    const char *path = check_path(L, 1);
    lua_Integer bytes = luaL_checkinteger(L, 2);
    luaL_argcheck(L, bytes > 0, 2, "must be positive");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return host_fail_errno(L, errno, "reserving space for", path);
    int error = reserve(fd, (off_t)bytes);
    if (!error) error = sync_fd(fd);
    close(fd);
    return done(L, error, "reserving space for", path);
}

/* free(path) -> bytes | nil, message, kind */
static int file_free(lua_State *L)
{
    const char *path = check_path(L, 1);
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return host_fail_errno(L, errno, "asking for the free space of", path);
    lua_pushinteger(L, (lua_Integer)st.f_bavail * (lua_Integer)st.f_frsize);
    return 1;
}

/* real(path) -> path | nil, message, kind */
static int file_real(lua_State *L)
{
    const char *path = check_path(L, 1);
    char resolved[PATH_MAX];
    if (!realpath(path, resolved)) return host_fail_errno(L, errno, "resolving", path);
    lua_pushstring(L, resolved);
    return 1;
}

/* temporary() -> path | nil, message, kind */
static int file_temporary(lua_State *L)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/auth0-migrate.XXXXXX", parent);
    if (n < 0 || n >= (int)sizeof path || !mkdtemp(path))
        return host_fail_errno(L, n >= (int)sizeof path ? ENAMETOOLONG : errno,
                               "making a folder in", parent);
    lua_pushstring(L, path);
    return 1;
}

/* working_directory() -> path */
static int file_working_directory(lua_State *L)
{
    char path[PATH_MAX];
    if (!getcwd(path, sizeof path))
        return luaL_error(L, "the working directory: %s", strerror(errno));
    lua_pushstring(L, path);
    return 1;
}

static const luaL_Reg functions[] = {
    {"create",            file_create           },
    {"free",              file_free             },
    {"glob",              file_glob             },
    {"list",              file_list             },
    {"lock",              file_lock             },
    {"mkdir",             file_mkdir            },
    {"open",              file_open             },
    {"read",              file_read             },
    {"real",              file_real             },
    {"remove",            file_remove           },
    {"remove_tree",       file_remove_tree      },
    {"rename",            file_rename           },
    {"reserve",           file_reserve          },
    {"stat",              file_stat             },
    {"temporary",         file_temporary        },
    {"working_directory", file_working_directory},
    {"write",             file_write            },
    {NULL,                NULL                  }
};

static const luaL_Reg output_methods[] = {
    {"close",  output_close },
    {"finish", output_finish},
    {"flush",  output_flush },
    {"write",  output_write },
    {NULL,     NULL         }
};

static const luaL_Reg output_metamethods[] = {
    {"__close", output_close},
    {"__gc",    output_close},
    {NULL,      NULL        }
};

static const luaL_Reg lock_methods[] = {
    {"close", lock_close},
    {NULL,    NULL      }
};

static const luaL_Reg lock_metamethods[] = {
    {"__close", lock_close},
    {"__gc",    lock_close},
    {NULL,      NULL      }
};

static const luaL_Reg scratch_metamethods[] = {
    {"__gc", scratch_close},
    {NULL,   NULL         }
};

int luaopen_host_file(lua_State *L)
{
    host_input_register(L);
    host_newtype(L, OUTPUT, output_methods, output_metamethods);
    host_newtype(L, LOCK, lock_methods, lock_metamethods);
    host_newtype(L, SCRATCH, NULL, scratch_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
