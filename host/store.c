/* host.store - SQLite: statements, rows, transactions.
 *
 * One connection a database. The user values of a database are the statements kept by
 * their text, the first failure of the running transaction, and the path. Every statement
 * is also in a list of its database, so that closing the database closes all of them. */

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE    "host.store.database"
#define STATEMENT   "host.store.statement"
#define TRANSACTION "host.store.transaction"
#define CURSOR      "host.store.cursor"

enum { KEPT = 1, FAILURE = 2, PATH = 3 }; /* user values of a database */
enum { KEPT_LIMIT = 200 };                /* texts; beyond it the kept ones start anew */
enum tx { TX_NONE, TX_OPEN, TX_FAILED };

struct database {
    sqlite3 *db;             /* NULL: closed */
    struct statement *first; /* all that live */
    enum tx tx;
    lua_Integer serial; /* of the running transaction */
    const char *kind;   /* of its first failure */
    int kept;
};

struct statement {
    sqlite3_stmt *stmt; /* NULL: closed */
    struct database *owner;
    struct statement *next, **link;
    bool busy; /* a loop reads its rows */
};

struct transaction {
    struct database *owner; /* user value 1 */
    lua_Integer serial;     /* another one than the owner's: over */
};

struct cursor {
    struct statement *statement; /* user value 1; NULL: at the end */
};

static const char *kind_of(sqlite3 *db, int code)
{
    int error = sqlite3_system_errno(db);
    bool disk = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

    if (disk && (error == ENOSPC || error == EDQUOT)) return HOST_FULL;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return HOST_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HOST_BUSY;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return HOST_PARSE;
    case SQLITE_INTERRUPT:
        return HOST_STOPPED;
    default:
        return HOST_IO;
    }
}

static struct database *check_database(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, DATABASE);
    luaL_argcheck(L, d->db, 1, "the database is closed");
    return d;
}

/* Pushes the failure that the transaction of the database at `at` remembers. */
static int push_remembered(lua_State *L, int at, struct database *d)
{
    lua_pushnil(L);
    lua_getiuservalue(L, at, FAILURE);
    lua_pushstring(L, d->kind);
    return 3;
}

/* Pushes nil, message, kind for `code`, and makes a running transaction remember it. */
static int fail(lua_State *L, int at, struct database *d, const char *doing, int code)
{
    const char *kind = kind_of(d->db, code);

    lua_getiuservalue(L, at, PATH);
    host_fail(L, kind, "%s %s: %s", doing, lua_tostring(L, -1), sqlite3_errmsg(d->db));
    lua_remove(L, -4); /* nil message kind */
    if (d->tx == TX_OPEN) {
        lua_pushvalue(L, -2);
        lua_setiuservalue(L, at, FAILURE);
        d->kind = kind;
        d->tx = TX_FAILED;
    }
    return 3;
}

/* Raises the message of the nil, message, kind on top. */
static int raise_failure(lua_State *L)
{
    return luaL_error(L, "%s", lua_tostring(L, -2));
}

/* -- statements -- */

static void statement_end(struct statement *s)
{
    if (!s->stmt) return;
    sqlite3_finalize(s->stmt);
    s->stmt = NULL;
    *s->link = s->next;
    if (s->next) s->next->link = s->link;
}

static void statement_rest(struct statement *s)
{
    if (s->stmt) {
        sqlite3_reset(s->stmt);
        sqlite3_clear_bindings(s->stmt);
    }
    s->busy = false;
}

/* Whether only blanks and comments follow. */
static bool is_blank(sqlite3 *db, const char *text)
{
    while (*text) {
        sqlite3_stmt *stmt = NULL;
        const char *tail = text;
        int code = sqlite3_prepare_v2(db, text, -1, &stmt, &tail);
        sqlite3_finalize(stmt);
        if (code != SQLITE_OK || stmt || tail == text) return false;
        text = tail;
    }
    return true;
}

/* Faulty SQL is the fault of the code; anything else is the world's. */
static bool is_faulty(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_ERROR || primary == SQLITE_RANGE ||
           primary == SQLITE_MISUSE || primary == SQLITE_AUTH || primary == SQLITE_TOOBIG;
}

/* Pushes a statement of the database at `at` and returns it; raises when the SQL is
 * faulty; on a failure of the world pushes nil, message, kind and returns NULL. */
static struct statement *compile(lua_State *L, int at, struct database *d,
                                 const char *sql, unsigned flags)
{
    struct statement *s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, STATEMENT);
    lua_pushvalue(L, at);
    lua_setiuservalue(L, -2, 1);
    s->owner = d;

    const char *tail = sql;
    int code = sqlite3_prepare_v3(d->db, sql, -1, flags, &s->stmt, &tail);
    if (is_faulty(code)) luaL_error(L, "faulty SQL: %s: %s", sqlite3_errmsg(d->db), sql);
    if (code != SQLITE_OK) {
        fail(L, at, d, "using", code);
        return NULL;
    }
    if (!s->stmt) luaL_error(L, "no SQL statement in: %s", sql);
    s->link = &d->first;
    s->next = d->first;
    if (s->next) s->next->link = &s->next;
    d->first = s;
    if (!is_blank(d->db, tail)) luaL_error(L, "more than one SQL statement: %s", sql);
    return s;
}

/* Keeps the statement on top by the text at `sql`. */
static void keep(lua_State *L, int at, int sql, struct database *d)
{
    if (d->kept == KEPT_LIMIT) {
        lua_newtable(L);
        lua_setiuservalue(L, at, KEPT);
        d->kept = 0;
    }
    lua_getiuservalue(L, at, KEPT);
    lua_pushvalue(L, sql);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3); /* statement table */
    lua_pop(L, 1);
    d->kept++;
}

/* As compile, for the text at stack index 2; a kept one is used again unless a loop still
 * reads its rows. */
static struct statement *acquire(lua_State *L, struct database *d)
{
    size_t size;
    const char *sql = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, strlen(sql) == size, 2, "SQL with a zero byte");

    lua_getiuservalue(L, 1, KEPT);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    lua_remove(L, -2); /* statement or nil */
    struct statement *s = lua_touserdata(L, -1);
    if (s && !s->busy) {
        statement_rest(s); /* a raise may have left it half done */
        return s;
    }
    lua_pop(L, 1);
    bool fresh = !s;
    s = compile(L, 1, d, sql, fresh ? SQLITE_PREPARE_PERSISTENT : 0);
    if (s && fresh) keep(L, 1, 2, d);
    return s;
}

static int bind_value(lua_State *L, sqlite3_stmt *stmt, int n, int index)
{
    size_t size;
    const char *text;

    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return sqlite3_bind_null(stmt, n);
    case LUA_TBOOLEAN:
        return sqlite3_bind_int(stmt, n, lua_toboolean(L, index));
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            return sqlite3_bind_int64(stmt, n, lua_tointeger(L, index));
        return sqlite3_bind_double(stmt, n, lua_tonumber(L, index));
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &size);
        return sqlite3_bind_text64(stmt, n, text, size, SQLITE_TRANSIENT, SQLITE_UTF8);
    default:
        return luaL_argerror(
            L, index,
            lua_pushfstring(L, "a %s cannot be stored", luaL_typename(L, index)));
    }
}

/* Binds the values at first..first+count-1. */
static int bind(lua_State *L, struct statement *s, int first, int count)
{
    int wanted = sqlite3_bind_parameter_count(s->stmt);
    if (count != wanted)
        luaL_error(L, "the statement takes %d values, %d given: %s", wanted, count,
                   sqlite3_sql(s->stmt));
    int code = SQLITE_OK;
    for (int i = 0; i < count && code == SQLITE_OK; i++)
        code = bind_value(L, s->stmt, i + 1, first + i);
    return code;
}

/* Runs to the end; pushes what run returns. `at`: the database's stack index. */
static int run(lua_State *L, int at, struct statement *s, int first, int count)
{
    struct database *d = s->owner;
    int before = sqlite3_total_changes(d->db);
    int code = bind(L, s, first, count);

    if (code == SQLITE_OK) do
            code = sqlite3_step(s->stmt);
        while (code == SQLITE_ROW);
    if (code == SQLITE_DONE) {
        bool changed = sqlite3_total_changes(d->db) != before;
        statement_rest(s);
        lua_pushinteger(L, changed ? sqlite3_changes(d->db) : 0);
        return 1;
    }
    fail(L, at, d, "using", code);
    statement_rest(s);
    return 3;
}

/* -- rows -- */

static void push_column(lua_State *L, sqlite3_stmt *stmt, int i)
{
    const void *bytes;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        lua_pushinteger(L, sqlite3_column_int64(stmt, i));
        break;
    case SQLITE_FLOAT:
        lua_pushnumber(L, sqlite3_column_double(stmt, i));
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(stmt, i); /* before the size; NULL when empty */
        lua_pushlstring(L, bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt, i));
        break;
    default:
        lua_pushnil(L);
    }
}

static void push_row(lua_State *L, sqlite3_stmt *stmt)
{
    int n = sqlite3_column_count(stmt);
    lua_createtable(L, 0, n);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, sqlite3_column_name(stmt, i));
        push_column(L, stmt, i);
        lua_rawset(L, -3);
    }
}

/* The first step of db:row and db:value: SQLITE_ROW, SQLITE_DONE, or -1 with nil,
 * message, kind pushed. The statement is at rest unless it was a row. */
static int first_step(lua_State *L, struct database *d, struct statement **found)
{
    int count = lua_gettop(L) - 2;
    if (d->tx == TX_FAILED) return push_remembered(L, 1, d), -1;
    struct statement *s = *found = acquire(L, d);
    if (!s) return -1;

    int code = bind(L, s, 3, count);
    if (code == SQLITE_OK) code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW) return code;
    if (code != SQLITE_DONE) {
        fail(L, 1, d, "reading", code);
        code = -1;
    }
    statement_rest(s);
    return code;
}

/* db:row(sql, ...) -> row | false | nil, message, kind */
static int database_row(lua_State *L)
{
    struct database *d = check_database(L);
    struct statement *s = NULL;

    int code = first_step(L, d, &s);
    if (code == -1) return 3;
    if (code == SQLITE_ROW) {
        push_row(L, s->stmt);
        statement_rest(s);
    } else {
        lua_pushboolean(L, 0);
    }
    return 1;
}

/* db:value(sql, ...) -> value | nil; raises on a failure of the world */
static int database_value(lua_State *L)
{
    struct database *d = check_database(L);
    struct statement *s = NULL;

    int code = first_step(L, d, &s);
    if (code == -1) return raise_failure(L);
    if (code == SQLITE_DONE) return 0;
    push_column(L, s->stmt, 0);
    statement_rest(s);
    return 1;
}

static int cursor_close(lua_State *L)
{
    struct cursor *c = luaL_checkudata(L, 1, CURSOR);
    if (c->statement) statement_rest(c->statement);
    c->statement = NULL;
    return 0;
}

/* next() -> row | nil; upvalue 1 is the cursor */
static int cursor_next(lua_State *L)
{
    struct cursor *c = lua_touserdata(L, lua_upvalueindex(1));
    struct statement *s = c->statement;

    if (!s) return 0;
    if (!s->stmt) return luaL_error(L, "the database is closed");
    int code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW) {
        push_row(L, s->stmt);
        return 1;
    }
    c->statement = NULL;
    if (code == SQLITE_DONE) {
        statement_rest(s);
        return 0;
    }
    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), 1);
    lua_getiuservalue(L, 1, 1); /* statement database */
    fail(L, 2, s->owner, "reading", code);
    statement_rest(s);
    return raise_failure(L);
}

/* db:rows(sql, ...) -> next, nil, nil, closer
 * The closer lets a loop that is left early give the statement back. */
static int database_rows(lua_State *L)
{
    struct database *d = check_database(L);
    int count = lua_gettop(L) - 2;

    if (d->tx == TX_FAILED) return push_remembered(L, 1, d), raise_failure(L);
    struct statement *s = acquire(L, d);
    if (!s) return raise_failure(L);
    int code = bind(L, s, 3, count);
    if (code != SQLITE_OK) return fail(L, 1, d, "reading", code), raise_failure(L);

    struct cursor *c = lua_newuserdatauv(L, sizeof *c, 1);
    c->statement = NULL;
    luaL_setmetatable(L, CURSOR);
    lua_pushvalue(L, -2);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, -1); /* statement cursor cursor */
    lua_pushcclosure(L, cursor_next, 1);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, -4); /* statement cursor next nil nil cursor */
    c->statement = s;
    s->busy = true;
    return 4;
}

/* -- the database -- */

/* db:run(sql, ...) -> changes | nil, message, kind */
static int database_run(lua_State *L)
{
    struct database *d = check_database(L);
    int count = lua_gettop(L) - 2;

    if (d->tx == TX_FAILED) return push_remembered(L, 1, d);
    struct statement *s = acquire(L, d);
    return s ? run(L, 1, s, 3, count) : 3;
}

/* One statement of `*sql`, which moves on. */
static int exec_one(sqlite3 *db, const char **sql, bool *faulty)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, *sql, -1, &stmt, sql);

    *faulty = is_faulty(code);
    if (!stmt) return code;
    do
        code = sqlite3_step(stmt);
    while (code == SQLITE_ROW);
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* db:exec(sql) -> true | nil, message, kind */
static int database_exec(lua_State *L)
{
    struct database *d = check_database(L);
    const char *sql = luaL_checkstring(L, 2);

    if (d->tx == TX_FAILED) return push_remembered(L, 1, d);
    while (*sql) {
        const char *began = sql;
        bool faulty;
        int code = exec_one(d->db, &sql, &faulty);
        if (faulty)
            return luaL_error(L, "faulty SQL: %s: %s", sqlite3_errmsg(d->db), began);
        if (code != SQLITE_OK) return fail(L, 1, d, "using", code);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* db:prepare(sql) -> statement | nil, message, kind */
static int database_prepare(lua_State *L)
{
    struct database *d = check_database(L);
    size_t size;
    const char *sql = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, strlen(sql) == size, 2, "SQL with a zero byte");
    return compile(L, 1, d, sql, SQLITE_PREPARE_PERSISTENT) ? 1 : 3;
}

static int database_last_id(lua_State *L)
{
    lua_pushinteger(L, sqlite3_last_insert_rowid(check_database(L)->db));
    return 1;
}

static int database_close(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, DATABASE);
    while (d->first)
        statement_end(d->first);
    sqlite3_close(d->db);
    d->db = NULL;
    d->tx = TX_NONE;
    return 0;
}

/* -- statement objects -- */

/* statement:run(...) -> changes | nil, message, kind */
static int statement_run(lua_State *L)
{
    struct statement *s = luaL_checkudata(L, 1, STATEMENT);
    int count = lua_gettop(L) - 1;

    luaL_argcheck(L, s->stmt, 1, "the statement is closed");
    lua_getiuservalue(L, 1, 1);
    int at = lua_gettop(L);
    if (s->owner->tx == TX_FAILED) return push_remembered(L, at, s->owner);
    statement_rest(s);
    return run(L, at, s, 2, count);
}

static int statement_close(lua_State *L)
{
    statement_end(luaL_checkudata(L, 1, STATEMENT));
    return 0;
}

/* -- transactions -- */

/* db:begin() -> transaction
 * One that could not begin remembers that as its first failure. */
static int database_begin(lua_State *L)
{
    struct database *d = check_database(L);
    if (d->tx != TX_NONE) return luaL_error(L, "a transaction is running already");

    struct transaction *t = lua_newuserdatauv(L, sizeof *t, 1);
    t->owner = d;
    t->serial = 0;
    luaL_setmetatable(L, TRANSACTION);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);

    int code = sqlite3_exec(d->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    t->serial = ++d->serial;
    d->tx = TX_OPEN;
    if (code != SQLITE_OK) {
        fail(L, 1, d, "using", code);
        lua_pop(L, 3);
    }
    return 1;
}

static bool is_running(const struct transaction *t)
{
    return t->owner->db && t->owner->tx != TX_NONE && t->owner->serial == t->serial;
}

static void roll_back(struct database *d)
{
    /* Some failures have rolled back by themselves already. */
    if (!sqlite3_get_autocommit(d->db)) sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    d->tx = TX_NONE;
}

/* transaction:commit() -> true | nil, message, kind */
static int transaction_commit(lua_State *L)
{
    struct transaction *t = luaL_checkudata(L, 1, TRANSACTION);
    struct database *d = t->owner;
    luaL_argcheck(L, is_running(t), 1, "the transaction is over");

    lua_getiuservalue(L, 1, 1);
    int at = lua_gettop(L);
    if (d->tx == TX_OPEN) {
        int code = sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL);
        if (code == SQLITE_OK) {
            d->tx = TX_NONE;
            lua_pushboolean(L, 1);
            return 1;
        }
        fail(L, at, d, "using", code);
    }
    roll_back(d);
    return push_remembered(L, at, d);
}

static int transaction_close(lua_State *L)
{
    struct transaction *t = luaL_checkudata(L, 1, TRANSACTION);
    if (is_running(t)) roll_back(t->owner);
    return 0;
}

/* -- opening -- */

static bool has_file(const char *path)
{
    return *path && strcmp(path, ":memory:") != 0;
}

/* Makes the file with mode 0600 before SQLite would make it readable for all, and its
 * name durable. An existing one is not opened: closing it would drop the locks that
 * another connection of this process holds. Returns errno. */
static int make_file(lua_State *L, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return errno == EEXIST ? 0 : errno;
    close(fd);

    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "."
                         : slash == path
                             ? "/"
                             : lua_pushlstring(L, path, (size_t)(slash - path));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return 0;
    fsync(fd);
    close(fd);
    return 0;
}

/* Files from elsewhere are opened too: what a schema can do is narrowed, and SQL of a
 * recipe reaches no other file. The last statement finds out what is no database. */
static int set_up(sqlite3 *db, bool readonly, bool durable, double wait)
{
    const char *sql = readonly ? "SELECT 1 FROM sqlite_master LIMIT 1"
                      : durable
                          ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                            "PRAGMA fullfsync = 1;"
                            "SELECT 1 FROM sqlite_master LIMIT 1"
                          : "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                            "SELECT 1 FROM sqlite_master LIMIT 1";

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, (int)(wait * 1000));
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static bool option_flag(lua_State *L, const char *name, bool otherwise)
{
    if (!lua_istable(L, 2)) return otherwise;
    bool value = lua_getfield(L, 2, name) == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

static double option_wait(lua_State *L)
{
    double wait = 5;
    if (!lua_istable(L, 2)) return wait;
    if (lua_getfield(L, 2, "wait") != LUA_TNIL) wait = luaL_checknumber(L, -1);
    luaL_argcheck(L, wait >= 0 && wait <= 1e6, 2, "wait out of range");
    lua_pop(L, 1);
    return wait;
}

/* Pushes the database, without a connection yet. */
static struct database *new_database(lua_State *L)
{
    struct database *d = lua_newuserdatauv(L, sizeof *d, 3);
    memset(d, 0, sizeof *d);
    luaL_setmetatable(L, DATABASE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, KEPT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, PATH);
    return d;
}

/* open(path, options?) -> database | nil, message, kind
 * options: readonly, durable (default true), wait (seconds, default 5). */
static int store_open(lua_State *L)
{
    size_t size;
    const char *path = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, strlen(path) == size, 1, "a path with a zero byte");
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    bool readonly = option_flag(L, "readonly", false);
    bool durable = option_flag(L, "durable", true);
    double wait = option_wait(L);
    struct stat st;

    lua_settop(L, 2);
    if (has_file(path)) {
        int error = readonly ? (stat(path, &st) == 0 ? 0 : errno) : make_file(L, path);
        if (error) return host_fail_errno(L, error, "opening", path);
    }
    struct database *d = new_database(L);
    int at = lua_gettop(L);
    int code = sqlite3_open_v2(path, &d->db,
                               readonly ? SQLITE_OPEN_READONLY
                                        : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               NULL);
    if (!d->db) return luaL_error(L, "out of memory for a database");
    if (code == SQLITE_OK) code = set_up(d->db, readonly, durable, wait);
    if (code == SQLITE_OK) return 1;
    fail(L, at, d, "opening", code);
    sqlite3_close(d->db);
    d->db = NULL;
    return 3;
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"open", store_open},
    {NULL,   NULL      }
};

static const luaL_Reg methods[] = {
    {"begin",   database_begin  },
    {"close",   database_close  },
    {"exec",    database_exec   },
    {"last_id", database_last_id},
    {"prepare", database_prepare},
    {"row",     database_row    },
    {"rows",    database_rows   },
    {"run",     database_run    },
    {"value",   database_value  },
    {NULL,      NULL            }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    database_close},
    {"__close", database_close},
    {NULL,      NULL          }
};

static const luaL_Reg statement_methods[] = {
    {"close", statement_close},
    {"run",   statement_run  },
    {NULL,    NULL           }
};

static const luaL_Reg statement_metamethods[] = {
    {"__gc",    statement_close},
    {"__close", statement_close},
    {NULL,      NULL           }
};

static const luaL_Reg transaction_methods[] = {
    {"close",  transaction_close },
    {"commit", transaction_commit},
    {NULL,     NULL              }
};

static const luaL_Reg transaction_metamethods[] = {
    {"__gc",    transaction_close},
    {"__close", transaction_close},
    {NULL,      NULL             }
};

static const luaL_Reg cursor_metamethods[] = {
    {"__gc",    cursor_close},
    {"__close", cursor_close},
    {NULL,      NULL        }
};

int luaopen_host_store(lua_State *L)
{
    host_newtype(L, DATABASE, methods, metamethods);
    host_newtype(L, STATEMENT, statement_methods, statement_metamethods);
    host_newtype(L, TRANSACTION, transaction_methods, transaction_metamethods);
    host_newtype(L, CURSOR, NULL, cursor_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
