/* host.csv - rows of delimited text as lazy records.
 *
 * A row is a small userdata that knows its reader and the count of rows when it was made;
 * a field becomes a Lua string when it is read. Each reader has a row metatable of its
 * own whose functions carry what a look-up needs as upvalues: the column numbers by name,
 * the names by number, and the reader (which so outlives its rows). */

#include "csv_scan.h"
#include "file.h"
#include "host.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define READER "host.csv.reader"

enum { INPUT = 1, COLUMNS, UNKNOWN, ROW_TYPE, USER_VALUES = ROW_TYPE }; /* of a reader */
enum { BY_NAME = 1, NAMES, OWNER, UPVALUES = OWNER }; /* of a row's functions */
enum { DEFAULT_LIMIT = 16 * 1024 * 1024, RAW_SHOWN = 4096, UNKNOWN_SHOWN = 100 };
#define LONGEST_LIMIT (1 << 30)

struct word {
    char *text;
    size_t size;
};

struct reader {
    struct csv_scan scan;
    int columns;
    int least; /* fields that a row must have: up to the last column with a name */
    bool keep_empty;
    bool pad;
    lua_Integer row; /* how many times next was called */
    struct word *nulls;
    int null_count;
};

struct row {
    struct reader *reader; /* kept alive by the metatable */
    lua_Integer number;    /* readable while this is the reader's row */
};

static struct reader *check_reader(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, READER);
    if (!r->scan.input) luaL_error(L, "the reader is closed");
    return r;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && is_blank(**text))
        ++*text, --*size;
    while (*size > 0 && is_blank((*text)[*size - 1]))
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
                           size_t size)
{
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (s->escape >= 0 && c == (char)s->escape && i + 1 < size)
            c = unescape(text[++i]);
        else if (s->quote >= 0 && c == (char)s->quote && i + 1 < size && text[i + 1] == c)
            i++;
        to[n++] = c;
    }
    luaL_pushresultsize(&b, n);
}

static bool is_null(const struct reader *r, const char *text, size_t size)
{
    if (size == 2 && text[0] == '\\' && text[1] == 'N') return true;
    for (int i = 0; i < r->null_count; i++)
        if (r->nulls[i].size == size && memcmp(r->nulls[i].text, text, size) == 0)
            return true;
    return false;
}

/* Pushes field `i` (0-based) of the present row. */
static void push_field(lua_State *L, const struct reader *r, int i)
{
    const struct csv_scan *s = &r->scan;
    const struct csv_field *f = &s->fields[i];
    const char *text = host_csv_row(s) + f->begin;
    size_t size = f->end - f->begin;
    if (s->trim && !f->quoted) trim(&text, &size);

    if (size == 0 && !r->keep_empty)
        lua_pushnil(L);
    else if (!f->quoted && is_null(r, text, size))
        lua_pushnil(L);
    else if (f->escaped)
        push_unescaped(L, s, text, size);
    else
        lua_pushlstring(L, text, size);
}

/* Rows reach their functions as metamethods only, which nobody else can get hold of: the
 * metatable is locked. So the type needs no check, and this is the busiest place there
 * is. */
static const struct reader *live_row(lua_State *L, const struct row *row)
{
    if (row->number != row->reader->row)
        luaL_error(L, "this record is gone: the reader has moved on");
    return row->reader;
}

/* Remembers a column that is not there, once; the column numbers get a 0 for it. */
static void note_unknown(lua_State *L)
{
    lua_getiuservalue(L, lua_upvalueindex(OWNER), UNKNOWN);
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

/* row[name or number] -> string | nil */
static int row_index(lua_State *L)
{
    const struct reader *r = live_row(L, lua_touserdata(L, 1));
    lua_Integer n = 0;
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(BY_NAME)) == LUA_TNIL)
            note_unknown(L);
        else
            n = lua_tointeger(L, -1);
    } else {
        n = lua_tointeger(L, 2);
    }
    if (n < 1 || n > r->scan.count) return 0;
    push_field(L, r, (int)n - 1);
    return 1;
}

static int row_newindex(lua_State *L)
{
    return luaL_error(L, "a record cannot be changed");
}

/* #row -> number of fields */
static int row_len(lua_State *L)
{
    lua_pushinteger(L, live_row(L, lua_touserdata(L, 1))->scan.count);
    return 1;
}

/* The step of pairs(row): upvalues row, names, fields passed so far. */
static int row_step(lua_State *L)
{
    const struct reader *r = live_row(L, lua_touserdata(L, lua_upvalueindex(1)));
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

/* pairs(row): name, value of the fields that are not nil, in the order of the columns */
static int row_pairs(lua_State *L)
{
    live_row(L, lua_touserdata(L, 1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, lua_upvalueindex(NAMES));
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, row_step, 3);
    return 1;
}

static const luaL_Reg row_metamethods[] = {
    {"__index",    row_index   },
    {"__len",      row_len     },
    {"__newindex", row_newindex},
    {"__pairs",    row_pairs   },
    {NULL,         NULL        }
};

/* Makes the metatable of this reader's rows from the names at the top, which it takes
 * away. */
static void set_row_type(lua_State *L, int reader)
{
    lua_createtable(L, 0, 8); /* names type */
    lua_pushliteral(L, "csv record");
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
    luaL_setfuncs(L, row_metamethods, UPVALUES);
    lua_setiuservalue(L, reader, ROW_TYPE);
    lua_setiuservalue(L, reader, COLUMNS);
}

/* Fails when the names at the top of the stack are not all different. */
static int check_names(lua_State *L, const struct reader *r)
{
    int names = lua_gettop(L);
    lua_newtable(L); /* names seen */
    for (lua_Integer i = 1; lua_rawgeti(L, names, i) != LUA_TNIL; i++) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, names + 1) != LUA_TNIL)
            return host_fail(
                L, HOST_PARSE, "%s: columns %I and %I are both called \"%s\"",
                host_input_name(r->scan.input), (LUAI_UACINT)lua_tointeger(L, -1),
                (LUAI_UACINT)i, lua_tostring(L, -2));
        lua_pop(L, 1);
        lua_pushinteger(L, i);
        lua_rawset(L, names + 1);
    }
    lua_settop(L, names);
    return 0;
}

/* Pushes the name of column `i` (0-based): its text without outer blanks, "column 3" for
 * none. */
static void push_name(lua_State *L, struct reader *r, int i)
{
    const struct csv_scan *s = &r->scan;
    const struct csv_field *f = &s->fields[i];
    const char *text = host_csv_row(s) + f->begin;
    size_t size = f->end - f->begin;
    if (!f->quoted) trim(&text, &size);
    if (size == 0) {
        lua_pushfstring(L, "column %d", i + 1);
        return;
    }
    push_unescaped(L, s, text, size);
    r->least = i + 1;
}

static bool is_blank_row(const struct csv_scan *s)
{
    if (s->count != 1 || s->fields[0].quoted) return false;
    const char *row = host_csv_row(s);
    for (size_t i = 0; i < s->size; i++)
        if (!is_blank(row[i])) return false;
    return true;
}

/* Reads the first row as the columns' names and pushes them; else pushes a failure,
 * returns 3. */
static int read_header(lua_State *L, struct reader *r)
{
    struct csv_scan *s = &r->scan;
    enum csv_outcome outcome;
    do
        outcome = host_csv_next(L, s);
    while (outcome == CSV_ROW && is_blank_row(s));
    if (outcome == CSV_FAILED) return 3;

    const char *name = host_input_name(s->input);
    lua_Integer line = s->line;
    lua_newtable(L);
    if (outcome == CSV_END) return 0;
    if (memchr(host_csv_row(s), 0, s->size))
        return host_fail(L, HOST_PARSE, "%s:%I: zero bytes in the header; is it UTF-16?",
                         name, (LUAI_UACINT)line);
    if (host_utf8_check(host_csv_row(s), s->size) < s->size)
        return host_fail(L, HOST_PARSE, "%s:%I: the header is not UTF-8", name,
                         (LUAI_UACINT)line);
    if (s->stray)
        return host_fail(L, HOST_PARSE,
                         "%s:%I: text behind the closing quote of column %d", name,
                         (LUAI_UACINT)line, s->stray);
    for (int i = 0; i < s->count; i++) {
        push_name(L, r, i);
        lua_rawseti(L, -2, i + 1);
    }
    return check_names(L, r);
}

static int byte_option(lua_State *L, const char *name, int standard, bool may_be_empty)
{
    size_t size = 1;
    lua_getfield(L, 2, name);
    const char *text = luaL_optlstring(L, -1, NULL, &size);
    lua_pop(L, 1); /* the options keep it alive */
    if (!text) return standard;
    if (size == 0 && may_be_empty) return -1;
    if (size != 1 || (unsigned char)*text >= 0x80 || *text == '\n' || *text == '\r')
        luaL_error(L, "%s must be one byte, and no line end", name);
    return *text;
}

static bool choice_option(lua_State *L, const char *name, const char *standard,
                          const char *other)
{
    lua_getfield(L, 2, name);
    const char *text = luaL_optstring(L, -1, standard);
    bool is_other = strcmp(text, other) == 0;
    if (!is_other && strcmp(text, standard) != 0)
        luaL_error(L, "%s must be \"%s\" or \"%s\", not \"%s\"", name, standard, other,
                   text);
    lua_pop(L, 1);
    return is_other;
}

static enum csv_encoding encoding_option(lua_State *L)
{
    static const struct {
        const char *name;
        enum csv_encoding encoding;
    } encodings[] = {
        {"utf-8",        CSV_UTF8       },
        {"utf-16le",     CSV_UTF16LE    },
        {"utf-16be",     CSV_UTF16BE    },
        {"windows-1252", CSV_WINDOWS1252},
        {"latin1",       CSV_LATIN1     }
    };
    lua_getfield(L, 2, "encoding");
    const char *name = luaL_optstring(L, -1, "utf-8");
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (strcmp(encodings[i].name, name) == 0) {
            lua_pop(L, 1);
            return encodings[i].encoding;
        }
    return (enum csv_encoding)luaL_error(
        L, "encoding \"%s\": known are utf-8, utf-16le, utf-16be, windows-1252, latin1",
        name);
}

static void null_option(lua_State *L, struct reader *r)
{
    lua_getfield(L, 2, "null");
    if (!lua_isnil(L, -1)) {
        if (!lua_istable(L, -1)) luaL_error(L, "null must be a list of words");
        size_t n = lua_rawlen(L, -1);
        r->nulls = calloc(n + 1, sizeof *r->nulls);
        if (!r->nulls) luaL_error(L, "out of memory for null words");
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            size_t size;
            const char *text = luaL_checklstring(L, -1, &size);
            char *copy = malloc(size + 1);
            if (!copy) luaL_error(L, "out of memory for null words");
            r->nulls[r->null_count++] = (struct word){memcpy(copy, text, size + 1), size};
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void read_options(lua_State *L, struct reader *r)
{
    struct csv_scan *s = &r->scan;
    s->delimiter = byte_option(L, "delimiter", ',', false);
    s->quote = byte_option(L, "quote", '"', true);
    s->escape = byte_option(L, "escape", -1, true);
    if (s->delimiter == s->quote || s->delimiter == s->escape)
        luaL_error(L, "the delimiter cannot be the quote or the escape");
    if (s->escape == s->quote) s->escape = -1; /* quotes double anyway */
    lua_getfield(L, 2, "trim");
    s->trim = lua_toboolean(L, -1);
    lua_getfield(L, 2, "limit");
    lua_Integer limit = luaL_optinteger(L, -1, DEFAULT_LIMIT);
    if (limit < 1 || limit > LONGEST_LIMIT)
        luaL_error(L, "limit must be 1 to %d bytes", LONGEST_LIMIT);
    s->limit = (size_t)limit;
    lua_pop(L, 2);
    r->keep_empty = choice_option(L, "empty", "nil", "keep");
    r->pad = choice_option(L, "ragged", "reject", "pad");
    s->encoding = encoding_option(L);
    null_option(L, r);
}

/* Pushes a copy of the list of names at the top: what the caller does to his later is
 * his. */
static int copy_names(lua_State *L, const struct reader *r)
{
    int given = lua_gettop(L);
    lua_newtable(L);
    for (lua_Integer i = 1; lua_rawgeti(L, given, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "header: name %I is no string", i);
        lua_rawseti(L, -2, i);
    }
    lua_pop(L, 1);
    if (lua_rawlen(L, -1) == 0) luaL_error(L, "header: an empty list of names");
    return check_names(L, r);
}

/* reader(input, options?) -> reader | nil, message, kind */
static int csv_reader(lua_State *L)
{
    struct host_input *input = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);

    struct reader *r =
        lua_newuserdatauv(L, sizeof *r, USER_VALUES); /* input options reader */
    memset(r, 0, sizeof *r);
    r->scan.next_line = 1;
    luaL_setmetatable(L, READER);
    r->scan.input = input;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 3, INPUT);
    lua_newtable(L);
    lua_setiuservalue(L, 3, UNKNOWN);
    read_options(L, r);

    lua_getfield(L, 2, "header");
    bool first_row = lua_isnil(L, -1) || (lua_isboolean(L, -1) && lua_toboolean(L, -1));
    if (!first_row && !lua_istable(L, -1))
        return luaL_error(L, "header must be true or a list of names");
    int failed = first_row ? read_header(L, r) : copy_names(L, r);
    if (failed) return failed;
    r->columns = (int)lua_rawlen(L, -1);
    if (!first_row) r->least = r->columns;
    set_row_type(L, 3);
    lua_settop(L, 3);
    return 1;
}

/* Pushes the row's text for people: cut, with what is not UTF-8 replaced. */
static void push_raw(lua_State *L, const struct csv_scan *s)
{
    const char *text = host_csv_row(s);
    size_t size = s->size < RAW_SHOWN ? s->size : RAW_SHOWN;
    while (size < s->size && size > 0 && (text[size] & 0xc0) == 0x80)
        size--;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (size > 0) {
        size_t good = host_utf8_check(text, size);
        luaL_addlstring(&b, text, good);
        text += good;
        size -= good;
        if (size > 0) {
            luaL_addlstring(&b, "\xef\xbf\xbd", 3);
            text++;
            size--;
        }
    }
    luaL_pushresult(&b);
}

/* Fields beyond the last column are what spreadsheets leave behind when they are all
 * empty. */
static void drop_empty_tail(struct reader *r)
{
    struct csv_scan *s = &r->scan;
    int n = s->count;
    while (n > r->columns) {
        const struct csv_field *f = &s->fields[n - 1];
        const char *text = host_csv_row(s) + f->begin;
        size_t size = f->end - f->begin;
        trim(&text, &size);
        if (size > 0) return;
        n--;
    }
    s->count = n;
}

static void push_column(lua_State *L, int column)
{
    lua_getiuservalue(L, 1, COLUMNS);
    if (lua_rawgeti(L, -1, column) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushinteger(L, column);
    }
    lua_remove(L, -2);
}

/* Pushes what is wrong with the row and returns true, or returns false. */
static bool push_complaint(lua_State *L, struct reader *r)
{
    struct csv_scan *s = &r->scan;
    const char *row = host_csv_row(s);
    size_t bad = host_utf8_check(row, s->size);
    if (bad < s->size) {
        int column = 1;
        while (column < s->count && s->fields[column].begin <= bad)
            column++;
        push_column(L, column);
        lua_pushfstring(L, "bytes that are not UTF-8 in column \"%s\"",
                        lua_tostring(L, -1));
    } else if (s->stray) {
        push_column(L, s->stray);
        lua_pushfstring(L, "text behind the closing quote of column \"%s\"",
                        lua_tostring(L, -1));
    } else if ((s->count < r->least || s->count > r->columns) && !r->pad) {
        lua_pushfstring(L, "row has %d field%s, the header %d", s->count,
                        s->count == 1 ? "" : "s", r->columns);
    } else {
        return false;
    }
    return true;
}

/* reader:next() -> row, line | nil | false, message, line, raw | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct reader *r = check_reader(L);
    struct csv_scan *s = &r->scan;
    r->row++;
    enum csv_outcome outcome;
    do
        outcome = host_csv_next(L, s);
    while (outcome == CSV_ROW && r->columns != 1 && is_blank_row(s));
    if (outcome == CSV_END) return 0;
    if (outcome == CSV_FAILED) return 3;

    if (s->count > r->columns) drop_empty_tail(r);
    if (push_complaint(L, r)) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        lua_pushinteger(L, s->line);
        push_raw(L, s);
        return 4;
    }
    struct row *row = lua_newuserdatauv(L, sizeof *row, 0);
    row->reader = r;
    row->number = r->row;
    lua_getiuservalue(L, 1, ROW_TYPE);
    lua_setmetatable(L, -2);
    lua_pushinteger(L, s->line);
    return 2;
}

/* reader:columns() -> names */
static int reader_columns(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    lua_getiuservalue(L, 1, COLUMNS);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -2, i);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* reader:unknown() -> names, at most 100 */
static int reader_unknown(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    lua_getiuservalue(L, 1, UNKNOWN);
    return 1;
}

/* reader:close()
 * The input stays open: it is the caller's. */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, READER);
    r->row++; /* rows are gone */
    host_csv_release(&r->scan);
    for (int i = 0; i < r->null_count; i++)
        free(r->nulls[i].text);
    free(r->nulls);
    r->nulls = NULL;
    r->null_count = 0;
    return 0;
}

static const luaL_Reg functions[] = {
    {"reader", csv_reader},
    {NULL,     NULL      }
};

static const luaL_Reg methods[] = {
    {"close",   reader_close  },
    {"columns", reader_columns},
    {"next",    reader_next   },
    {"unknown", reader_unknown},
    {NULL,      NULL          }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

int luaopen_host_csv(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
