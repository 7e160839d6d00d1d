/* host.file, outputs - durable writes: a whole file at once or piece by piece, and
 * reserved space. */

#include "file/parts.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define OUTPUT "host.file.output"

enum { OUTPUT_SIZE = 64 * 1024 };

struct output {
    int fd;     /* -1: closed */
    int failed; /* errno of the first failed write */
    size_t used;
    ZSTD_CStream *zstd;
    const char *path;         /* user value 1 */
    char buffer[OUTPUT_SIZE]; /* as given */
    char packed[OUTPUT_SIZE]; /* compressed */
};

int host_file_write(lua_State *L, const char *path, const char *data, size_t size)
{
    const char *temporary = lua_pushfstring(L, "%s.tmp", path);

    unlink(temporary); /* left by a process that was killed */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    int error = host_write_all(fd, data, size);
    if (!error) error = host_file_sync(fd);
    if (close(fd) != 0 && !error && errno != EINTR) error = errno;
    if (!error && rename(temporary, path) != 0) error = errno;
    if (!error) return host_file_sync_folder(L, path);
    unlink(temporary);
    return error;
}

/* write(path, data) -> true | nil, message, kind
 * Readers see the old content or the new one, even after a power failure. */
static int file_write(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    return host_file_done(L, host_file_write(L, path, data, size), "writing", path);
}

static struct output *check_output(lua_State *L)
{
    struct output *out = luaL_checkudata(L, 1, OUTPUT);
    if (out->fd < 0) luaL_error(L, "the output %s is closed", out->path);
    return out;
}

/* Writes out the buffer, through the compressor if there is one. Keeps the first failure
 * only and writes nothing after it. */
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
    const char *path = host_file_check_path(L, 1);
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
    return host_file_done(L, out->failed, "writing", out->path);
}

/* output:flush() -> true | nil, message, kind
 * To the operating system, not to the disk. */
static int output_flush(lua_State *L)
{
    struct output *out = check_output(L);
    drain(out, ZSTD_e_flush);
    return host_file_done(L, out->failed, "writing", out->path);
}

/* output:finish() -> true | nil, message, kind */
static int output_finish(lua_State *L)
{
    struct output *out = check_output(L);
    drain(out, ZSTD_e_end);
    if (!out->failed) out->failed = host_file_sync(out->fd);
    release_output(out);
    if (!out->failed) out->failed = host_file_sync_folder(L, out->path);
    return host_file_done(L, out->failed, "writing", out->path);
}

/* output:close() */
static int output_close(lua_State *L)
{
    struct output *out = luaL_checkudata(L, 1, OUTPUT);
    if (out->fd >= 0) drain(out, ZSTD_e_end);
    release_output(out);
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
    const char *path = host_file_check_path(L, 1);
    lua_Integer bytes = luaL_checkinteger(L, 2);
    luaL_argcheck(L, bytes > 0, 2, "must be positive");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return host_fail_errno(L, errno, "reserving space for", path);
    int error = reserve(fd, (off_t)bytes);
    if (!error) error = host_file_sync(fd);
    close(fd);
    return host_file_done(L, error, "reserving space for", path);
}

static const luaL_Reg functions[] = {
    {"create",  file_create },
    {"reserve", file_reserve},
    {"write",   file_write  },
    {NULL,      NULL        }
};

static const luaL_Reg methods[] = {
    {"close",  output_close },
    {"finish", output_finish},
    {"flush",  output_flush },
    {"write",  output_write },
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__close", output_close},
    {"__gc",    output_close},
    {NULL,      NULL        }
};

void host_file_output_open(lua_State *L)
{
    host_newtype(L, OUTPUT, methods, metamethods);
    luaL_setfuncs(L, functions, 0);
}
