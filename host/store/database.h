/* Shared by the files of host.store. */
#ifndef HOST_STORE_DATABASE_H
#define HOST_STORE_DATABASE_H

#include <lua.h>

#include <sqlite3.h>
#include <stdbool.h>

#define STORE_DATABASE  "host.store.database"
#define STORE_STATEMENT "host.store.statement"

enum { STORE_KEPT = 1, STORE_FAILURE, STORE_PATH }; /* user values of a database */
enum tx { TX_NONE, TX_OPEN, TX_FAILED };

struct database {
    sqlite3 *db;             /* NULL: closed */
    struct statement *first; /* all open ones */
    enum tx tx;
    bool nested;        /* the running transaction: in one that SQL began */
    lua_Integer serial; /* of the running transaction */
    const char *kind;   /* of its first failure */
    int kept;
};

struct statement {
    sqlite3_stmt *stmt; /* NULL: closed */
    struct database *owner;
    struct statement *next, **link;
    bool used; /* has values bound, or is in progress */
    bool busy; /* a loop is reading its rows */
};

/* The open database at stack index 1. */
struct database *host_store_check(lua_State *L);

/* Pushes nil, message, kind for `code`, and records the failure in a running transaction.
 * `at` is the database's stack index. */
int host_store_fail(lua_State *L, int at, struct database *d, const char *doing,
                    int code);

/* Pushes the failure recorded in the transaction of the database at `at`. */
int host_store_push_failure(lua_State *L, int at, struct database *d);

/* Opens a connection, which is used by one thread only. Returns SQLite's code; flags: of
 * sqlite3_open_v2 (connection.c). */
int host_store_connect(const char *path, sqlite3 **db, int flags);

/* Databases may be untrusted: restricts what a schema can do, and keeps SQL of recipes
 * from other files. Returns SQLite's code: a failure if the file is not a database.
 * `wait`: seconds for another process (connection.c). */
int host_store_set_up(sqlite3 *db, bool readonly, bool durable, double wait);

/* Whether the code means invalid SQL, which is misuse; other errors are failures. */
bool host_store_is_invalid(int code);

/* Closes all statements of a database. */
void host_store_end_statements(struct database *d);

/* The statement for the text at stack index 2 of the database at 1, pushed: a cached one
 * unless a loop is still reading its rows. NULL with nil, message, kind pushed on a
 * failure; raises if the SQL is invalid. */
struct statement *host_store_acquire(lua_State *L, struct database *d);

/* Binds the values at first..first+count-1; returns SQLite's code. Strings are borrowed,
 * unless `lasting`: they must stay on the stack until the statement is reset. */
int host_store_bind(lua_State *L, struct statement *s, int first, int count,
                    bool lasting);

/* Resets the statement, which may be closed, and forgets its values. */
void host_store_reset(struct statement *s);

/* The metatables (statement.c, rows.c). */
void host_store_statement_type(lua_State *L);
void host_store_cursor_type(lua_State *L);

/* The methods of a database that run statements (the same files). */
int host_store_prepare(lua_State *L);
int host_store_row(lua_State *L);
int host_store_rows(lua_State *L);
int host_store_run(lua_State *L);
int host_store_value(lua_State *L);

#endif
