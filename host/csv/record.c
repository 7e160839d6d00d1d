/* The records of host.csv - rows whose fields are read on access.
 *
 * A record is a small userdata with its reader and the reader's row number when it was
 * created; a field becomes a Lua string when it is read. Each reader has its own
 * metatable for records, whose functions have as upvalues what a lookup needs: the
 * column numbers by name, the names by number, and the reader, which thus outlives its
 * records. */

#include "csv/reader.h"

#include "common.h"
#include "text/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BY_NAME = 1, NAMES, OWNER, UPVALUES = OWNER }; /* of a record's functions */
enum { UNKNOWN_SHOWN = 100 };

struct record {
    struct csv_reader *reader; /* kept alive by the metatable */
    lua_Integer row;           /* valid while this is the reader's row */
};

void host_csv_trim(const char **text, size_t *size)
{
    while (*size > 0 && host_csv_is_blank(**text))
        ++*text, --*size;
    while (*size > 0 && host_csv_is_blank((*text)[*size - 1]))
        --*size;
}

static char unescape(char c)
{
    switch (c) {
    case '0':
        return '\0';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case 'Z':
        return 0x1a;
    default:
        return c;
    }
}

static void push_unescaped(lua_State *L, const struct csv_scan *s, const char *text,
                           size_t size, bool quoted)
{
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (s->escape >= 0 && c == (char)s->escape && i + 1 < size)
            c = unescape(text[++i]);
        else if (quoted && c == (char)s->quote && i + 1 < size && text[i + 1] == c)
            i++;
        to[n++] = c;
    }
    luaL_pushresultsize(&b, n);
}

void host_csv_push_text(lua_State *L, const struct csv_reader *r,
                        const struct csv_field *f, const char *text, size_t size)
{
    if (f->escaped)
        push_unescaped(L, &r->scan, text, size, f->quoted);
    else
        lua_pushlstring(L, text, size);
    if (size < 3 || *text != '=' || r->keep_guard) return;

    text = lua_tolstring(L, -1, &size);
    if (size < 3 || text[1] != '"' || text[size - 1] != '"') return;
    if (memchr(text + 2, '"', size - 3)) return;
    if (size == 3 && !r->keep_empty)
        lua_pushnil(L);
    else
        lua_pushlstring(L, text + 2, size - 3);
    lua_remove(L, -2);
}

static bool is_null(const struct csv_reader *r, const char *text, size_t size)
{
    if (size == 2 && text[0] == '\\' && text[1] == 'N') return true;
    for (int i = 0; i < r->null_count; i++)
        if (r->nulls[i].size == size && memcmp(r->nulls[i].text, text, size) == 0)
            return true;
    return false;
}

/* Pushes field `i` (0-based) of the current row. */
static void push_field(lua_State *L, const struct csv_reader *r, int i)
{
    const struct csv_scan *s = &r->scan;
    const struct csv_field *f = &s->fields[i];
    const char *text = host_csv_row(s) + f->begin;
    size_t size = f->end - f->begin;
    if (s->trim && !f->quoted) {
        host_csv_trim(&text, &size);
        if (size > 0 && ((text[0] | text[size - 1]) & 0x80)) host_text_trim(&text, &size);
    }

    if (size == 0 && !r->keep_empty)
        lua_pushnil(L);
    else if (!f->quoted && is_null(r, text, size))
        lua_pushnil(L);
    else if (f->escaped || (size > 2 && *text == '='))
        host_csv_push_text(L, r, f, text, size);
    else
        lua_pushlstring(L, text, size);
}

/* The functions are only reachable as metamethods of rows, since the metatable is
 * locked. So the type needs no check, and this is the hottest path. */
static const struct csv_reader *live_record(lua_State *L, const struct record *record)
{
    if (record->row != record->reader->row)
        luaL_error(L, "this record is no longer valid: the reader has moved on");
    return record->reader;
}

/* Records the name of a missing column, once; the column numbers get a 0 for it. */
static void note_unknown(lua_State *L)
{
    lua_getiuservalue(L, lua_upvalueindex(OWNER), CSV_UNKNOWN);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (n < UNKNOWN_SHOWN) {
        lua_pushvalue(L, 2);
        lua_rawseti(L, -2, n + 1);
        lua_pushvalue(L, 2);
        lua_pushinteger(L, 0);
        lua_rawset(L, lua_upvalueindex(BY_NAME));
    }
    lua_pop(L, 1);
}

/* The number of the column named at stack index 2; 0 if there is none. */
static lua_Integer column_named(lua_State *L, const struct csv_reader *r)
{
    const char *name = lua_tostring(L, 2);
    for (size_t i = host_slot(name, r->mask); r->slots[i].name; i = (i + 1) & r->mask)
        if (r->slots[i].name == name) return r->slots[i].number;

    lua_pushvalue(L, 2); /* a long or unknown name */
    if (lua_rawget(L, lua_upvalueindex(BY_NAME)) != LUA_TNIL) return lua_tointeger(L, -1);
    note_unknown(L);
    return 0;
}

/* row[name or number] -> string | nil */
static int record_index(lua_State *L)
{
    const struct csv_reader *r = live_record(L, lua_touserdata(L, 1));
    lua_Integer n =
        lua_type(L, 2) == LUA_TSTRING ? column_named(L, r) : lua_tointeger(L, 2);
    if (n < 1 || n > r->scan.count) return 0;
    push_field(L, r, (int)n - 1);
    return 1;
}

static int record_newindex(lua_State *L)
{
    return luaL_error(L, "records are read-only; build a new table");
}

/* #row -> number of fields */
static int record_len(lua_State *L)
{
    lua_pushinteger(L, live_record(L, lua_touserdata(L, 1))->scan.count);
    return 1;
}

/* The iterator of pairs(row): upvalues row, names, fields visited so far. */
static int record_step(lua_State *L)
{
    const struct csv_reader *r = live_record(L, lua_touserdata(L, lua_upvalueindex(1)));
    int i = (int)lua_tointeger(L, lua_upvalueindex(3));
    int end = r->scan.count < r->columns ? r->scan.count : r->columns;
    while (i < end) {
        push_field(L, r, i++);
        if (!lua_isnil(L, -1)) {
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(3));
            lua_rawgeti(L, lua_upvalueindex(2), i);
            lua_insert(L, -2);
            return 2;
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* pairs(row): name and value of each field that is not nil, in column order */
static int record_pairs(lua_State *L)
{
    live_record(L, lua_touserdata(L, 1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, lua_upvalueindex(NAMES));
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, record_step, 3);
    return 1;
}

/* Whether the row is still the reader's. */
static int record_valid(lua_State *L)
{
    const struct record *record = lua_touserdata(L, 1);
    lua_pushboolean(L, record->row == record->reader->row);
    return 1;
}

static const luaL_Reg metamethods[] = {
    {"__index",    record_index   },
    {"__len",      record_len     },
    {"__newindex", record_newindex},
    {"__pairs",    record_pairs   },
    {"__valid",    record_valid   },
    {NULL,         NULL           }
};

/* Creates the slots for the names on top. */
static void hash_columns(lua_State *L, struct csv_reader *r)
{
    size_t n = lua_rawlen(L, -1), size = 8;
    while (size < 4 * n)
        size *= 2;
    r->slots = calloc(size, sizeof *r->slots);
    if (!r->slots) luaL_error(L, "out of memory for %d columns", (int)n);
    r->mask = size - 1;
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        const char *name = lua_tostring(L, -1);
        size_t slot = host_slot(name, r->mask);
        while (r->slots[slot].name)
            slot = (slot + 1) & r->mask;
        r->slots[slot] = (struct csv_column){name, (int)i};
        lua_pop(L, 1);
    }
}

void host_csv_record_type(lua_State *L, int reader)
{
    hash_columns(L, lua_touserdata(L, reader));
    lua_createtable(L, 0, 8); /* names type */
    lua_pushliteral(L, "record");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_newtable(L); /* names type by_name */
    lua_Integer n = (lua_Integer)lua_rawlen(L, -3);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -3, i);
        lua_pushinteger(L, i);
        lua_rawset(L, -3);
    }
    lua_pushvalue(L, -3);
    lua_pushvalue(L, reader); /* names type by_name names reader */
    luaL_setfuncs(L, metamethods, UPVALUES);
    lua_setiuservalue(L, reader, CSV_RECORD_TYPE);
    lua_setiuservalue(L, reader, CSV_COLUMNS);
}

void host_csv_push_record(lua_State *L, struct csv_reader *r)
{
    struct record *record = lua_newuserdatauv(L, sizeof *record, 0);
    record->reader = r;
    record->row = r->row;
    lua_getiuservalue(L, 1, CSV_RECORD_TYPE);
    lua_setmetatable(L, -2);
}
