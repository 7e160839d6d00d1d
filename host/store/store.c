/* host.store - SQLite: statements, rows, transactions.
 *
 * One connection per database. The user values of a database are the statements cached by
 * their text, the first failure of the running transaction, and the path. Every statement
 * is also in a list of its database, so that closing the database closes all of them.
 * This file has databases and transactions; statements are in statement.c, rows in
 * rows.c, settings of a connection in connection.c. */

#include "store/store.h"
#include "store/database.h"

#include "common.h"
#include "file/file.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRANSACTION "host.store.transaction"

struct transaction {
    struct database *owner; /* user value 1 */
    lua_Integer serial;     /* differs from the owner's: the transaction is over */
};

/* -- the database -- */

/* Runs the first statement of `*sql` and advances it. */
static int exec_one(sqlite3 *db, const char **sql, bool *invalid)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, *sql, -1, &stmt, sql);

    *invalid = host_store_is_invalid(code);
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
    struct database *d = host_store_check(L);
    const char *sql = luaL_checkstring(L, 2);

    if (d->tx == TX_FAILED) return host_store_push_failure(L, 1, d);
    while (*sql) {
        const char *began = sql;
        bool invalid;
        int code = exec_one(d->db, &sql, &invalid);
        if (invalid)
            return luaL_error(L, "invalid SQL: %s: %s", sqlite3_errmsg(d->db), began);
        if (code != SQLITE_OK) return host_store_fail(L, 1, d, "using", code);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* db:last_id() -> integer */
static int database_last_id(lua_State *L)
{
    lua_pushinteger(L, sqlite3_last_insert_rowid(host_store_check(L)->db));
    return 1;
}

/* db:close()
 * Closes all its statements, and rolls back what was not committed. */
static int database_close(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, STORE_DATABASE);
    host_store_end_statements(d);
    sqlite3_close(d->db);
    d->db = NULL;
    d->tx = TX_NONE;
    return 0;
}

/* -- transactions -- */

/* db:begin() -> transaction
 * Nested if SQL has begun one. If it cannot begin, that is recorded as its first failure.
 */
static int database_begin(lua_State *L)
{
    struct database *d = host_store_check(L);
    if (d->tx != TX_NONE) return luaL_error(L, "a transaction is already running");

    struct transaction *t = lua_newuserdatauv(L, sizeof *t, 1);
    t->owner = d;
    t->serial = 0;
    luaL_setmetatable(L, TRANSACTION);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);

    d->nested = !sqlite3_get_autocommit(d->db);
    int code = sqlite3_exec(d->db, d->nested ? "SAVEPOINT host" : "BEGIN IMMEDIATE", NULL,
                            NULL, NULL);
    t->serial = ++d->serial;
    d->tx = TX_OPEN;
    if (code != SQLITE_OK) {
        host_store_fail(L, 1, d, "using", code);
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
    /* Some failures roll back by themselves. */
    if (!sqlite3_get_autocommit(d->db))
        sqlite3_exec(d->db, d->nested ? "ROLLBACK TO host; RELEASE host" : "ROLLBACK",
                     NULL, NULL, NULL);
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
        int code =
            sqlite3_exec(d->db, d->nested ? "RELEASE host" : "COMMIT", NULL, NULL, NULL);
        if (code == SQLITE_OK) {
            d->tx = TX_NONE;
            lua_pushboolean(L, 1);
            return 1;
        }
        host_store_fail(L, at, d, "using", code);
    }
    roll_back(d);
    return host_store_push_failure(L, at, d);
}

/* transaction:close()
 * Rolls back what was not committed. */
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

/* Creates the file with mode 0600, since SQLite would make it world-readable, and makes
 * its name durable. Does not open an existing file: closing it would release the locks of
 * another connection in this process. Returns errno. */
static int make_file(lua_State *L, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return errno == EEXIST ? 0 : errno;
    close(fd);
    return host_file_sync_folder(L, path);
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

/* Pushes the database, without a connection yet; its path is at stack index `path`. */
static struct database *new_database(lua_State *L, int path)
{
    struct database *d = lua_newuserdatauv(L, sizeof *d, 3);
    memset(d, 0, sizeof *d);
    luaL_setmetatable(L, STORE_DATABASE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, STORE_KEPT);
    lua_pushvalue(L, path);
    lua_setiuservalue(L, -2, STORE_PATH);
    return d;
}

/* Whether a database in WAL mode is not in use: while it is open, there is a WAL file. */
static bool is_idle(lua_State *L, const char *path)
{
    enum { WRITE_VERSION = 18, WAL = 2 };
    const char *wal = lua_pushfstring(L, "%s-wal", path);
    struct stat st;
    char head[WRITE_VERSION + 1];

    if (stat(wal, &st) == 0) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n == sizeof head && head[WRITE_VERSION] == WAL;
}

/* The URI to open a file as immutable. */
static const char *push_immutable(lua_State *L, const char *path)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, *path == '/' ? "file://" : "file:");
    for (; *path; path++) {
        char escaped[4];
        bool special = strchr("%?#", *path) != NULL;
        snprintf(escaped, sizeof escaped, special ? "%%%02X" : "%c",
                 (unsigned char)*path);
        luaL_addstring(&b, escaped);
    }
    luaL_addstring(&b, "?immutable=1");
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

/* Reading a database in WAL mode creates files next to it, where we may not be allowed to
 * write; so one that is not in use is opened as immutable. */
static int connect_to(lua_State *L, const char *path, bool readonly, sqlite3 **db)
{
    int flags =
        readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (readonly && has_file(path) && is_idle(L, path)) {
        path = push_immutable(L, path);
        flags |= SQLITE_OPEN_URI;
    }
    return host_store_connect(path, db, flags);
}

/* Returns the database at stack index `at`; on a failure closes it and says why. */
static int finish_open(lua_State *L, int at, struct database *d, const char *doing,
                       int code)
{
    lua_settop(L, at);
    if (code == SQLITE_OK) return 1;
    host_store_fail(L, at, d, doing, code);
    sqlite3_close(d->db);
    d->db = NULL;
    return 3;
}

/* open(path, options?) -> database | nil, message, kind
 * options: readonly, durable (default true), wait (seconds, default 5). */
static int store_open(lua_State *L)
{
    size_t size;
    const char *path = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, strlen(path) == size, 1, "a path with a zero byte");
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    bool readonly = host_flag(L, 2, "readonly", false);
    bool durable = host_flag(L, 2, "durable", true);
    double wait = option_wait(L);
    struct stat st;

    lua_settop(L, 2);
    if (has_file(path)) {
        int error = readonly ? (stat(path, &st) == 0 ? 0 : errno) : make_file(L, path);
        if (error) return host_fail_errno(L, error, "opening", path);
    }
    struct database *d = new_database(L, 1);
    int at = lua_gettop(L);
    int code = connect_to(L, path, readonly, &d->db);
    if (!d->db) return luaL_error(L, "out of memory for a database");
    if (code == SQLITE_OK) code = host_store_set_up(d->db, readonly, durable, wait);
    return finish_open(L, at, d, "opening", code);
}

/* Fills an empty database; one that is written meanwhile is read as of one moment. */
static int copy_into(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    if (!backup) return sqlite3_extended_errcode(to);
    sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup);
}

/* db:copy() -> database | nil, message, kind
 * In a temporary file of its own, which may be written and goes when it is closed. */
static int database_copy(lua_State *L)
{
    struct database *from = host_store_check(L);
    luaL_argcheck(L, from->tx == TX_NONE, 1, "a transaction is running");

    lua_settop(L, 1);
    lua_getiuservalue(L, 1, STORE_PATH);
    struct database *d = new_database(L, 2);
    int at = lua_gettop(L);
    int code = host_store_temporary(&d->db);
    if (!d->db) return luaL_error(L, "out of memory for a database");
    if (code == SQLITE_OK) code = copy_into(d->db, from->db);
    return finish_open(L, at, d, "copying", code);
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"open", store_open},
    {NULL,   NULL      }
};

static const luaL_Reg methods[] = {
    {"begin",   database_begin    },
    {"close",   database_close    },
    {"copy",    database_copy     },
    {"exec",    database_exec     },
    {"last_id", database_last_id  },
    {"prepare", host_store_prepare},
    {"row",     host_store_row    },
    {"rows",    host_store_rows   },
    {"run",     host_store_run    },
    {"value",   host_store_value  },
    {NULL,      NULL              }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    database_close},
    {"__close", database_close},
    {NULL,      NULL          }
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

int luaopen_host_store(lua_State *L)
{
    /* Counting memory takes a lock at each allocation. Without effect once SQLite is in
     * use, as for the second Lua state. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    host_newtype(L, STORE_DATABASE, methods, metamethods);
    host_store_statement_type(L);
    host_store_cursor_type(L);
    host_newtype(L, TRANSACTION, transaction_methods, transaction_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
