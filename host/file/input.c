/* Input streams of host.file - bytes of a file or stdin, decompressed on the way; or of
 * what a function returns, as they are. Where a reader of text asks for it, from UTF-16.
 *
 * Compression is detected from the first bytes, never from the name. Nothing is
 * decompressed ahead of the caller, so a small file that expands to terabytes costs no
 * memory. */

#include "file/parts.h"

#include "common.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum format { UNKNOWN, PLAIN, GZIP, ZSTD };

enum { RAW_SIZE = 128 * 1024, READ_SIZE = 64 * 1024, MAGIC_SIZE = 4 };

enum { PATH = 1, NAME, FEED, BLOCK, USER_VALUES = BLOCK }; /* of an input */

/* Its address is the registry key of a table: inputs that are fed, by address, weakly. */
static const char fed_key = 0;

struct host_input {
    int fd;   /* -1: closed, fed, or a text */
    bool fed; /* its function, user value FEED, returns the bytes */
    enum format format;
    bool borrowed;     /* stdin, which we do not close */
    bool waits;        /* a pipe or terminal: a read may block forever */
    bool at_end;       /* the descriptor has no more */
    bool in_member;    /* compressed: inside a member */
    const char *path;  /* user value PATH */
    const char *name;  /* user value NAME */
    const char *block; /* user value BLOCK, fed last */
    size_t block_size; /* bytes of it that are left */
    unsigned char *raw;
    size_t raw_begin, raw_end; /* raw_begin <= raw_end <= RAW_SIZE, or a text's size */
    struct host_wide *wide;    /* NULL: bytes as they are */
    bool begun;                /* something was read */
    lua_Integer taken;         /* bytes read from the descriptor */
    lua_Integer total;         /* bytes of the file, -1 if it has no size */
    bool inflating;
    z_stream inflate;
    ZSTD_DStream *zstd;
};

static struct host_input *check_open(lua_State *L, struct host_input *in)
{
    if (in->fd < 0 && !in->fed && !in->raw)
        luaL_error(L, "the input %s is closed", in->name);
    return in;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

struct host_input *host_input_new(lua_State *L, const char *path, const char *name)
{
    struct host_input *in = lua_newuserdatauv(L, sizeof *in, USER_VALUES);
    memset(in, 0, sizeof *in);
    in->fd = -1;
    in->path = in->name = "input";
    luaL_setmetatable(L, HOST_FILE_INPUT);

    in->path = lua_pushstring(L, path);
    lua_setiuservalue(L, -2, PATH);
    in->name = lua_pushstring(L, name ? name : base_name(in->path));
    lua_setiuservalue(L, -2, NAME);
    return in;
}

int host_input_attach(lua_State *L, struct host_input *in, int fd)
{
    struct stat st;

    in->fd = fd;
    int error = fd < 0 || fstat(fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (error) {
        host_input_close(in);
        return host_fail_errno(L, error, "opening", in->path);
    }
    in->waits = !S_ISREG(st.st_mode);
    in->total = in->waits ? -1 : (lua_Integer)st.st_size;
    return 1;
}

int host_input_open(lua_State *L, const char *path, const char *name)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct host_input *in = host_input_new(L, is_stdin ? "stdin" : path, name);

    in->borrowed = is_stdin;
    return host_input_attach(
        L, in, is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
}

/* Pushes the table of inputs that are fed. */
static void push_fed(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &fed_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &fed_key);
}

int host_file_feed(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct host_input *in = host_input_new(L, name, name); /* name next in */

    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, FEED);
    push_fed(L);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, in);
    lua_pop(L, 1);
    in->fed = true;
    in->total = -1;
    return 1;
}

struct host_input *host_input_of_text(lua_State *L, const char *text, size_t size,
                                      const char *name)
{
    struct host_input *in = host_input_new(L, name, name);

    in->raw = malloc(size + 1);
    if (!in->raw) luaL_error(L, "out of memory for reading %s", name);
    memcpy(in->raw, text, size);
    in->raw_end = size;
    in->format = PLAIN;
    in->at_end = true;
    in->taken = in->total = (lua_Integer)size;
    return in;
}

void host_input_close(struct host_input *in)
{
    if (in->fd >= 0 && !in->borrowed) close(in->fd);
    in->fd = -1;
    in->fed = false;
    free(in->raw);
    free(in->wide);
    in->raw = NULL;
    in->wide = NULL;
    if (in->inflating) inflateEnd(&in->inflate);
    in->inflating = false;
    ZSTD_freeDStream(in->zstd); /* accepts NULL */
    in->zstd = NULL;
}

/* One read(2): the count, 0 at the end, -1 with a failure pushed. A watched signal ends
 * the wait; other signals do not. */
static ssize_t read_descriptor(lua_State *L, struct host_input *in, void *buffer,
                               size_t n)
{
    if (in->waits && host_loop_signalled(L)) goto interrupted;
    for (;;) {
        ssize_t got = read(in->fd, buffer, n);
        if (got >= 0) {
            in->taken += got;
            if (got == 0) in->at_end = true;
            return got;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            /* another process made the shared stdin non-blocking */
            poll(&(struct pollfd){in->fd, POLLIN, 0}, 1, -1);
        } else if (errno != EINTR) {
            host_fail_errno(L, errno, "reading", in->path);
            return -1;
        }
        if (host_loop_signalled(L)) goto interrupted;
    }
interrupted:
    host_fail(L, HOST_INTERRUPTED, "reading %s: interrupted", in->path);
    return -1;
}

/* Reads more into `raw`. False with a failure pushed. */
static bool fill_raw(lua_State *L, struct host_input *in)
{
    if (in->raw_begin == in->raw_end) in->raw_begin = in->raw_end = 0;
    ssize_t got = read_descriptor(L, in, in->raw + in->raw_end, RAW_SIZE - in->raw_end);
    if (got < 0) return false;
    in->raw_end += (size_t)got;
    return true;
}

static enum format recognise(const unsigned char *p, size_t n)
{
    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b) return GZIP;
    if (n >= 4 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0) return ZSTD;
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0)
        return ZSTD; /* a skippable frame */
    return PLAIN;
}

/* Detects the format at the first read, not at open: stdin may block. */
static bool begin(lua_State *L, struct host_input *in)
{
    if (!in->raw) in->raw = malloc(RAW_SIZE);
    if (!in->raw) luaL_error(L, "out of memory for reading %s", in->path);
    while (in->raw_end < MAGIC_SIZE && !in->at_end)
        if (!fill_raw(L, in)) return false;

    enum format format = recognise(in->raw, in->raw_end);
    if (format == GZIP) {
        if (inflateInit2(&in->inflate, 16 + MAX_WBITS) != Z_OK)
            luaL_error(L, "out of memory for inflating %s", in->path);
        in->inflating = true;
    }
    if (format == ZSTD && !(in->zstd = ZSTD_createDStream()))
        luaL_error(L, "out of memory for decompressing %s", in->path);
    in->format = format;
    return true;
}

static ssize_t damaged(lua_State *L, struct host_input *in, const char *why)
{
    const char *format = in->format == GZIP ? "gzip" : "zstd";
    host_fail(L, HOST_PARSE, "reading %s: damaged %s data: %s", in->path, format, why);
    return -1;
}

/* After a member: another one, or only zero padding (from tapes). */
static bool next_member(struct host_input *in)
{
    while (in->raw_begin < in->raw_end && in->raw[in->raw_begin] == 0)
        in->raw_begin++;
    if (in->raw_begin == in->raw_end) return true;
    in->in_member = true;
    return inflateReset(&in->inflate) == Z_OK;
}

static ssize_t read_gzip(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    in->inflate.next_out = buffer;
    in->inflate.avail_out = (uInt)n;
    while (in->inflate.avail_out == n) {
        if (in->raw_begin == in->raw_end && !in->at_end && !fill_raw(L, in)) return -1;
        if (!in->in_member && !next_member(in)) return damaged(L, in, "invalid member");
        if (in->raw_begin == in->raw_end && in->at_end)
            return in->in_member ? damaged(L, in, "unexpected end") : 0;
        if (!in->in_member) continue;

        in->inflate.next_in = in->raw + in->raw_begin;
        in->inflate.avail_in = (uInt)(in->raw_end - in->raw_begin);
        int code = inflate(&in->inflate, Z_NO_FLUSH);
        in->raw_begin = in->raw_end - in->inflate.avail_in;
        if (code == Z_STREAM_END)
            in->in_member = false;
        else if (code == Z_MEM_ERROR)
            return luaL_error(L, "out of memory for inflating %s", in->path);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return damaged(L, in, in->inflate.msg ? in->inflate.msg : "unreadable");
    }
    return (ssize_t)(n - in->inflate.avail_out);
}

static ssize_t read_zstd(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    ZSTD_outBuffer out = {buffer, n, 0};
    while (out.pos == 0) {
        if (in->raw_begin == in->raw_end && !in->at_end && !fill_raw(L, in)) return -1;
        bool dry = in->raw_begin == in->raw_end;
        if (dry && !in->in_member) return 0;

        ZSTD_inBuffer from = {in->raw + in->raw_begin, in->raw_end - in->raw_begin, 0};
        size_t left = ZSTD_decompressStream(in->zstd, &out, &from);
        in->raw_begin += from.pos;
        if (ZSTD_isError(left)) return damaged(L, in, ZSTD_getErrorName(left));
        if (dry && out.pos == 0) return damaged(L, in, "unexpected end");
        in->in_member = left != 0;
    }
    return (ssize_t)out.pos;
}

static ssize_t read_plain(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    size_t kept = in->raw_end - in->raw_begin; /* read while detecting the format */
    if (kept == 0) return in->at_end ? 0 : read_descriptor(L, in, buffer, n);
    if (n > kept) n = kept;
    memcpy(buffer, in->raw + in->raw_begin, n);
    in->raw_begin += n;
    return (ssize_t)n;
}

/* Calls the function for the next block. False with nil, message, kind pushed. */
static bool feed(lua_State *L, struct host_input *in)
{
    int base = lua_gettop(L);

    luaL_checkstack(L, 8, "too many values");
    push_fed(L);
    lua_rawgetp(L, -1, in);
    lua_replace(L, -2); /* in */
    lua_getiuservalue(L, -1, FEED);
    lua_call(L, 0, 3); /* in block message kind */
    if (lua_isnil(L, base + 2) && !lua_isnil(L, base + 3)) {
        lua_remove(L, base + 1);
        return false;
    }
    in->at_end = lua_isnil(L, base + 2);
    if (!in->at_end) {
        if (lua_type(L, base + 2) != LUA_TSTRING)
            luaL_error(L, "the input %s was fed a %s", in->name,
                       luaL_typename(L, base + 2));
        in->block = lua_tolstring(L, base + 2, &in->block_size);
        in->taken += (lua_Integer)in->block_size;
        lua_pushvalue(L, base + 2);
        lua_setiuservalue(L, base + 1, BLOCK);
    }
    lua_settop(L, base);
    return true;
}

static ssize_t read_fed(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    while (in->block_size == 0 && !in->at_end)
        if (!feed(L, in)) return -1;
    if (in->block_size == 0) return 0;
    if (n > in->block_size) n = in->block_size;
    memcpy(buffer, in->block, n);
    in->block += n;
    in->block_size -= n;
    return (ssize_t)n;
}

static ssize_t read_bytes(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    if (in->fed) return read_fed(L, in, buffer, n);
    if (n > 1 << 30) n = 1 << 30; /* zlib counts in 32 bits */
    if (in->format == UNKNOWN && !begin(L, in)) return -1;
    switch (in->format) {
    case GZIP:
        return read_gzip(L, in, buffer, n);
    case ZSTD:
        return read_zstd(L, in, buffer, n);
    default:
        return read_plain(L, in, buffer, n);
    }
}

static ssize_t read_text(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    struct host_wide *w = in->wide;

    while (!host_wide_is_none(w)) {
        size_t room, got = host_wide_take(w, buffer, n);
        if (got > 0 || w->ended) return (ssize_t)got;
        unsigned char *to = host_wide_room(w, &room);
        ssize_t more = read_bytes(L, in, to, room);
        if (more < 0) return -1;
        host_wide_filled(w, (size_t)more);
    }
    return read_bytes(L, in, buffer, n);
}

ssize_t host_input_read(lua_State *L, struct host_input *in, void *buffer, size_t n)
{
    check_open(L, in);
    in->begun = true;
    return in->wide ? read_text(L, in, buffer, n) : read_bytes(L, in, buffer, n);
}

void host_input_as_text(lua_State *L, struct host_input *in)
{
    if (in->begun || in->wide) return;
    in->wide = calloc(1, sizeof *in->wide);
    if (!in->wide) luaL_error(L, "out of memory for reading %s", in->path);
}

const char *host_input_name(const struct host_input *in)
{
    return in->name;
}

int host_input_descriptor(const struct host_input *in)
{
    return in->fd;
}

void host_input_set_taken(struct host_input *in, lua_Integer bytes)
{
    in->taken = in->total >= 0 && bytes > in->total ? in->total : bytes;
}

static struct host_input *check_input(lua_State *L)
{
    return luaL_checkudata(L, 1, HOST_FILE_INPUT);
}

/* input:read(n) -> data | nil at the end | nil, message, kind */
static int input_read(lua_State *L)
{
    struct host_input *in = check_open(L, check_input(L));
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_argcheck(L, n > 0, 2, "must be positive");
    if (n > READ_SIZE) n = READ_SIZE;

    luaL_Buffer b;
    char *room = luaL_buffinitsize(L, &b, (size_t)n);
    ssize_t got = host_input_read(L, in, room, (size_t)n);
    if (got < 0) return 3;
    if (got == 0) return 0;
    luaL_pushresultsize(&b, (size_t)got);
    return 1;
}

/* input:name() -> string */
static int input_name(lua_State *L)
{
    lua_pushstring(L, check_input(L)->name);
    return 1;
}

/* input:progress() -> bytes taken from the file, bytes of the file | nil
 * Compressed bytes if it is compressed. */
static int input_progress(lua_State *L)
{
    struct host_input *in = check_input(L);
    lua_pushinteger(L, in->taken);
    if (in->total < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, in->total);
    return 2;
}

/* input:text()
 * From now on UTF-16 comes as UTF-8, if nothing was read yet. */
static int input_text(lua_State *L)
{
    host_input_as_text(L, check_input(L));
    return 0;
}

/* input:close() */
static int input_close(lua_State *L)
{
    host_input_close(check_input(L));
    return 0;
}

static const luaL_Reg methods[] = {
    {"close",    input_close   },
    {"name",     input_name    },
    {"progress", input_progress},
    {"read",     input_read    },
    {"text",     input_text    },
    {NULL,       NULL          }
};

static const luaL_Reg metamethods[] = {
    {"__close", input_close},
    {"__gc",    input_close},
    {NULL,      NULL       }
};

void host_input_type(lua_State *L)
{
    host_newtype(L, HOST_FILE_INPUT, methods, metamethods);
}
