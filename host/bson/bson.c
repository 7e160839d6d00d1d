/* host.bson - the documents of a file that mongodump wrote, one at a time.
 *
 * A window slides over the input and holds one document at most. Each document begins
 * with its size, so one that is broken inside is stepped over; a size that no document
 * has ends the reading. document.c reads the values, text.c writes some of them as text.
 */

#include "bson/parts.h"

#include "bytes.h"
#include "common.h"
#include "file/file.h"
#include "host.h"

#include <string.h>

#define READER "host.bson.reader"

enum {
    WINDOW = 64 * 1024, /* bytes that are read at once, at least */
    RAW_SHOWN = 1024    /* bytes of a broken document */
};

static const char archive[] = "\x6d\xe2\x99\x81"; /* the first bytes of an archive */

struct bson_reader {
    struct host_input *in; /* user value 1 keeps it; NULL: closed */
    struct host_bytes window;
    size_t at, size;    /* the current document in the window */
    lua_Integer passed; /* bytes of the input before the window */
    size_t limit;
    lua_Integer number; /* of the next document, from 0 */
    bool ended;         /* the input */
    bool over, failed;  /* nothing more can be read */
    bool current;       /* the document at `at` was returned */
};

static struct bson_reader *check_reader(lua_State *L)
{
    struct bson_reader *r = host_self(L, READER);
    luaL_argcheck(L, r->in, 1, "the reader is closed");
    return r;
}

static size_t there(const struct bson_reader *r)
{
    return r->window.size - r->at;
}

/* Reads until the window has `n` bytes of the document. Returns 1, 0 if the input ends
 * before, or -1 with a failure pushed. */
static int fetch(lua_State *L, struct bson_reader *r, size_t n)
{
    struct host_bytes *w = &r->window;
    if (there(r) >= n) return 1;
    if (r->at > 0) {
        memmove(w->data, w->data + r->at, there(r));
        w->size -= r->at;
        r->passed += (lua_Integer)r->at;
        r->at = 0;
    }
    while (w->size < n && !r->ended) {
        char *room = host_bytes_room(w, WINDOW);
        if (!room) return luaL_error(L, "out of memory for a document");
        ssize_t got = host_input_read(L, r->in, room, w->capacity - w->size);
        if (got < 0) return -1;
        w->size += (size_t)got;
        r->ended = got == 0;
    }
    return w->size >= n;
}

/* Steps over the current document without keeping it. Returns as fetch. */
static int step_over(lua_State *L, struct bson_reader *r)
{
    while (r->size > there(r)) {
        r->size -= there(r);
        r->at = r->window.size;
        int got = fetch(L, r, 1);
        if (got <= 0) return got;
    }
    r->at += r->size;
    r->size = 0;
    return 1;
}

/* Returns the failure on top, after which nothing more is read. */
static int fail(struct bson_reader *r)
{
    r->failed = true;
    return 3;
}

/* Turns the message on top into false, message, place, raw. */
static int broken(lua_State *L, struct bson_reader *r)
{
    size_t shown = r->size < there(r) ? r->size : there(r);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    lua_pushfstring(L, "%I", (LUAI_UACINT)r->number++);
    lua_pushlstring(L, r->window.data + r->at, shown < RAW_SHOWN ? shown : RAW_SHOWN);
    return 4;
}

/* The input ends inside the document, which has `size` bytes if that is known. */
static int cut(lua_State *L, struct bson_reader *r, lua_Integer size)
{
    r->over = true;
    if (size > 0)
        lua_pushfstring(
            L, "the file is cut off: it ends after %I of the document's %I bytes",
            (LUAI_UACINT)there(r), (LUAI_UACINT)size);
    else
        lua_pushliteral(L,
                        "the file is cut off: it ends inside the length of a document");
    r->size = there(r);
    return broken(L, r);
}

/* A size that no document has: where the next one begins is unknown. */
static int lost(lua_State *L, struct bson_reader *r, int32_t size)
{
    if (r->number == 0 && memcmp(r->window.data + r->at, archive, 4) == 0)
        host_fail(
            L, HOST_PARSE,
            "an archive of mongodump: write the collection to a file of its own, with "
            "mongodump without --archive, or with mongoexport");
    else
        host_fail(
            L, HOST_PARSE,
            "document #%I, at byte %I, has the length %I, which no document of BSON "
            "has; what follows cannot be read",
            (LUAI_UACINT)r->number, (LUAI_UACINT)(r->passed + (lua_Integer)r->at + 1),
            (LUAI_UACINT)size);
    return fail(r);
}

static int too_long(lua_State *L, struct bson_reader *r)
{
    lua_Integer size = (lua_Integer)r->size;
    int got = fetch(L, r, r->size < RAW_SHOWN ? r->size : RAW_SHOWN);
    if (got < 0) return fail(r);
    if (got == 0) return cut(L, r, size);
    lua_pushfstring(L, "a document of %I bytes, above the limit of %I", (LUAI_UACINT)size,
                    (LUAI_UACINT)r->limit);
    return broken(L, r);
}

/* reader:next() -> record, place | nil | false, message, place, raw | nil, message, kind
 */
static int reader_next(lua_State *L)
{
    struct bson_reader *r = check_reader(L);
    lua_settop(L, 1);
    if (r->failed) return host_fail(L, HOST_PARSE, "the reader has already failed");
    r->current = false;
    int got = r->over ? 0 : step_over(L, r);
    if (got < 0) return fail(r);
    if (got == 0) return 0; /* cut inside a document that was stepped over */

    got = fetch(L, r, 4);
    if (got < 0) return fail(r);
    if (got == 0) {
        r->over = there(r) == 0;
        return r->over ? 0 : cut(L, r, 0);
    }
    int32_t size = bson_i32(r->window.data + r->at);
    if (size < BSON_LEAST || size > BSON_MOST) return lost(L, r, size);
    r->size = (size_t)size;
    if (r->size > r->limit) return too_long(L, r);
    got = fetch(L, r, r->size);
    if (got < 0) return fail(r);
    if (got == 0) return cut(L, r, size);
    if (!host_bson_push_document(L, r->window.data + r->at, r->size)) return broken(L, r);
    r->current = true;
    lua_pushfstring(L, "%I", (LUAI_UACINT)r->number++);
    return 2;
}

/* reader:record() -> table | nil
 * The last document once more. */
static int reader_record(lua_State *L)
{
    const struct bson_reader *r = check_reader(L);
    if (!r->current) return 0;
    host_bson_push_document(L, r->window.data + r->at, r->size);
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct bson_reader *r = luaL_checkudata(L, 1, READER);
    r->in = NULL;
    host_bytes_free(&r->window);
    return 0;
}

/* reader(input, options?) -> reader */
static int bson_reader(lua_State *L)
{
    struct host_input *in = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "limit");
    lua_Integer limit = luaL_optinteger(L, 3, BSON_MOST);
    luaL_argcheck(L, limit > 0, 2, "the limit must be positive");

    struct bson_reader *r = lua_newuserdatauv(L, sizeof *r, 1);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    r->in = in;
    r->limit = (size_t)limit;
    return 1;
}

/* date(milliseconds) -> string */
static int bson_date(lua_State *L)
{
    host_bson_push_date(L, luaL_checkinteger(L, 1));
    return 1;
}

/* moment(text) -> milliseconds | nil */
static int bson_moment(lua_State *L)
{
    size_t size;
    int64_t milliseconds;
    const char *text = luaL_checklstring(L, 1, &size);
    if (!host_bson_read_date(text, size, &milliseconds)) return 0;
    lua_pushinteger(L, milliseconds);
    return 1;
}

/* uuid(bytes) -> string */
static int bson_uuid(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size == 16, 1, "a UUID has 16 bytes");
    host_bson_push_uuid(L, bytes);
    return 1;
}

static const luaL_Reg functions[] = {
    {"date",   bson_date  },
    {"moment", bson_moment},
    {"reader", bson_reader},
    {"uuid",   bson_uuid  },
    {NULL,     NULL       }
};

static const luaL_Reg methods[] = {
    {"close",  reader_close },
    {"next",   reader_next  },
    {"record", reader_record},
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

int luaopen_host_bson(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
