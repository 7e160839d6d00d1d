/* What the files of host.store share. */
#ifndef STORE_H
#define STORE_H

#include <lua.h>

#include <sqlite3.h>
#include <stdbool.h>

#define STORE_DATABASE  "host.store.database"
#define STORE_STATEMENT "host.store.statement"

enum {
    STORE_KEPT = 1,
    STORE_FAILURE = 2,
    STORE_PATH = 3
}; /* user values of a database */
enum tx { TX_NONE, TX_OPEN, TX_FAILED };

struct database {
    sqlite3 *db;             /* NULL: closed */
    struct statement *first; /* all that live */
    enum tx tx;
    lua_Integer serial; /* of the running transaction */
    const char *kind;   /* of its first failure */
    int kept;
};

/* The open database at stack index 1. */
struct database *host_store_check(lua_State *L);

/* Pushes nil, message, kind for `code`, and makes a running transaction remember it. `at`
 * is the database's stack index. */
int host_store_fail(lua_State *L, int at, struct database *d, const char *doing,
                    int code);

/* Pushes the failure that the transaction of the database at `at` remembers. */
int host_store_remembered(lua_State *L, int at, struct database *d);

/* Faulty SQL is the fault of the code; anything else is the world's. */
bool host_store_is_faulty(int code);

/* Closes all statements of a database. */
void host_store_end_statements(struct database *d);

/* The metatables, and the methods of a database that run statements (store_statement.c).
 */
void host_store_statement_types(lua_State *L);
int host_store_prepare(lua_State *L);
int host_store_row(lua_State *L);
int host_store_rows(lua_State *L);
int host_store_run(lua_State *L);
int host_store_value(lua_State *L);

#endif
