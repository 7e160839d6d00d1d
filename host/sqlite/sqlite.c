/* host.sqlite - rows of an SQLite file that may come from anybody.
 *
 * It reads an input that was opened before, and so has no way to another file (files.c);
 * a query cannot do more than read, and ends when its call does (guard.c). */

#include "sqlite/parts.h"

#include "common.h"
#include "host.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TYPE "host.sqlite.database"

enum { LIMIT = 16 * 1024 * 1024, RAW_SHOWN = 4096 }; /* bytes */
enum { MOST_TABLES = 10000, MOST_COMMENTS = 20 };

static const double WAIT = 2; /* seconds for a lock */

static struct database *check(lua_State *L)
{
    struct database *d = host_self(L, TYPE);
    if (!d->db) luaL_error(L, "the database is closed");
    d->L = L;
    d->at = 1;
    return d;
}

/* -- statements -- */

/* Whether what follows a query is blank or a comment. */
static bool is_blank(struct database *d, const char *tail)
{
    for (int i = 0; i < MOST_COMMENTS; i++) {
        sqlite3_stmt *more = NULL;
        const char *next = tail + strspn(tail, " \t\r\n\f;");
        if (!*next) return true;
        tail = next;
        int code = sqlite3_prepare_v2(d->db, tail, -1, &more, &next);
        sqlite3_finalize(more);
        if (code != SQLITE_OK || more || next == tail) return false;
        tail = next;
    }
    return false;
}

/* Compiles a query; NULL with nil, message, kind pushed. */
static sqlite3_stmt *compile(lua_State *L, struct database *d, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = sql;

    d->absent = NULL;
    int code = sqlite3_prepare_v3(d->db, sql, -1, 0, &stmt, &tail);
    if (code != SQLITE_OK) {
        host_sqlite_fail(L, d, code);
        return NULL;
    }
    const char *wrong = !stmt                          ? "the query is empty"
                        : !is_blank(d, tail)           ? "more than one query"
                        : sqlite3_stmt_isexplain(stmt) ? "EXPLAIN returns no records"
                        : sqlite3_bind_parameter_count(stmt) > 0
                            ? "the query has a parameter: write its value in place of it"
                        : sqlite3_column_count(stmt) == 0 || !sqlite3_stmt_readonly(stmt)
                            ? "only a SELECT may be run, without PRAGMA and ATTACH"
                            : NULL;
    if (!wrong) return stmt;
    sqlite3_finalize(stmt);
    host_fail(L, HOST_PARSE, "%s", wrong);
    return NULL;
}

static const char *check_sql(lua_State *L)
{
    size_t size;
    const char *sql = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, strlen(sql) == size, 2, "SQL with a zero byte");
    return sql;
}

static void end_rows(struct database *d)
{
    sqlite3_finalize(d->rows); /* accepts NULL */
    d->rows = NULL;
}

/* Pushes the names of the columns from `first` on. */
static void push_names(lua_State *L, sqlite3_stmt *stmt, int first)
{
    int count = sqlite3_column_count(stmt);
    lua_createtable(L, count, 0);
    for (int i = first; i < count; i++) {
        lua_pushstring(L, sqlite3_column_name(stmt, i));
        lua_rawseti(L, -2, i - first + 1);
    }
}

/* database:names(sql) -> names | nil, message, kind
 * Of the columns that a query returns. */
static int database_names(lua_State *L)
{
    struct database *d = check(L);
    const char *sql = check_sql(L);
    if (d->rows) return luaL_error(L, "rows are being read");

    d->rows = compile(L, d, sql); /* ends with the database if an error is raised */
    if (!d->rows) return 3;
    push_names(L, d->rows, 0);
    end_rows(d);
    return 1;
}

/* database:tables() -> list of {name, type} | nil, message, kind */
static int database_tables(lua_State *L)
{
    struct database *d = check(L);
    if (d->rows) return luaL_error(L, "rows are being read");

    d->rows =
        compile(L, d,
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name");
    if (!d->rows) return 3;
    lua_newtable(L);
    int code;
    for (lua_Integer n = 1;
         (code = sqlite3_step(d->rows)) == SQLITE_ROW && n <= MOST_TABLES; n++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, (const char *)sqlite3_column_text(d->rows, 0));
        lua_setfield(L, -2, "name");
        lua_pushstring(L, (const char *)sqlite3_column_text(d->rows, 1));
        lua_setfield(L, -2, "type");
        lua_rawseti(L, -2, n);
    }
    end_rows(d);
    return code == SQLITE_DONE || code == SQLITE_ROW ? 1 : host_sqlite_fail(L, d, code);
}

/* -- selecting -- */

/* Fails if the names on top cannot be those of fields: returns 3, else 0. */
static int check_names(lua_State *L)
{
    int names = lua_gettop(L);
    size_t size;

    lua_newtable(L);
    for (lua_Integer i = 1; lua_rawgeti(L, names, i) == LUA_TSTRING; i++) {
        const char *name = lua_tolstring(L, -1, &size);
        if (host_utf8_check(name, size) < size)
            return host_fail(L, HOST_PARSE, "the name of column %I is not UTF-8",
                             (LUAI_UACINT)i);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, names + 1) != LUA_TNIL)
            return host_fail(L, HOST_PARSE,
                             "two columns are called \"%s\": name one of them with AS",
                             name);
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
        lua_rawset(L, names + 1);
    }
    lua_settop(L, names);
    return 0;
}

/* database:select(sql, options?) -> true | nil, message, kind
 * Begins to read, up to the first row.
 * options: place (what precedes a row's number in its place), rowid (the first column is
 * the number, and no field). */
static int database_select(lua_State *L)
{
    struct database *d = check(L);
    const char *sql = check_sql(L);
    if (lua_isnoneornil(L, 3)) {
        lua_settop(L, 2);
        lua_newtable(L);
    }
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    const char *place = host_field(L, 3, "place", NULL);
    d->has_rowid = host_flag(L, 3, "rowid", false);
    if (d->rows) return luaL_error(L, "rows are being read");
    lua_pushstring(L, place ? place : "");
    lua_setiuservalue(L, 1, VALUE_PLACE);

    d->rows = compile(L, d, sql);
    if (!d->rows) return 3;
    push_names(L, d->rows, d->has_rowid);
    d->columns = (int)lua_rawlen(L, -1);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, VALUE_NAMES);
    int code = check_names(L) ? SQLITE_MISUSE : sqlite3_step(d->rows);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        d->ahead = code;
        lua_pushboolean(L, 1);
        return 1;
    }
    end_rows(d);
    return code == SQLITE_MISUSE ? 3 : host_sqlite_fail(L, d, code);
}

/* -- rows -- */

/* Pushes the value of column `i`. `shown`: a blob as its literal. */
static void push_value(lua_State *L, sqlite3_stmt *stmt, int i, bool shown)
{
    const void *bytes;
    size_t size;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        lua_pushinteger(L, sqlite3_column_int64(stmt, i));
        return;
    case SQLITE_FLOAT:
        lua_pushnumber(L, sqlite3_column_double(stmt, i));
        return;
    case SQLITE_NULL:
        lua_pushnil(L);
        return;
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(stmt, i); /* before the size; NULL when empty */
        size = (size_t)sqlite3_column_bytes(stmt, i);
        if (shown) {
            host_push_hex(L, bytes, bytes ? size : 0);
            lua_pushfstring(L, "X'%s'", lua_tostring(L, -1));
            lua_remove(L, -2);
            return;
        }
        break;
    default:
        bytes = sqlite3_column_text(stmt, i);
        size = (size_t)sqlite3_column_bytes(stmt, i);
    }
    lua_pushlstring(L, bytes ? bytes : "", bytes ? size : 0);
}

/* Pushes the current row as a table. */
static void push_row(lua_State *L, struct database *d, bool shown)
{
    lua_getiuservalue(L, 1, VALUE_NAMES);
    lua_createtable(L, 0, d->columns);
    for (int i = 0; i < d->columns; i++) {
        push_value(L, d->rows, i + d->has_rowid, shown);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            continue;
        }
        lua_rawgeti(L, -3, i + 1);
        lua_insert(L, -2);
        lua_rawset(L, -3); /* names row */
    }
    lua_remove(L, -2);
}

/* Pushes where the row is. */
static void push_place(lua_State *L, const struct database *d)
{
    lua_Integer number = d->has_rowid ? sqlite3_column_int64(d->rows, 0) : d->number;
    lua_getiuservalue(L, 1, VALUE_PLACE);
    lua_pushfstring(L, "%s%I", lua_tostring(L, -1), (LUAI_UACINT)number);
    lua_remove(L, -2);
}

/* Pushes what is wrong with the row and returns true; false if it is fine. */
static bool push_problem(lua_State *L, struct database *d)
{
    size_t total = 0;

    for (int i = d->has_rowid; i < d->columns + d->has_rowid; i++) {
        int type = sqlite3_column_type(d->rows, i);
        if (type != SQLITE_TEXT && type != SQLITE_BLOB) continue;
        const char *text =
            type == SQLITE_TEXT ? (const char *)sqlite3_column_text(d->rows, i) : NULL;
        size_t size = (size_t)sqlite3_column_bytes(d->rows, i);
        total += size;
        if (!text || host_utf8_check(text, size) == size) continue;
        lua_pushfstring(L, "invalid UTF-8 in column \"%s\"",
                        sqlite3_column_name(d->rows, i));
        return true;
    }
    if (total <= d->limit) return false;
    lua_pushfstring(L, "a row longer than %I bytes", (LUAI_UACINT)d->limit);
    return true;
}

/* Pushes the row's text for display, a line for each column. */
static void push_raw(lua_State *L, const struct database *d)
{
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (int i = d->has_rowid; i < d->columns + d->has_rowid; i++) {
        if (luaL_bufflen(&b) > RAW_SHOWN) break;
        int type = sqlite3_column_type(d->rows, i);
        if (type == SQLITE_NULL) continue;
        luaL_addstring(&b, sqlite3_column_name(d->rows, i));
        luaL_addstring(&b, "=");
        if (type == SQLITE_BLOB) {
            luaL_addstring(&b, "(bytes)\n");
            continue;
        }
        const char *text = (const char *)sqlite3_column_text(d->rows, i);
        size_t size = (size_t)sqlite3_column_bytes(d->rows, i);
        luaL_addlstring(&b, text ? text : "", size < RAW_SHOWN ? size : RAW_SHOWN);
        luaL_addchar(&b, '\n');
    }
    luaL_pushresult(&b);
    size_t size;
    const char *raw = lua_tolstring(L, -1, &size);
    host_push_shown(L, raw, size, RAW_SHOWN);
    lua_remove(L, -2);
}

/* The end of the rows. */
static int finish(lua_State *L, struct database *d)
{
    d->over = true;
    host_input_set_taken(d->in, d->before.st_size);
    if (!host_sqlite_was_changed(d)) return 0;
    return host_fail(
        L, HOST_BUSY,
        "%s was changed while it was read: end the program that writes to it, "
        "or read a copy of it",
        host_input_name(d->in));
}

/* database:next() -> row, place | nil at the end | false, message, place, raw
 *   | nil, message, kind */
static int database_next(lua_State *L)
{
    struct database *d = check(L);
    luaL_argcheck(L, d->rows, 1, "nothing is selected");
    lua_settop(L, 1);

    d->current = false;
    if (d->over) return 0;
    if (d->broken) return host_fail(L, HOST_PARSE, "the reader has already failed");
    int code = d->ahead ? d->ahead : sqlite3_step(d->rows);
    d->ahead = 0;
    if (code == SQLITE_DONE) return finish(L, d);
    if (code != SQLITE_ROW) {
        d->broken = true;
        return host_sqlite_fail(L, d, code);
    }
    host_input_set_taken(d->in, d->bytes);
    d->current = true;
    if (push_problem(L, d)) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        push_place(L, d);
        push_raw(L, d);
        d->number++;
        return 4;
    }
    push_row(L, d, false);
    push_place(L, d);
    d->number++;
    return 2;
}

/* database:record() -> row | nil
 * The last row, whatever was done with it: a blob as its literal. */
static int database_record(lua_State *L)
{
    struct database *d = host_self(L, TYPE);
    lua_settop(L, 1);
    if (!d->db || !d->current) return 0;
    push_row(L, d, true);
    return 1;
}

/* database:absent() -> "table" | "column", name | nothing
 * What the last query names and the database does not have. */
static int database_absent(lua_State *L)
{
    const struct database *d = host_self(L, TYPE);
    if (!d->absent) return 0;
    lua_pushstring(L, d->absent);
    lua_getiuservalue(L, 1, VALUE_ABSENT);
    return 2;
}

/* database:columns() -> names | nil */
static int database_columns(lua_State *L)
{
    struct database *d = check(L);
    if (!d->rows) return 0;
    push_names(L, d->rows, d->has_rowid);
    return 1;
}

/* -- opening -- */

/* database:close()
 * The input stays open; it belongs to the caller. */
static int database_close(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, TYPE);
    d->L = L;
    d->at = 1;
    end_rows(d);
    sqlite3_close(d->db); /* accepts NULL */
    d->db = NULL;
    d->current = false;
    host_sqlite_release(d);
    return 0;
}

/* Compressed files are read in order, and a database is not. */
static const char *compression(int fd)
{
    unsigned char head[4] = {0};
    if (pread(fd, head, sizeof head, 0) != sizeof head) return NULL;
    if (head[0] == 0x1f && head[1] == 0x8b) return "gzip -d";
    return memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ? "zstd -d" : NULL;
}

/* Connects to the file of the database at `at`; returns SQLite's code. */
static int connect_to(struct database *d)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;

    host_sqlite_files(d);
    int code = sqlite3_vfs_register(&d->vfs, 0); /* found by its name only */
    if (code != SQLITE_OK) return code;
    code = sqlite3_open_v2("database", &d->db, flags, d->vfs.zName);
    sqlite3_vfs_unregister(&d->vfs);
    if (code == SQLITE_OK) code = host_sqlite_guard(d);
    fstat(d->fd, &d->before); /* as it is once it was locked */
    return code;
}

/* open(input, options) -> database | nil, message, kind
 * options: beside (function(input, ending) -> input | nil, message, kind: opens what lies
 * next to it), limit (bytes of a row, default 16 MiB), wait (seconds, default 2). */
static int sqlite_open(lua_State *L)
{
    struct host_input *in = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_getfield(L, 2, "beside");
    luaL_argcheck(L, lua_isfunction(L, 3), 2, "beside must be a function");
    lua_getfield(L, 2, "limit");
    lua_Integer limit = luaL_optinteger(L, 4, LIMIT);
    luaL_argcheck(L, limit > 0, 2, "the limit must be positive");
    lua_getfield(L, 2, "wait");
    double seconds = luaL_optnumber(L, 5, WAIT);

    struct database *d = lua_newuserdatauv(L, sizeof *d, VALUE_COUNT);
    memset(d, 0, sizeof *d);
    d->fd = d->index.fd = -1;
    luaL_setmetatable(L, TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, VALUE_INPUT);
    lua_pushvalue(L, 3);
    lua_setiuservalue(L, -2, VALUE_BESIDE);
    d->in = in;
    d->fd = fcntl(host_input_descriptor(in), F_DUPFD_CLOEXEC, 0);
    d->limit = (size_t)limit;
    d->wait = seconds;
    d->L = L;
    d->at = lua_gettop(L);
    luaL_argcheck(L, host_input_descriptor(in) >= 0, 1, "the input is closed");
    if (d->fd < 0) return host_fail_errno(L, errno, "opening", host_input_name(in));
    if (fstat(d->fd, &d->before) != 0 || !S_ISREG(d->before.st_mode))
        return host_fail(L, HOST_UNUSABLE,
                         "%s is not a regular file: a database is not read in order",
                         host_input_name(in));
    const char *how = compression(d->fd);
    if (how)
        return host_fail(
            L, HOST_PARSE,
            "it is compressed, and a database is not read in order: decompress "
            "it first (%s)",
            how);
    int code = connect_to(d);
    if (!d->db) return luaL_error(L, "out of memory for a database");
    if (code == SQLITE_OK) return 1;
    int count = host_sqlite_fail(L, d, code);
    lua_pushcfunction(L, database_close);
    lua_pushvalue(L, d->at);
    lua_call(L, 1, 0);
    return count;
}

static const luaL_Reg functions[] = {
    {"open", sqlite_open},
    {NULL,   NULL       }
};

static const luaL_Reg methods[] = {
    {"absent",  database_absent },
    {"close",   database_close  },
    {"columns", database_columns},
    {"names",   database_names  },
    {"next",    database_next   },
    {"record",  database_record },
    {"select",  database_select },
    {"tables",  database_tables },
    {NULL,      NULL            }
};

static const luaL_Reg metamethods[] = {
    {"__close", database_close},
    {"__gc",    database_close},
    {NULL,      NULL          }
};

int luaopen_host_sqlite(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
