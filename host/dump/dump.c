/* host.dump - the rows of a table in a dump: SQL as pg_dump, mysqldump, mariadb-dump and
 * sqlite3 write it.
 *
 * scan.c reads tokens, statement.c finds the table, settings.c and columns.c say how to
 * read it, values.c reads its rows. */

#include "dump/reader.h"

#include "common.h"
#include "host.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#define READER "host.dump.reader"

enum {
    DEFAULT_LIMIT = 1024 * 1024,
    SHORTEST_LIMIT = 100,
    LONGEST_LIMIT = 1 << 30,
    RAW_SHOWN = 4096
};

static struct dump_reader *check_reader(lua_State *L)
{
    struct dump_reader *r = host_self(L, READER);
    if (!r->scan.input) luaL_error(L, "the reader is closed");
    return r;
}

/* -- options -- */

static size_t limit_option(lua_State *L)
{
    lua_getfield(L, 2, "limit");
    int whole = lua_isnil(L, -1);
    lua_Integer limit = whole ? DEFAULT_LIMIT : lua_tointegerx(L, -1, &whole);
    if (!whole || limit < SHORTEST_LIMIT || limit > LONGEST_LIMIT)
        luaL_error(L, "limit must be %d to %d bytes", SHORTEST_LIMIT, LONGEST_LIMIT);
    lua_pop(L, 1);
    return (size_t)limit;
}

static int backslash_option(lua_State *L)
{
    lua_getfield(L, 2, "backslash_escapes");
    int given = lua_isnil(L, -1) ? -1 : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return given;
}

/* reader(input, options) -> reader */
static int dump_reader(lua_State *L)
{
    struct host_input *input = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    size_t limit = limit_option(L);
    int backslash = backslash_option(L);
    struct dump_reader *r = lua_newuserdatauv(L, sizeof *r, DUMP_USER_VALUES);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER); /* input options reader */
    host_input_as_text(L, input);
    r->scan.input = input;
    r->scan.line = 1;
    r->scan.kept = DUMP_NOWHERE;
    r->scan.limit = limit;
    r->scan.backslash = backslash;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 3, DUMP_INPUT);

    lua_createtable(L, 2, 0); /* the reader's own, so that names stay */
    r->table = host_field(L, 2, "table", &r->table_size);
    luaL_argcheck(L, r->table, 2, "table must be a name");
    lua_pushlstring(L, r->table, r->table_size);
    r->table = lua_tostring(L, -1);
    lua_rawseti(L, -2, 1);
    r->schema = host_field(L, 2, "schema", &r->schema_size);
    if (r->schema) {
        lua_pushlstring(L, r->schema, r->schema_size);
        r->schema = lua_tostring(L, -1);
        lua_rawseti(L, -2, 2);
    }
    lua_setiuservalue(L, 3, DUMP_OPTIONS);
    for (int i = DUMP_TABLES; i <= DUMP_COLUMNS; i++) {
        lua_newtable(L);
        lua_setiuservalue(L, 3, i);
    }
    return 1;
}

/* -- rows -- */

/* Pushes where a row is: its line; "18:4211" for one that is not the first on its line.
 */
static void push_place(lua_State *L, const struct dump_reader *r, lua_Integer column)
{
    if (column == 0)
        lua_pushinteger(L, r->tuple_line);
    else
        lua_pushfstring(L, "%I:%I", (LUAI_UACINT)r->tuple_line, (LUAI_UACINT)column);
}

/* Returns the row on top, or what is wrong with it, and its place. */
static int give(lua_State *L, const struct dump_reader *r, bool good, const char *text,
                size_t size, lua_Integer column)
{
    if (good) {
        push_place(L, r, column);
        return 2;
    }
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    push_place(L, r, column);
    host_push_shown(L, text, size, RAW_SHOWN);
    return 4;
}

static void push_wrong_count(lua_State *L, const struct dump_reader *r, int count)
{
    lua_pushfstring(L, "the row has %d value%s, the table %d columns", count,
                    count == 1 ? "" : "s", r->columns);
}

/* The kept text up to `end`, borrowed until more is read; if there is too much of it,
 * none and `over`. Nothing is kept any longer. */
static const char *take(struct dump_scan *s, size_t end, size_t *size)
{
    if (!s->over && end - s->kept > s->limit) s->over = true;
    const char *text = s->over ? "" : s->window.data + s->kept;
    *size = s->over ? 0 : end - s->kept;
    s->kept = DUMP_NOWHERE;
    return text;
}

static bool push_too_long(lua_State *L, const struct dump_reader *r)
{
    lua_pushfstring(L, "the row is longer than %I bytes", (LUAI_UACINT)r->scan.limit);
    return false;
}

/* Passes the tokens of a tuple after its "(" and keeps its text. Returns the number of
 * its values, -1 if its closing parenthesis is missing. */
static int pass_tuple(lua_State *L, struct dump_scan *s)
{
    int commas = 0;
    bool is_empty = true;
    host_dump_keep(s);
    for (int depth = 1;;) {
        host_dump_advance(L, s);
        if (s->kind == DUMP_OVER || s->kind == DUMP_SEMICOLON) return -1;
        if (host_dump_is_mark(s, '('))
            depth++;
        else if (host_dump_is_mark(s, ')') && --depth == 0)
            return is_empty ? 0 : commas + 1;
        else if (depth == 1 && host_dump_is_mark(s, ','))
            commas++;
        is_empty = false;
    }
}

static bool push_tuple(lua_State *L, struct dump_reader *r, int count, const char *text,
                       size_t size)
{
    if (r->scan.over) return push_too_long(L, r);
    if (!r->has_list) host_dump_use_defined(L, r, count);
    if (count == r->columns) return host_dump_push_tuple(L, r, text, size);
    push_wrong_count(L, r, count);
    return false;
}

/* Reads the tuple whose "(" is the current token. */
static int read_tuple(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    lua_Integer line = host_dump_line(s, s->begin), column = 0;
    if (line == r->tuple_line)
        column = s->passed + (lua_Integer)s->begin - s->line_begin + 1;
    r->tuple_line = line;
    int count = pass_tuple(L, s);
    if (count < 0) {
        s->kept = DUMP_NOWHERE;
        if (s->kind == DUMP_OVER) return host_dump_cut(L, r);
        r->line = line;
        return host_dump_fail(L, r, HOST_PARSE,
                              "the parenthesis that opens here is never "
                              "closed");
    }
    size_t size;
    const char *text = take(s, s->at - 1, &size);
    bool good = push_tuple(L, r, count, text, size);
    return give(L, r, good, text, size, column);
}

/* Reads the next tuple, or the end of the INSERT. */
static int next_tuple(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    bool expected = r->begun || host_dump_advance(L, s) == DUMP_OVER;
    r->ahead = !expected && (host_dump_is(s, "INSERT") || host_dump_is(s, "SET"));
    if (r->ahead || (!r->begun && host_dump_may_end(s))) { /* as SQL Server has it */
        r->phase = DUMP_BETWEEN;
        return DUMP_GO_ON;
    }
    if (!expected && (s->kind == DUMP_WORD || s->kind == DUMP_SEMICOLON)) {
        r->phase =
            DUMP_BETWEEN; /* the word is that of ON DUPLICATE KEY UPDATE or others */
        return host_dump_pass_statement(L, s, false) ? DUMP_GO_ON : host_dump_cut(L, r);
    }
    if (!expected && host_dump_is_mark(s, ',')) {
        host_dump_advance(L, s);
        expected = true;
    }
    r->begun = false;
    if (s->kind == DUMP_OVER) return host_dump_cut(L, r);
    if (expected && host_dump_is_mark(s, '(')) return read_tuple(L, r);
    r->line = host_dump_token_line(s);
    return host_dump_fail(L, r, HOST_PARSE,
                          "a comma and a row, or a semicolon, is missing here");
}

/* Reads the next line of COPY. */
static int next_row(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    r->tuple_line = host_dump_line(s, s->at);
    host_dump_keep(s);
    bool has_end = host_dump_pass_line(L, s);
    size_t size;
    const char *text = take(s, s->at - has_end, &size);
    if (size > 0 && text[size - 1] == '\r') size--; /* in values it is written \r */
    if (size == 2 && memcmp(text, "\\.", 2) == 0) {
        r->phase = DUMP_BETWEEN;
        return DUMP_GO_ON;
    }
    if (!has_end) return host_dump_cut_rows(L, r);
    bool good = false;
    int count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\t';
    if (s->over)
        push_too_long(L, r);
    else if (count != r->columns)
        push_wrong_count(L, r, count);
    else
        good = host_dump_push_row(L, r, text, size);
    return give(L, r, good, text, size, 0);
}

/* Fails if the input is an archive; passes a byte order mark. */
static int start(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    r->started = true;
    if (host_dump_sees(L, s, "\xef\xbb\xbf", 3)) s->at += 3;
    const char *wrong = NULL;
    if (host_dump_sees(L, s, "PGDMP", 5) || host_dump_sees(L, s, "toc.dat", 8))
        wrong = "a dump in an archive format of pg_dump: convert it with `pg_restore -f "
                "dump.sql FILE`";
    if (!wrong) return DUMP_GO_ON;
    r->phase = DUMP_FINISHED;
    return host_fail(L, HOST_PARSE, "%s is %s", host_input_name(s->input), wrong);
}

/* reader:next() -> record, place | nil | false, message, place, raw | nil, message, kind
 */
static int reader_next(lua_State *L)
{
    struct dump_reader *r = check_reader(L);
    lua_settop(L, 1);
    int n = r->started ? DUMP_GO_ON : start(L, r);
    while (n == DUMP_GO_ON) {
        if (r->phase == DUMP_FINISHED) return 0;
        if (r->phase == DUMP_TUPLES)
            n = next_tuple(L, r);
        else if (r->phase == DUMP_ROWS)
            n = next_row(L, r);
        else
            n = host_dump_statement(L, r);
        if (r->scan.failed && n != 3) n = host_dump_cut(L, r);
        if (n == DUMP_GO_ON) lua_settop(L, 1);
    }
    return n;
}

/* -- what is known -- */

static int push_copy(lua_State *L, int number)
{
    lua_getiuservalue(L, 1, number);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -2, i);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* reader:columns() -> names */
static int reader_columns(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    return push_copy(L, DUMP_COLUMNS);
}

/* reader:defined() -> names */
static int reader_defined(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    return push_copy(L, DUMP_DEFINED);
}

/* reader:tables() -> names */
static int reader_tables(lua_State *L)
{
    luaL_checkudata(L, 1, READER);
    return push_copy(L, DUMP_TABLES);
}

/* reader:is_cut() -> boolean */
static int reader_is_cut(lua_State *L)
{
    struct dump_reader *r = luaL_checkudata(L, 1, READER);
    lua_pushboolean(L, r->phase == DUMP_FINISHED && r->scan.ended && r->scan.has_end &&
                           !r->scan.is_complete);
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct dump_reader *r = luaL_checkudata(L, 1, READER);
    host_bytes_free(&r->scan.window);
    host_bytes_free(&r->listed);
    host_bytes_free(&r->list);
    free(r->flags);
    r->flags = NULL;
    r->scan.input = NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"reader", dump_reader},
    {NULL,     NULL       }
};

static const luaL_Reg methods[] = {
    {"close",   reader_close  },
    {"columns", reader_columns},
    {"defined", reader_defined},
    {"is_cut",  reader_is_cut },
    {"next",    reader_next   },
    {"tables",  reader_tables },
    {NULL,      NULL          }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

int luaopen_host_dump(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
