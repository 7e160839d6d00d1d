/* host.csv - delimited text as found in the wild: header, rows, and what is wrong with
 * them.
 *
 * scan.c splits rows, record.c returns fields, options.c reads the options. */

#include "csv/reader.h"

#include "common.h"
#include "file/file.h"
#include "host.h"
#include "records.h"
#include "text/text.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define READER "host.csv.reader"

#define ASK_ENCODING "; is its encoding windows-1252?"

enum { RAW_SHOWN = 4096 }; /* bytes shown of a skipped row */

static struct csv_reader *check_reader(lua_State *L)
{
    struct csv_reader *r = host_self(L, READER);
    if (!r->scan.input) luaL_error(L, "the reader is closed");
    return r;
}

/* Fails if the names on top of the stack are not unique. */
static int check_names(lua_State *L, const struct csv_reader *r)
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

/* Pushes the name of column `i` (0-based): its trimmed text, or "column 3" if that is
 * empty. */
static void push_name(lua_State *L, struct csv_reader *r, int i)
{
    const struct csv_scan *s = &r->scan;
    const struct csv_field *f = &s->fields[i];
    const char *text = host_csv_row(s) + f->begin;
    size_t size = f->end - f->begin;
    host_text_trim(&text, &size);
    host_csv_push_text(L, r, f, text, size);
    if (lua_rawlen(L, -1) > 0) {
        r->least = i + 1;
    } else {
        lua_pop(L, 1);
        lua_pushfstring(L, "column %d", i + 1);
    }
}

static bool is_blank_row(const struct csv_scan *s)
{
    if (s->count != 1 || s->fields[0].quoted) return false;
    const char *row = host_csv_row(s);
    for (size_t i = 0; i < s->size; i++)
        if (!host_csv_is_blank(row[i])) return false;
    return true;
}

/* Spreadsheets leave empty fields beyond the last column: drops them if all are empty. */
static void drop_empty_tail(struct csv_reader *r)
{
    struct csv_scan *s = &r->scan;
    int n = s->count;
    while (n > r->columns) {
        const struct csv_field *f = &s->fields[n - 1];
        const char *text = host_csv_row(s) + f->begin;
        size_t size = f->end - f->begin;
        host_csv_trim(&text, &size);
        if (size > 0) return;
        n--;
    }
    s->count = n;
}

/* Scans the next row that is not blank; with one column, a blank row has a value. */
static enum csv_outcome next_filled(lua_State *L, struct csv_reader *r)
{
    enum csv_outcome outcome;
    do
        outcome = host_csv_next(L, &r->scan);
    while (outcome == CSV_ROW && r->columns != 1 && is_blank_row(&r->scan));
    return outcome;
}

static bool is_comment(const struct csv_scan *s)
{
    const char *row = host_csv_row(s);
    const struct csv_field *first = &s->fields[0];
    return !first->quoted && first->end > first->begin && row[first->begin] == '#';
}

/* Fails if the header at `line`, which begins with "#", is a comment: the row below has
 * other columns, or is a comment too. That row is then the first that `next` returns. */
static int check_comment(lua_State *L, struct csv_reader *r, lua_Integer line)
{
    struct csv_scan *s = &r->scan;
    enum csv_outcome outcome = next_filled(L, r);
    if (outcome == CSV_FAILED) return 3;
    if (outcome == CSV_END) return 0;
    r->peeked = true;
    if (s->count > r->columns) drop_empty_tail(r);
    bool differs = r->pad ? r->columns == 1 && s->count > 1 : s->count != r->columns;
    if (!differs && !is_comment(s)) return 0;
    return host_fail(
        L, HOST_PARSE,
        "%s:%I: the first line begins with \"#\": a comment, not the names of "
        "the columns; remove it",
        host_input_name(s->input), (LUAI_UACINT)line);
}

/* Reads the first row as column names and pushes them; on failure pushes nil, message,
 * kind and returns 3. */
static int read_header(lua_State *L, struct csv_reader *r)
{
    struct csv_scan *s = &r->scan;
    enum csv_outcome outcome = next_filled(L, r);
    if (outcome == CSV_FAILED) return 3;

    const char *name = host_input_name(s->input);
    lua_Integer line = s->line;
    lua_newtable(L);
    if (outcome == CSV_END) return 0;
    if (memchr(host_csv_row(s), 0, s->size))
        return host_fail(L, HOST_PARSE, "%s:%I: zero bytes in the header; is it UTF-16?",
                         name, (LUAI_UACINT)line);
    if (host_utf8_check(host_csv_row(s), s->size) < s->size)
        return host_fail(L, HOST_PARSE, "%s:%I: the header is not %s%s", name,
                         (LUAI_UACINT)line, s->decoder ? s->encoding->name : "UTF-8",
                         s->decoder ? "" : ASK_ENCODING);
    if (s->stray)
        return host_fail(L, HOST_PARSE,
                         "%s:%I: text after the closing quote of column %d", name,
                         (LUAI_UACINT)line, s->stray);
    for (int i = 0; i < s->count; i++) {
        push_name(L, r, i);
        lua_rawseti(L, -2, i + 1);
    }
    r->columns = s->count;
    bool may_be_comment = is_comment(s);
    int failed = check_names(L, r);
    return failed || !may_be_comment ? failed : check_comment(L, r, line);
}

/* Pushes a copy of the list of names on top, so later changes to the caller's list have
 * no effect. */
static int copy_names(lua_State *L, const struct csv_reader *r)
{
    int given = lua_gettop(L);
    lua_newtable(L);
    for (lua_Integer i = 1; lua_rawgeti(L, given, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "header: name %I is not a string", i);
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

    struct csv_reader *r =
        lua_newuserdatauv(L, sizeof *r, CSV_USER_VALUES); /* input options reader */
    memset(r, 0, sizeof *r);
    r->scan.next_line = 1;
    luaL_setmetatable(L, READER);
    r->scan.input = input;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 3, CSV_INPUT);
    lua_newtable(L);
    lua_setiuservalue(L, 3, CSV_UNKNOWN);
    int failed = host_csv_options(L, r);
    if (failed) return failed;

    lua_getfield(L, 2, "header");
    bool first_row = lua_isnil(L, -1) || (lua_isboolean(L, -1) && lua_toboolean(L, -1));
    if (!first_row && !lua_istable(L, -1))
        return luaL_error(L, "header must be true or a list of names");
    failed = first_row ? read_header(L, r) : copy_names(L, r);
    if (failed) return failed;
    r->columns = (int)lua_rawlen(L, -1);
    if (!first_row) r->least = r->columns;
    host_csv_record_type(L, 3);
    lua_settop(L, 3);
    return 1;
}

static void push_column(lua_State *L, int column)
{
    lua_getiuservalue(L, 1, CSV_COLUMNS);
    if (lua_rawgeti(L, -1, column) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushinteger(L, column);
    }
    lua_remove(L, -2);
}

/* Pushes what is wrong with the row and returns true; false if it is fine. */
static bool push_problem(lua_State *L, struct csv_reader *r)
{
    struct csv_scan *s = &r->scan;
    const char *row = host_csv_row(s);
    size_t bad = host_utf8_check(row, s->size);
    if (bad < s->size) {
        int column = 1;
        while (column < s->count && s->fields[column].begin <= bad)
            column++;
        push_column(L, column);
        lua_pushfstring(L, "invalid %s in column \"%s\"%s",
                        s->decoder ? s->encoding->name : "UTF-8", lua_tostring(L, -1),
                        s->encoding->kind == HOST_UTF8 ? ASK_ENCODING : "");
    } else if (s->stray) {
        push_column(L, s->stray);
        lua_pushfstring(L, "text after the closing quote of column \"%s\"",
                        lua_tostring(L, -1));
    } else if ((s->count < r->least || s->count > r->columns) && !r->pad) {
        lua_pushfstring(L, "row has %d field%s, the header %d", s->count,
                        s->count == 1 ? "" : "s", r->columns);
    } else {
        return false;
    }
    return true;
}

/* Pushes where the row is: its line, after the prefix given for places if there is one.
 * Formatting in Lua would create a second string for each row. */
static void push_place(lua_State *L, const struct csv_reader *r)
{
    if (!r->place) {
        lua_pushinteger(L, r->scan.line);
        return;
    }
    char digits[20], *first = digits + sizeof digits;
    for (lua_Integer left = r->scan.line; left > 0; left /= 10)
        *--first = (char)('0' + left % 10);
    size_t size = (size_t)(digits + sizeof digits - first);
    luaL_Buffer b;
    char *text = luaL_buffinitsize(L, &b, r->place_size + size);
    memcpy(text, r->place, r->place_size);
    memcpy(text + r->place_size, first, size);
    luaL_pushresultsize(&b, r->place_size + size);
}

/* Pushes the next row as a record and returns 1; otherwise pushes what `next` returns. */
static int take_row(lua_State *L, struct csv_reader *r)
{
    struct csv_scan *s = &r->scan;
    r->row++;
    enum csv_outcome outcome = CSV_ROW;
    if (!r->peeked) outcome = next_filled(L, r);
    r->peeked = false;
    if (outcome == CSV_END) return 0;
    if (outcome == CSV_FAILED) return 3;

    if (s->count > r->columns) drop_empty_tail(r);
    if (push_problem(L, r)) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        lua_pushinteger(L, s->line);
        host_push_shown(L, host_csv_row(s), s->size, RAW_SHOWN);
        return 4;
    }
    host_csv_push_record(L, r);
    return 1;
}

/* reader:next() -> row, place | nil | false, message, line, raw | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct csv_reader *r = check_reader(L);
    int n = take_row(L, r);
    if (n != 1) return n;
    push_place(L, r);
    return 2;
}

static int next_record(lua_State *L, lua_Integer *ordinal)
{
    struct csv_reader *r = lua_touserdata(L, 1);
    if (!r->scan.input) return HOST_RECORDS_CLOSED;
    int n = take_row(L, r);
    *ordinal = r->scan.line;
    return n;
}

static const struct host_records records = {next_record};

/* reader:columns() -> names */
static int reader_columns(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    lua_getiuservalue(L, 1, CSV_COLUMNS);
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
    lua_getiuservalue(L, 1, CSV_UNKNOWN);
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct csv_reader *r = luaL_checkudata(L, 1, READER);
    r->row++; /* invalidates the records */
    host_csv_release(&r->scan);
    for (int i = 0; i < r->null_count; i++)
        free(r->nulls[i].text);
    free(r->nulls);
    free(r->slots);
    r->nulls = NULL;
    r->slots = NULL;
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
    host_records_offer(L, READER, &records);
    luaL_newlib(L, functions);
    return 1;
}
