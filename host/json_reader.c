/* json.reader - records from JSON of any size, one at a time.
 *
 * A window slides over the input and holds one record at most. The grammar is scanned as
 * bytes arrive; what stands before, beside and after the records is passed without being
 * kept. A lazy record is the window plus the offsets of its members, and dies when the
 * window moves. */

#include "file.h"
#include "host.h"
#include "json.h"
#include "json_scan.h"

#include <stdlib.h>

#define TYPE   "host.json.reader"
#define RECORD "host.json.record"

enum {
    WINDOW = 128 * 1024, /* bytes, unless a record is longer */
    MANY = 256,          /* members; with more, one look-up reads the whole record */
    RAW_OF_LONG = 4096   /* bytes shown of a line over the limit */
};

static const char record_magic = 0; /* its address marks a struct record */

/* The user values of a reader and of a record. */
enum { INPUT = 1, POINTER = 2, READER = 1, CACHE = 2 };

enum phase {
    BETWEEN, /* documents */
    INSIDE,  /* the array whose elements are the records */
    OVER,
    FAILED
};

struct reader {
    struct host_input *in; /* user value 1 keeps it */
    struct host_buffer window;
    lua_Integer passed; /* bytes of the input before the window */
    struct json_scan scan;
    size_t limit;
    bool lines, lazy, pointed, open, started;
    bool keeping; /* the window must go on from scan.base, not scan.p */
    bool arrays;  /* the documents are arrays of records */
    bool ended;   /* the input */
    enum phase phase;
    int depth;      /* of the array's elements */
    size_t line_at; /* lines: where the next line begins in the window */
    lua_Integer
        number;      /* of the next record (0-based), or of the current line (1-based) */
    uint64_t serial; /* of the current record */
};

struct record {
    const void *magic;     /* &record_magic */
    struct reader *reader; /* user value 1 keeps it */
    uint64_t serial;
    bool complete; /* the cache holds all members */
};

/* -- the window -- */

/* Slides the window so that it begins at `from` and reads more behind it. Returns 1, 0 at
 * the end, or -1 with a failure pushed. Pointers into the window change. */
static int slide(lua_State *L, struct reader *r, size_t from)
{
    struct host_buffer *b = &r->window;

    if (from > 0) {
        memmove(b->data, b->data + from, b->size - from);
        b->size -= from;
        r->passed += (lua_Integer)from;
    }
    if (r->ended) return 0;
    size_t left = b->capacity - b->size;
    if (left == 0) left = b->capacity ? b->capacity : WINDOW;
    char *room = host_buffer_room(L, b, left);
    ssize_t n = host_input_read(L, r->in, room, left);
    if (n < 0) return -1;
    b->size += (size_t)n;
    r->ended = n == 0;
    return n > 0;
}

static bool too_long(lua_State *L, struct reader *r)
{
    lua_Integer at = r->passed + (lua_Integer)(r->scan.base - r->window.data) + 1;
    host_fail(L, HOST_PARSE, "the record at byte %I is longer than %I bytes", at,
              (lua_Integer)r->limit);
    return false;
}

/* Fetches what the scan misses. Returns false with a failure pushed. */
static bool fetch(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    const char *from = r->keeping ? s->base : s->p;
    size_t at = (size_t)(s->p - from);

    if (r->keeping && (size_t)(s->end - from) > r->limit) return too_long(L, r);
    int got = slide(L, r, from ? (size_t)(from - r->window.data) : 0);
    if (got < 0) return false;
    s->base = r->window.data;
    s->p = r->window.data + at;
    s->end = r->window.data + r->window.size;
    s->final = got == 0;
    return true;
}

static bool broken(lua_State *L, struct reader *r)
{
    json_fail(L, &r->scan, (size_t)r->passed + (size_t)(r->scan.p - r->window.data));
    return false;
}

static void grow_members(lua_State *L, struct json_scan *s)
{
    size_t capacity = s->capacity ? 2 * s->capacity : 32;
    struct json_member *members = realloc(s->members, capacity * sizeof *members);
    if (!members) luaL_error(L, "out of memory for %I members", (lua_Integer)capacity);
    s->members = members;
    s->capacity = capacity;
}

enum { ONE_TOKEN = -1 };

/* Scans one token, or until the value at `depth` has ended, reading as needed. Returns
 * false with a failure pushed. */
static bool drive(lua_State *L, struct reader *r, int depth)
{
    for (;;) {
        switch (depth == ONE_TOKEN ? json_token(&r->scan) : json_until(&r->scan, depth)) {
        case JSON_OK:
            return true;
        case JSON_ROOM:
            grow_members(L, &r->scan);
            break;
        case JSON_MORE:
            if (!fetch(L, r)) return false;
            break;
        case JSON_BAD:
            return broken(L, r);
        }
    }
}

enum { AT_END = -1, UNREADABLE = -2 };

/* The next byte that is not blank, left unread. UNREADABLE: a failure is pushed. */
static int peek(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    for (;;) {
        s->p = json_blank(s->p, s->end);
        if (s->p < s->end) return (unsigned char)*s->p;
        if (s->final) return AT_END;
        if (!fetch(L, r)) return UNREADABLE;
    }
}

/* Passes a byte order mark. Returns false with a failure pushed. */
static bool start(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int got = 1;

    while (r->window.size < 3 && got > 0)
        got = slide(L, r, 0);
    if (got < 0) return false;
    r->started = true;
    const char *text = r->window.data;
    size_t size = r->window.size;
    if (size >= 2 &&
        (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
        host_fail(L, HOST_PARSE, "broken JSON at byte 1: expected UTF-8, found UTF-16");
        return false;
    }
    r->line_at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    json_begin(s, text + r->line_at, size - r->line_at, false);
    return true;
}

/* -- records -- */

/* Notes the members of the object that begins at p, when it is one and records are lazy.
 */
static void begin_record(struct reader *r)
{
    struct json_scan *s = &r->scan;
    s->base = s->p;
    s->count = 0;
    s->watch = r->lazy && *s->p == '{' ? s->depth + 1 : -1;
}

/* Pushes the record that was scanned from base to p: a lazy one, or a value. */
static void push_record(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    bool lazy = s->watch >= 0;

    s->watch = -1;
    if (!lazy) {
        host_json_parse(L, s->base, (size_t)(s->p - s->base));
        return;
    }
    struct record *record = lua_newuserdatauv(L, sizeof *record, 2);
    record->magic = &record_magic;
    record->reader = r;
    record->serial = r->serial;
    record->complete = false;
    lua_pushvalue(L, 1); /* the reader */
    lua_setiuservalue(L, -2, READER);
    luaL_setmetatable(L, RECORD);
}

/* Reads the value at p as a record and pushes it with its index. */
static bool read_record(lua_State *L, struct reader *r)
{
    begin_record(r);
    r->keeping = true;
    bool ok = drive(L, r, r->scan.depth);
    r->keeping = false;
    if (!ok) return false;
    if ((size_t)(r->scan.p - r->scan.base) > r->limit) return too_long(L, r);
    push_record(L, r);
    lua_pushfstring(L, "%I", r->number++);
    return true;
}

/* -- the pointer -- */

/* Pushes the list of a pointer's steps. */
static void push_steps(lua_State *L, int arg, const char *pointer)
{
    lua_Integer n = 0;
    const char *p = pointer;

    luaL_argcheck(L, *p == '/' || *p == '\0', arg, "a JSON pointer begins with /");
    lua_newtable(L);
    while (*p == '/') {
        luaL_Buffer b;
        luaL_buffinit(L, &b);
        for (p++; *p && *p != '/'; p++) {
            bool escape = *p == '~';
            if (escape && *++p != '0' && *p != '1')
                luaL_argerror(L, arg, "in a JSON pointer, ~ stands before 0 or 1");
            luaL_addchar(&b, !escape ? *p : *p == '0' ? '~' : '/');
        }
        luaL_pushresult(&b);
        lua_rawseti(L, -2, ++n);
    }
}

/* Pushes "/users/0", the first `n` steps of the list at the top. */
static const char *push_pointer(lua_State *L, lua_Integer n)
{
    int steps = lua_gettop(L);
    lua_pushliteral(L, "");
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushliteral(L, "/");
        lua_rawgeti(L, steps, i);
        lua_concat(L, 3);
    }
    return lua_tostring(L, -1);
}

static const char *kind_of(int c)
{
    switch (c) {
    case '{':
        return "an object";
    case '[':
        return "a list";
    case '"':
        return "a string";
    case 't':
    case 'f':
        return "a boolean";
    case 'n':
        return "null";
    default:
        return "a number";
    }
}

/* The last string scanned is the text at the top of the stack? */
static bool is_name(lua_State *L, const struct json_scan *s)
{
    size_t size;
    const char *name = lua_tolstring(L, -1, &size);
    if (!s->escaped) return size == s->string_size && memcmp(name, s->string, size) == 0;
    json_push_string(L, s->string, s->string_size, true);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
    return same;
}

/* Enters the object at p and stops before the value of the member named at the top.
 * Returns 1, 0 when there is none, -1 with a failure pushed. */
static int enter_member(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    if (!drive(L, r, ONE_TOKEN)) return -1;
    int depth = s->depth;
    for (;;) {
        if (!drive(L, r, ONE_TOKEN)) return -1; /* a name, or the close */
        if (s->depth < depth) return 0;
        bool found = is_name(L, s);
        if (!drive(L, r, ONE_TOKEN)) return -1; /* the colon */
        if (found) return 1;
        if (!drive(L, r, depth) || !drive(L, r, ONE_TOKEN)) return -1; /* value, comma */
        if (s->depth < depth) return 0;
    }
}

/* The same for the element whose index is named at the top. */
static int enter_element(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    lua_Integer index;
    int c;

    index = lua_tointegerx(L, -1, &c);
    if (!c || index < 0) return 0;
    if (!drive(L, r, ONE_TOKEN)) return -1;
    for (int depth = s->depth;; index--) {
        if ((c = peek(L, r)) == UNREADABLE) return -1;
        if (c == ']' && s->state == JSON_FIRST_VALUE) return 0;
        if (index == 0) return 1;
        if (!drive(L, r, depth) || !drive(L, r, ONE_TOKEN)) return -1; /* value, comma */
        if (s->depth < depth) return 0;
    }
}

static bool lost(lua_State *L, struct reader *r, lua_Integer step, int c)
{
    lua_getiuservalue(L, 1, POINTER);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    lua_Integer at = r->passed + (lua_Integer)(r->scan.p - r->window.data) + 1;
    const char *whole = push_pointer(L, n);
    lua_insert(L, -2); /* whole steps */
    const char *found = push_pointer(L, step);
    if (c != 0)
        host_fail(L, HOST_PARSE, "no list at %s: %s is %s (byte %I)",
                  n ? whole : "the document", *found ? found : "the document", kind_of(c),
                  at);
    else
        host_fail(L, HOST_PARSE, "no list at %s: there is no %s (byte %I)", whole, found,
                  at);
    return false;
}

/* Follows the pointer from the document at p and enters the array it leads to. Returns
 * false with a failure pushed. */
static bool descend(lua_State *L, struct reader *r)
{
    int c = 0, top = lua_gettop(L);

    lua_getiuservalue(L, 1, POINTER);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        if ((c = peek(L, r)) == UNREADABLE) return false;
        if (c != '{' && c != '[') break;
        lua_rawgeti(L, top + 1, i);
        int found = c == '{' ? enter_member(L, r) : enter_element(L, r);
        if (found < 0) return false;
        if (found == 0) return lost(L, r, i, 0);
        lua_settop(L, top + 1);
        r->depth = (int)i;
    }
    lua_settop(L, top);
    if ((c = peek(L, r)) == UNREADABLE) return false;
    if (c == AT_END || !strchr("{[\"tfn-0123456789", c)) {
        r->scan.expected = "a value";
        return broken(L, r);
    }
    if (r->depth < n || c != '[') return lost(L, r, r->depth, c);
    return drive(L, r, ONE_TOKEN);
}

/* Passes what follows the array in its document. A second member of the same name would
 * be users passed over without a word. */
static bool leave(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int depth = s->depth;

    if (depth > 0 && s->object[depth] && r->pointed) {
        lua_getiuservalue(L, 1, POINTER);
        lua_rawgeti(L, -1, (lua_Integer)lua_rawlen(L, -1));   /* steps name */
        while (drive(L, r, ONE_TOKEN) && s->depth == depth) { /* comma or close */
            if (!drive(L, r, ONE_TOKEN)) return false;        /* name */
            if (is_name(L, s)) {
                s->expected = "the list's name only once";
                return broken(L, r);
            }
            if (!drive(L, r, ONE_TOKEN) || !drive(L, r, depth)) return false;
        }
        if (s->depth == depth) return false;
        lua_pop(L, 2);
    }
    return drive(L, r, 0);
}

/* -- next -- */

enum { FAILURE = -1, NOTHING = 0, FOUND = 1 };

/* A document begins, or the input has ended. */
static int next_document(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    int c = peek(L, r);

    if (c == UNREADABLE) return FAILURE;
    if (c == AT_END && (r->arrays || r->number > 0 || !r->pointed)) {
        r->phase = OVER;
        return NOTHING;
    }
    s->state = JSON_VALUE;
    s->depth = 0;
    if (r->pointed) {
        r->depth = 0;
        if (!descend(L, r)) return FAILURE;
    } else if (c == '[' && (r->arrays || r->number == 0)) {
        if (!drive(L, r, ONE_TOKEN)) return FAILURE;
    } else if (r->arrays) {
        s->expected = "the end";
        broken(L, r);
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
    int c = peek(L, r);

    if (c == UNREADABLE) return FAILURE;
    if (s->state == JSON_AFTER || c == ']') {
        if (!drive(L, r, ONE_TOKEN)) return FAILURE; /* comma or close */
        if (s->depth < r->depth) {
            r->phase = BETWEEN;
            return leave(L, r) ? NOTHING : FAILURE;
        }
        if ((c = peek(L, r)) == UNREADABLE) return FAILURE;
    }
    if (c == AT_END)
        return drive(L, r, ONE_TOKEN) ? FOUND : FAILURE; /* says what misses */
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
        int got = slide(L, r, r->line_at);
        if (got < 0) return FAILURE;
        r->line_at = 0;
        if (got == 0) return there > 0 ? FOUND : NOTHING;
    }
}

/* Passes the rest of a line that is too long. */
static bool skip_line(lua_State *L, struct reader *r)
{
    for (;;) {
        const char *rest = r->window.data + r->line_at;
        const char *newline = memchr(rest, '\n', r->window.size - r->line_at);
        if (newline) {
            r->line_at = (size_t)(newline - r->window.data) + 1;
            return true;
        }
        int got = slide(L, r, r->window.size);
        r->line_at = 0;
        if (got <= 0) return got == 0;
    }
}

/* Pushes false, message, line, raw for the line from base to end, the message being what
 * is second from the top (a failure was pushed). */
static int broken_line(lua_State *L, struct reader *r, const char *line, size_t size)
{
    lua_pop(L, 1); /* nil message */
    lua_pushboolean(L, 0);
    lua_replace(L, -3); /* false message */
    lua_pushinteger(L, r->number);
    lua_pushlstring(L, line, size);
    return FOUND;
}

static int long_line(lua_State *L, struct reader *r)
{
    size_t shown = r->limit < RAW_OF_LONG ? r->limit : RAW_OF_LONG;
    host_fail(L, HOST_PARSE, "a line longer than %I bytes", (lua_Integer)r->limit);
    broken_line(L, r, r->window.data + r->line_at, shown);
    return skip_line(L, r) ? FOUND : FAILURE;
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
    json_begin(s, line, size, true);
    s->p = json_blank(s->p, s->end);
    if (s->p == s->end) return NOTHING;
    begin_record(r);
    enum json_outcome outcome;
    while ((outcome = json_until(s, 0)) == JSON_ROOM)
        grow_members(L, s);
    if (outcome == JSON_OK) {
        const char *after = json_blank(s->p, s->end);
        if (after == s->end) {
            push_record(L, r);
            lua_pushinteger(L, r->number);
            return FOUND;
        }
        s->p = after;
        s->expected = "the end of the line";
    }
    json_fail(L, s, (size_t)(s->p - line));
    return broken_line(L, r, line, size);
}

/* reader:next() -> record, place | nil at the end | false, message, line, raw
 *   | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, TYPE);
    luaL_argcheck(L, r->open, 1, "the reader is closed");
    lua_settop(L, 1);

    int found = NOTHING;
    r->serial++;
    if (!r->started && !start(L, r)) found = FAILURE;
    while (found == NOTHING && r->phase < OVER)
        found = r->lines              ? next_line(L, r)
                : r->phase == BETWEEN ? next_document(L, r)
                                      : next_element(L, r);
    if (r->phase == FAILED)
        return host_fail(L, HOST_PARSE, "the reader has failed before");
    if (found == NOTHING) return 0;
    if (found == FAILURE) {
        r->phase = FAILED;
        lua_rotate(L, 2, 3);
        lua_settop(L, 4);
    }
    return lua_gettop(L) - 1;
}

/* reader:close() */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, TYPE);
    r->open = false;
    host_buffer_free(&r->window);
    free(r->scan.members);
    r->scan.members = NULL;
    r->scan.capacity = 0;
    return 0;
}

static bool option(lua_State *L, const char *name, bool otherwise)
{
    bool value = lua_getfield(L, 2, name) == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

int host_json_reader(lua_State *L)
{
    struct host_input *in = luaL_checkudata(L, 1, HOST_FILE_INPUT);
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

    struct reader *r = lua_newuserdatauv(L, sizeof *r, 2);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, INPUT);
    r->in = in;
    r->limit = (size_t)limit;
    r->lines = option(L, "lines", false);
    r->lazy = option(L, "lazy", true);
    luaL_argcheck(L, !(r->lines && pointer), 2, "lines and pointer do not go together");
    if (pointer) {
        push_steps(L, 2, pointer);
        r->pointed = true;
        lua_setiuservalue(L, -2, POINTER);
    }
    r->scan.watch = -1;
    r->open = true;
    return 1;
}

/* -- lazy records, as Lua sees them -- */

static struct record *check_record(lua_State *L)
{
    struct record *record = lua_touserdata(L, 1);
    /* Faster than the name of the metatable, which nobody can get at. */
    if (!record || lua_rawlen(L, 1) != sizeof *record || record->magic != &record_magic)
        record = luaL_checkudata(L, 1, RECORD);
    if (record->serial != record->reader->serial || !record->reader->open)
        luaL_error(L, "this record is gone: the reader has moved on");
    return record;
}

/* Pushes the value of a member. Its text was scanned, so it cannot be broken. */
static void push_member(lua_State *L, const struct json_scan *s,
                        const struct json_member *m)
{
    const char *text = s->base + m->value;
    size_t size = m->value_size;

    if (*text == '"')
        json_push_string(L, text + 1, size - 2, memchr(text, '\\', size) != NULL);
    else
        host_json_parse(L, text, size);
}

/* Pushes the table of the members read so far that must stay the same ones. */
static void push_cache(lua_State *L)
{
    if (lua_getiuservalue(L, 1, CACHE) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, CACHE);
}

/* Pushes the cache with all members in it. */
static void push_complete(lua_State *L, struct record *record)
{
    const struct json_scan *s = &record->reader->scan;

    push_cache(L);
    if (record->complete) return;
    lua_newtable(L);                        /* cache all */
    for (size_t i = 0; i < s->count; i++) { /* forwards: the last of two members wins */
        const struct json_member *m = &s->members[i];
        json_push_string(L, s->base + m->key, m->key_size, m->escaped);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -4) == LUA_TNIL) { /* cache all name nil */
            lua_pop(L, 1);
            push_member(L, s, m);
        }
        lua_rawset(L, -3);
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, CACHE);
    lua_remove(L, -2);
    record->complete = true;
}

static const struct json_member *find(lua_State *L, const struct json_scan *s)
{
    size_t size;
    const char *name = lua_tolstring(L, 2, &size);

    for (size_t i = s->count; i-- > 0;) { /* backwards: the last of two members wins */
        const struct json_member *m = &s->members[i];
        if (m->escaped) {
            json_push_string(L, s->base + m->key, m->key_size, true);
            bool same = lua_rawequal(L, -1, 2);
            lua_pop(L, 1);
            if (same) return m;
        } else if (m->key_size == size && memcmp(s->base + m->key, name, size) == 0) {
            return m;
        }
    }
    return NULL;
}

/* record[name] -> value | nil */
static int record_index(lua_State *L)
{
    struct record *record = check_record(L);
    const struct json_scan *s = &record->reader->scan;

    if (lua_type(L, 2) != LUA_TSTRING) return 0;
    if (s->count > MANY && !record->complete) {
        push_complete(L, record);
        lua_pop(L, 1);
    }
    if (lua_getiuservalue(L, 1, CACHE) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL || record->complete) return 1;
    }
    const struct json_member *m = find(L, s);
    if (!m) return 0;
    push_member(L, s, m);
    if (lua_istable(L, -1)) {
        push_cache(L);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -3);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    return 1;
}

/* record[name] = value: raises */
static int record_newindex(lua_State *L)
{
    return luaL_error(L, "records are read-only; build a new table");
}

/* next(table, key) -> key, value */
static int record_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    return lua_next(L, 1) ? 2 : 0;
}

/* pairs(record) */
static int record_pairs(lua_State *L)
{
    struct record *record = check_record(L);
    lua_pushcfunction(L, record_next);
    push_complete(L, record);
    return 2;
}

static const luaL_Reg methods[] = {
    {"close", reader_close},
    {"next",  reader_next },
    {NULL,    NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    reader_close},
    {"__close", reader_close},
    {NULL,      NULL        }
};

static const luaL_Reg record_metamethods[] = {
    {"__index",    record_index   },
    {"__newindex", record_newindex},
    {"__pairs",    record_pairs   },
    {NULL,         NULL           }
};

void host_json_reader_types(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    host_newtype(L, RECORD, NULL, record_metamethods);
}
