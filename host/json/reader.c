/* json.reader - records from JSON of any size, one at a time.
 *
 * A window slides over the input and holds one record at most. The grammar is scanned as
 * bytes arrive; what is before, between and after the records is skipped without being
 * kept. */

#include "json/reader.h"

#include "common.h"
#include "records.h"
#include "json/arrays.h"
#include "json/parts.h"

#include <stdlib.h>

#define TYPE "host.json.reader"

enum { RAW_OF_LONG = 4096 }; /* bytes shown of a line over the limit */

/* Reads the value at p as a record and pushes it. */
static bool read_record(lua_State *L, struct reader *r)
{
    host_json_begin_record(r);
    r->keeping = true;
    bool ok = host_json_drive(L, r, r->scan.depth);
    r->keeping = false;
    if (!ok) return false;
    if ((size_t)(r->scan.p - r->scan.base) > r->limit) return host_json_too_long(L, r);
    host_json_push_record(L, r);
    r->place = r->number++;
    return true;
}

/* BROKEN: what `next` returns is pushed. */
enum { FAILURE = -1, NOTHING = 0, FOUND = 1, BROKEN = 2 };

/* A document begins, or the input has ended. */
static int next_document(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int c = host_json_peek(L, r);

    if (c == UNREADABLE) return FAILURE;
    if (c == AT_END && (r->arrays || r->number > 0 || !r->pointed)) {
        r->phase = OVER;
        return NOTHING;
    }
    s->state = JSON_VALUE;
    s->depth = 0;
    if (r->pointed) {
        r->depth = 0;
        if (!host_json_descend(L, r)) return FAILURE;
    } else if (c == '[' && (r->arrays || r->number == 0)) {
        if (!host_json_drive(L, r, ONE_TOKEN)) return FAILURE;
    } else if (r->arrays) {
        s->expected = "the end";
        host_json_broken(L, r);
        return FAILURE;
    } else {
        return read_record(L, r) ? FOUND : FAILURE;
    }
    r->arrays = true;
    r->depth = s->depth;
    r->phase = INSIDE;
    return NOTHING;
}

static int next_element(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int c = host_json_peek(L, r);

    if (c == UNREADABLE) return FAILURE;
    if (s->state == JSON_AFTER || c == ']') {
        if (!host_json_drive(L, r, ONE_TOKEN)) return FAILURE; /* comma or close */
        if (s->depth < r->depth) {
            r->phase = BETWEEN;
            return host_json_leave(L, r) ? NOTHING : FAILURE;
        }
        if ((c = host_json_peek(L, r)) == UNREADABLE) return FAILURE;
    }
    if (c == AT_END) /* fails with what is missing */
        return host_json_drive(L, r, ONE_TOKEN) ? FOUND : FAILURE;
    return read_record(L, r) ? FOUND : FAILURE;
}

/* Finds the end of the line at line_at. Returns FOUND with the line's size, NOTHING at
 * the end of the input; *whole is false for a line over the limit. */
static int find_line(lua_State *L, struct reader *r, size_t *size, bool *whole)
{
    size_t looked = 0;

    *whole = true;
    for (;;) {
        const char *line = r->window.data + r->line_at;
        size_t there = r->window.size - r->line_at;
        const char *newline = memchr(line + looked, '\n', there - looked);
        *size = newline ? (size_t)(newline - line) : there;
        if (*size > r->limit) *whole = false;
        if (newline || !*whole) return FOUND;
        looked = there;
        int got = host_json_slide(L, r, r->line_at);
        if (got < 0) return FAILURE;
        r->line_at = 0;
        if (got == 0) return there > 0 ? FOUND : NOTHING;
    }
}

/* Skips the rest of a line over the limit. */
static bool skip_line(lua_State *L, struct reader *r)
{
    for (;;) {
        const char *rest = r->window.data + r->line_at;
        const char *newline = memchr(rest, '\n', r->window.size - r->line_at);
        if (newline) {
            r->line_at = (size_t)(newline - r->window.data) + 1;
            return true;
        }
        int got = host_json_slide(L, r, r->window.size);
        r->line_at = 0;
        if (got <= 0) return got == 0;
    }
}

/* Turns the failure on top (nil, message, kind) into false, message, line, raw. */
static int broken_line(lua_State *L, struct reader *r, const char *line, size_t size)
{
    lua_pop(L, 1); /* nil message */
    lua_pushboolean(L, 0);
    lua_replace(L, -3); /* false message */
    lua_pushinteger(L, r->number);
    lua_pushlstring(L, line, size);
    return BROKEN;
}

static int long_line(lua_State *L, struct reader *r)
{
    size_t shown = r->limit < RAW_OF_LONG ? r->limit : RAW_OF_LONG;
    host_fail(L, HOST_PARSE, "a line longer than %I bytes", (lua_Integer)r->limit);
    broken_line(L, r, r->window.data + r->line_at, shown);
    return skip_line(L, r) ? BROKEN : FAILURE;
}

static int next_line(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    size_t size;
    bool whole;

    int found = find_line(L, r, &size, &whole);
    if (found != FOUND) {
        r->phase = OVER;
        return found;
    }
    r->number++;
    if (!whole) return long_line(L, r);
    const char *line = r->window.data + r->line_at;
    r->line_at += size + (r->line_at + size < r->window.size); /* the newline, if there */
    host_json_begin(s, line, size, true);
    s->p = json_blank(s->p, s->end);
    if (s->p == s->end) return NOTHING;
    host_json_begin_record(r);
    enum json_outcome outcome;
    while ((outcome = host_json_until(s, 0)) == JSON_ROOM)
        host_json_grow_members(L, s);
    if (outcome == JSON_OK) {
        const char *after = json_blank(s->p, s->end);
        if (after == s->end) {
            host_json_push_record(L, r);
            r->place = r->number;
            return FOUND;
        }
        s->p = after;
        s->expected = "the end of the line";
    }
    host_json_fail(L, s, (size_t)(s->p - line));
    return broken_line(L, r, line, size);
}

/* Pushes the next record, the only value above the reader, and returns 1; otherwise
 * pushes what `next` returns. */
static int take_record(lua_State *L, struct reader *r)
{
    if (r->phase == FAILED || r->running)
        return host_fail(L, HOST_PARSE, "the reader has already failed");

    int found = NOTHING;
    if (r->asked && r->current && *r->scan.base == '{')
        host_json_settle(L, r->asked, &r->scan, 1);
    r->serial++;
    r->current = false;
    r->running = true;
    if (!r->started && !host_json_start(L, r)) found = FAILURE;
    while (found == NOTHING && r->phase < OVER)
        found = r->lines              ? next_line(L, r)
                : r->phase == BETWEEN ? next_document(L, r)
                                      : next_element(L, r);
    r->running = false;
    if (found == NOTHING) return 0;
    if (found == FAILURE) {
        r->phase = FAILED;
        lua_rotate(L, 2, 3);
        lua_settop(L, 4);
    }
    return lua_gettop(L) - 1;
}

/* Pushes the place of the record on top; returns how many values `next` returns. */
static int push_place(lua_State *L, const struct reader *r)
{
    if (r->lines)
        lua_pushinteger(L, r->place);
    else
        lua_pushfstring(L, "%I", r->place);
    return 2;
}

/* reader:next() -> record, place | nil at the end | false, message, line, raw
 *   | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct reader *r = host_self(L, TYPE);
    luaL_argcheck(L, r->open, 1, "the reader is closed");
    lua_settop(L, 1);
    int n = take_record(L, r);
    return n == 1 ? push_place(L, r) : n;
}

static int next_record(lua_State *L, lua_Integer *ordinal)
{
    struct reader *r = lua_touserdata(L, 1);
    if (!r->open) return HOST_RECORDS_CLOSED;
    int n = take_record(L, r);
    *ordinal = r->place;
    bool is_object = lua_type(L, -1) == LUA_TUSERDATA;
    return n == 1 && !is_object ? push_place(L, r) : n;
}

static const struct host_records records = {next_record};

/* reader:record() -> value | nil
 * The last record as its text has it. */
static int reader_record(lua_State *L)
{
    const struct reader *r = host_self(L, TYPE);
    if (!r->current || !r->open) return 0;
    host_json_parse(L, r->scan.base, (size_t)(r->scan.p - r->scan.base));
    return 1;
}

/* reader:arrays() -> list, is_element
 * The arrays of objects inside the last record. */
static int reader_arrays(lua_State *L)
{
    const struct reader *r = host_self(L, TYPE);
    if (!r->current || !r->open) {
        lua_newtable(L);
        return 1;
    }
    host_json_push_arrays(L, r->scan.base, (size_t)(r->scan.p - r->scan.base));
    lua_pushboolean(L, r->phase == INSIDE);
    return 2;
}

/* reader:close() */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, TYPE);
    r->open = false;
    host_bytes_free(&r->window);
    free(r->scan.members);
    r->scan.members = NULL;
    r->scan.capacity = 0;
    return 0;
}

/* The input at index 1, in the place of a text. */
static struct host_input *check_input(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING) {
        struct host_input *given = luaL_checkudata(L, 1, HOST_FILE_INPUT);
        host_input_as_text(L, given);
        return given;
    }
    size_t size;
    const char *text = lua_tolstring(L, 1, &size);
    host_input_type(L);
    struct host_input *in = host_input_of_text(L, text, size, "text");
    lua_replace(L, 1);
    return in;
}

/* reader(input | text, options?) -> reader */
static int json_reader(lua_State *L)
{
    struct host_input *in = check_input(L);
    if (lua_isnoneornil(L, 2)) {
        lua_settop(L, 1);
        lua_newtable(L);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_getfield(L, 2, "limit");
    lua_Integer limit = luaL_optinteger(L, 3, 64 * 1024 * 1024);
    luaL_argcheck(L, limit > 0, 2, "the limit must be positive");
    lua_getfield(L, 2, "pointer");
    const char *pointer = luaL_optstring(L, 4, NULL); /* input options limit pointer */

    struct reader *r = lua_newuserdatauv(L, sizeof *r, USER_VALUES);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, INPUT);
    r->in = in;
    r->limit = (size_t)limit;
    r->lines = host_flag(L, 2, "lines", false);
    r->detects = host_flag(L, 2, "detect", false);
    r->lazy = host_flag(L, 2, "lazy", true);
    luaL_argcheck(L, !(r->lines && pointer), 2, "lines and pointer cannot be combined");
    luaL_argcheck(L, !r->detects || !(r->lines || pointer), 2,
                  "detect cannot be combined with lines or pointer");
    if (pointer) {
        host_json_push_steps(L, 2, pointer);
        r->pointed = true;
        lua_setiuservalue(L, -2, POINTER);
    }
    if (lua_getfield(L, 2, "asked") != LUA_TNIL) {
        r->asked = host_json_check_asked(L, -1);
        lua_setiuservalue(L, -2, ASKED);
    } else {
        lua_pop(L, 1);
    }
    r->scan.watch = -1;
    r->open = true;
    return 1;
}

static const luaL_Reg functions[] = {
    {"reader", json_reader},
    {NULL,     NULL       }
};

static const luaL_Reg methods[] = {
    {"arrays", reader_arrays},
    {"close",  reader_close },
    {"next",   reader_next  },
    {"record", reader_record},
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    reader_close},
    {"__close", reader_close},
    {NULL,      NULL        }
};

void host_json_reader_open(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    host_records_offer(L, TYPE, &records);
    host_json_record_type(L);
    luaL_setfuncs(L, functions, 0);
}
