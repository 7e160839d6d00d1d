/* host.chunk - JSON values packed into arrays no longer than a byte limit.
 *
 * Handles only bytes and commas; what a value means is up to the caller. Values are
 * written directly into the array's buffer and removed again if they do not fit. */

#include "chunk.h"

#include "common.h"
#include "file/file.h"
#include "host.h"
#include "json/json.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define TYPE "host.chunk.writer"

enum {
    ZSTD_LEVEL = 1,
    MOST_PLACES = 256 * 1024 * 1024 /* bytes of places, uncompressed */
};

struct host_chunk {
    struct host_bytes text;   /* "[1,2": the closing bracket is added on output */
    struct host_bytes places; /* lines: position, tab, at */
    struct host_bytes lost; /* "3*400 0 1*2 ": what values lose, but for the last ones */
    lua_Integer last_lost, n_last;
    size_t limit;
    lua_Integer most, count;
    bool open;
};

static struct host_chunk *check_writer(lua_State *L)
{
    struct host_chunk *w = host_self(L, TYPE);
    luaL_argcheck(L, w->open, 1, "the chunk is closed");
    return w;
}

static void empty(lua_State *L, struct host_chunk *w)
{
    /* One value far over the limit must not keep its memory for the whole run. */
    if (w->text.capacity / 4 > w->limit) host_bytes_free(&w->text);
    *host_json_room(L, &w->text, 1) = '[';
    w->text.size = 1;
    w->places.size = w->lost.size = 0;
    w->last_lost = w->n_last = 0;
    w->count = 0;
}

/* new(limit, count?) -> writer
 * limit: bytes, brackets and commas included; count: most values in one array. */
static int chunk_new(lua_State *L)
{
    lua_Integer limit = luaL_checkinteger(L, 1);
    lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER);
    luaL_argcheck(L, limit > 2, 1, "the limit must leave room for a value");
    luaL_argcheck(L, most > 0, 2, "a chunk must hold a value");

    struct host_chunk *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    luaL_setmetatable(L, TYPE);
    w->limit = (size_t)limit;
    w->most = most;
    w->open = true;
    empty(L, w);
    return 1;
}

static int full(lua_State *L, struct host_chunk *w, size_t before, size_t bytes)
{
    size_t limit = w->limit;

    w->text.size = before;
    if (bytes + 2 <= limit)
        return host_fail(L, HOST_FULL, "no room for %I more bytes in a chunk of %I",
                         (lua_Integer)bytes, (lua_Integer)limit);
    host_fail(L, HOST_FULL, "a value of %I bytes is too large for a chunk of %I",
              (lua_Integer)bytes, (lua_Integer)limit);
    if (w->text.capacity / 4 > limit) { /* before >= 1, so the bracket is kept */
        char *data = realloc(w->text.data, before + limit);
        if (data) w->text = (struct host_bytes){data, before, before + limit};
    }
    lua_pushinteger(L, (lua_Integer)bytes);
    return 4;
}

static void add_place(lua_State *L, struct host_chunk *w, lua_Integer position,
                      const char *at, size_t size)
{
    size_t before = w->places.size;

    host_json_put_integer(L, &w->places, position);
    size_t digits = w->places.size - before;
    w->places.size = before; /* either the whole line or nothing */
    char *out = host_json_room(L, &w->places, digits + 2 * size + 2) + digits;
    *out++ = '\t';
    for (size_t i = 0; i < size; i++) {
        if (at[i] == '\n' || at[i] == '\\') *out++ = '\\';
        *out++ = (char)(at[i] == '\n' ? 'n' : at[i]);
    }
    *out++ = '\n';
    w->places.size = (size_t)(out - w->places.data);
}

enum { LOST_ROOM = 48 }; /* bytes for two numbers and two characters */

/* Ends the values that lose the same. There is room. */
static void end_lost(lua_State *L, struct host_chunk *w)
{
    struct host_bytes *lost = &w->lost;

    if (w->n_last == 0) return;
    host_json_put_integer(L, lost, w->last_lost);
    if (w->n_last > 1) {
        lost->data[lost->size++] = '*';
        host_json_put_integer(L, lost, w->n_last);
    }
    lost->data[lost->size++] = ' ';
}

static void add_lost(lua_State *L, struct host_chunk *w, lua_Integer lost)
{
    if (lost != w->last_lost) {
        end_lost(L, w);
        w->last_lost = lost;
        w->n_last = 0;
    }
    w->n_last++;
}

/* Notes a value beside its text: both or nothing. */
static void add_notes(lua_State *L, struct host_chunk *w, lua_Integer position,
                      const char *at, size_t at_size, lua_Integer lost)
{
    host_json_room(L, &w->lost, LOST_ROOM);
    add_place(L, w, position, at, at_size);
    add_lost(L, w, lost);
}

/* Appends the draft at 6 or, without one, the value at 2; false with a failure pushed. */
static bool append(lua_State *L, struct host_chunk *w)
{
    struct host_bytes *draft = lua_isnoneornil(L, 6) ? NULL : host_json_draft(L, 6, NULL);

    if (!draft || draft->size == 0)
        return host_json_write(L, 2, lua_isnoneornil(L, 5) ? 0 : 5, &w->text);
    memcpy(host_json_space(L, &w->text, draft->size), draft->data, draft->size);
    w->text.size += draft->size;
    return true;
}

/* writer:add(value, position, at, order?, draft?, lost?) -> bytes
 *   | nil, message, "full" | nil, message, "parse" | nil, message, "full", bytes */
static int writer_add(lua_State *L)
{
    size_t at_size;
    struct host_chunk *w = check_writer(L);
    luaL_checkany(L, 2);
    lua_Integer position = luaL_checkinteger(L, 3);
    luaL_argcheck(L, position > 0, 3, "positions begin at 1");
    const char *at = luaL_checklstring(L, 4, &at_size);
    if (!lua_isnoneornil(L, 5)) luaL_checktype(L, 5, LUA_TTABLE);
    lua_Integer lost = luaL_optinteger(L, 7, 0);
    luaL_argcheck(L, lost >= 0, 7, "losses have a number");

    if (w->count == w->most)
        return host_fail(L, HOST_FULL, "the chunk holds %I values", w->count);
    size_t before = w->text.size, start = before;
    host_json_room(L, &w->text, 1);
    if (w->count > 0) {
        w->text.data[before] = ',';
        start = ++w->text.size;
    }
    if (!append(L, w)) {
        w->text.size = before;
        return 3;
    }
    size_t bytes = w->text.size - start;
    if (w->text.size + 1 > w->limit) return full(L, w, before, bytes);
    w->text.size = before; /* until the place is recorded, which may raise */
    add_notes(L, w, position, at, at_size, lost);
    w->text.size = start + bytes;
    w->count++;
    lua_pushinteger(L, (lua_Integer)bytes);
    return 1;
}

struct host_chunk *host_chunk_check(lua_State *L, int index)
{
    struct host_chunk *w = luaL_checkudata(L, index, TYPE);
    luaL_argcheck(L, w->open, index, "the chunk is closed");
    return w;
}

bool host_chunk_fits(const struct host_chunk *w, size_t bytes)
{
    return w->count < w->most && w->text.size + (w->count > 0) + bytes + 1 <= w->limit;
}

void host_chunk_add(lua_State *L, struct host_chunk *w, const struct host_bytes *value,
                    lua_Integer position, const char *at, size_t at_size,
                    lua_Integer lost)
{
    bool further = w->count > 0;

    host_json_space(L, &w->text, value->size + further);
    add_notes(L, w, position, at, at_size, lost);
    if (further) w->text.data[w->text.size++] = ',';
    memcpy(w->text.data + w->text.size, value->data, value->size);
    w->text.size += value->size;
    w->count++;
}

const struct host_bytes *host_chunk_text(const struct host_chunk *w)
{
    return &w->text;
}

/* writer:count() -> integer */
static int writer_count(lua_State *L)
{
    lua_pushinteger(L, check_writer(L)->count);
    return 1;
}

/* writer:size() -> bytes, brackets included */
static int writer_size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_writer(L)->text.size + 1);
    return 1;
}

/* The array with its closing bracket, which is not counted in text.size. */
static const char *closed(lua_State *L, struct host_chunk *w)
{
    *host_json_room(L, &w->text, 1) = ']';
    return w->text.data;
}

/* writer:text() -> text */
static int writer_text(lua_State *L)
{
    struct host_chunk *w = check_writer(L);
    const char *text = closed(L, w);
    lua_pushlstring(L, text, w->text.size + 1);
    return 1;
}

static void push_sha256(lua_State *L, const char *data, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (!EVP_Digest(data, size, digest, &length, EVP_sha256(), NULL))
        luaL_error(L, "SHA-256 is not available");
    host_push_hex(L, digest, length);
}

/* writer:save(path) -> sha256, hex | nil, message, kind */
static int writer_save(lua_State *L)
{
    struct host_chunk *w = check_writer(L);
    const char *path = luaL_checkstring(L, 2);
    const char *text = closed(L, w);
    int error = host_file_write(L, path, text, w->text.size + 1);
    if (error) return host_fail_errno(L, error, "writing", path);
    push_sha256(L, text, w->text.size + 1);
    return 1;
}

/* writer:places() -> packed */
static int writer_places(lua_State *L)
{
    struct host_chunk *w = check_writer(L);
    size_t bound = ZSTD_compressBound(w->places.size);
    luaL_Buffer b;

    char *out = luaL_buffinitsize(L, &b, bound);
    size_t size = ZSTD_compress(out, bound, w->places.data, w->places.size, ZSTD_LEVEL);
    if (ZSTD_isError(size))
        return luaL_error(L, "compressing places: %s", ZSTD_getErrorName(size));
    luaL_pushresultsize(&b, size);
    return 1;
}

/* writer:lost() -> text | nil if nothing is lost */
static int writer_lost(lua_State *L)
{
    struct host_chunk *w = check_writer(L);
    size_t before = w->lost.size;

    if (w->last_lost == 0 && before == 0) return 0;
    host_json_room(L, &w->lost, LOST_ROOM);
    end_lost(L, w);
    lua_pushlstring(L, w->lost.data, w->lost.size - 1); /* without the last blank */
    w->lost.size = before;
    return 1;
}

/* writer:reset() */
static int writer_reset(lua_State *L)
{
    empty(L, check_writer(L));
    return 0;
}

/* writer:close() */
static int writer_close(lua_State *L)
{
    struct host_chunk *w = luaL_checkudata(L, 1, TYPE);
    w->open = false;
    host_bytes_free(&w->text);
    host_bytes_free(&w->places);
    host_bytes_free(&w->lost);
    return 0;
}

/* -- reading back -- */

/* Pushes {position, at} for the line [p, end), or returns false. */
static bool push_place(lua_State *L, const char *p, const char *end)
{
    lua_Integer position = 0;
    const char *first = p;
    luaL_Buffer b;

    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (p - first > 17) return false;
        position = position * 10 + (*p - '0');
    }
    if (p == first || p == end || *p != '\t') return false;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, position);
    lua_setfield(L, -2, "position");
    luaL_buffinit(L, &b);
    for (p++; p < end; p++) {
        bool escaped = *p == '\\' && ++p < end;
        luaL_addchar(&b, escaped && *p == 'n' ? '\n' : *p);
    }
    luaL_pushresult(&b);
    lua_setfield(L, -2, "at");
    return true;
}

/* places(packed) -> list of {position, at} | nil, message, "parse" */
static int chunk_places(lua_State *L)
{
    static const char broken[] = "the packed places are invalid";
    size_t packed_size;
    const char *packed = luaL_checklstring(L, 1, &packed_size);
    unsigned long long size = ZSTD_getFrameContentSize(packed, packed_size);

    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
        size > MOST_PLACES)
        return host_fail(L, HOST_PARSE, "%s", broken);
    char *text = lua_newuserdatauv(L, (size_t)size + 1, 0);
    if (ZSTD_decompress(text, (size_t)size, packed, packed_size) != size)
        return host_fail(L, HOST_PARSE, "%s", broken);
    lua_newtable(L);
    lua_Integer n = 0;
    for (char *p = text, *end = text + size; p < end;) {
        char *newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline || !push_place(L, p, newline))
            return host_fail(L, HOST_PARSE, "%s", broken);
        lua_rawseti(L, -2, ++n);
        p = newline + 1;
    }
    return 1;
}

/* iterator() -> index, value, raw; upvalues: text, where the value before ended, index */
static int values_next(lua_State *L)
{
    size_t size, at = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &size), *start;
    lua_Integer index = lua_tointeger(L, lua_upvalueindex(3));

    if (index < 0) return 0;
    int found = host_json_item(L, text, size, &at, &start);
    if (found < 0) return host_raise(L);
    lua_pushinteger(L, (lua_Integer)at);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushinteger(L, found ? index + 1 : -1);
    lua_copy(L, -1, lua_upvalueindex(3));
    if (!found) return 0;
    size = (size_t)(text + at - start);
    if (!host_json_parse(L, start, size)) return host_raise(L);
    lua_pushlstring(L, start, size);
    return 3;
}

/* values(text) -> iterator of index, value, raw; raises if the text is not a JSON array
 */
static int chunk_values(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, values_next, 3);
    return 1;
}

static const luaL_Reg functions[] = {
    {"new",    chunk_new   },
    {"places", chunk_places},
    {"values", chunk_values},
    {NULL,     NULL        }
};

static const luaL_Reg methods[] = {
    {"add",    writer_add   },
    {"close",  writer_close },
    {"count",  writer_count },
    {"lost",   writer_lost  },
    {"places", writer_places},
    {"reset",  writer_reset },
    {"save",   writer_save  },
    {"size",   writer_size  },
    {"text",   writer_text  },
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    writer_close},
    {"__close", writer_close},
    {NULL,      NULL        }
};

int luaopen_host_chunk(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
