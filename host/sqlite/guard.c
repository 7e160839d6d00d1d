/* What a file and a query that are not trusted may do: read, within limits, until the
 * call is to end. */

#include "sqlite/parts.h"

#include "common.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"
#include "store/store.h"

#include <string.h>

/* Instructions of SQLite between two looks at the budget: each may copy a long value. */
enum { EVERY = 100, LOOK_MS = 20 };
enum { LEAST_LENGTH = 4000, MOST_LENGTH = 1000000000 }; /* bytes of a value */

/* -- callbacks -- */

bool host_sqlite_call(struct database *d, int arguments, int results)
{
    lua_State *L = d->L;

    if (lua_pcall(L, arguments, results, 0) == LUA_OK) return true;
    lua_setiuservalue(L, d->at, VALUE_RAISED);
    d->raised = true;
    return false;
}

static int spend(lua_State *L)
{
    host_budget_spend(L, EVERY);
    return 0;
}

int host_sqlite_must_end(void *data)
{
    struct database *d = data;

    if (host_loop_signalled(d->L)) {
        d->interrupted = true;
        return 1;
    }
    if (!lua_checkstack(d->L, 10)) return 1;
    lua_pushcfunction(d->L, spend);
    return !host_sqlite_call(d, 0, 0);
}

/* Waits for a lock of another program; 0 ends the waiting. */
static int wait(void *data, int count)
{
    struct database *d = data;

    if (count == 0) d->waited = 0;
    if (d->waited >= d->wait || host_sqlite_must_end(d)) return 0;
    sqlite3_sleep(LOOK_MS);
    d->waited += LOOK_MS / 1000.0;
    return 1;
}

/* Functions that reach beyond the database, or take the product of two lengths. */
static bool is_refused(const char *function)
{
    static const char *const names[] = {"load_extension", "fts3_tokenizer", "json_patch"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sqlite3_stricmp(function, names[i]) == 0) return true;
    return false;
}

/* What a query may do is named; all else is refused, such as ATTACH and PRAGMA. */
static int authorise(void *data, int action, const char *one, const char *two,
                     const char *base, const char *by)
{
    (void)data, (void)one, (void)base, (void)by;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return two && is_refused(two) ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

/* -- setting up -- */

static void set_limits(const struct database *d)
{
    static const int limits[][2] = {
        {SQLITE_LIMIT_SQL_LENGTH,          1000000},
        {SQLITE_LIMIT_EXPR_DEPTH,          200    },
        {SQLITE_LIMIT_COMPOUND_SELECT,     100    },
        {SQLITE_LIMIT_VDBE_OP,             250000 },
        {SQLITE_LIMIT_FUNCTION_ARG,        100    },
        {SQLITE_LIMIT_ATTACHED,            0      },
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100    },
        {SQLITE_LIMIT_VARIABLE_NUMBER,     1      },
        {SQLITE_LIMIT_TRIGGER_DEPTH,       1      },
        {SQLITE_LIMIT_WORKER_THREADS,      0      },
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(d->db, limits[i][0], limits[i][1]);
    /* A value that is a little too long is one record; a longer one ends the reading. */
    size_t longest = d->limit > MOST_LENGTH / 4 ? MOST_LENGTH : 4 * d->limit;
    sqlite3_limit(d->db, SQLITE_LIMIT_LENGTH,
                  longest < LEAST_LENGTH ? LEAST_LENGTH : (int)longest);
}

int host_sqlite_guard(struct database *d)
{
    /* Those of virtual tables would run more code on content that is not trusted. */
    static const char *const modules[] = {"json_each", "json_tree", NULL};
    sqlite3 *db = d->db;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    /* A name in double quotes that is not a column's is an error, not a text. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_drop_modules(db, (const char **)modules);
    set_limits(d);
    sqlite3_busy_handler(db, wait, d);
    sqlite3_progress_handler(db, EVERY, host_sqlite_must_end, d);
    int code = host_sqlite_functions(db);
    if (code != SQLITE_OK) return code;
    code = sqlite3_exec(db,
                        "PRAGMA query_only = 1; PRAGMA cell_size_check = 1;"
                        "PRAGMA mmap_size = 0; BEGIN;",
                        NULL, NULL, NULL);
    if (code != SQLITE_OK) return code;
    /* Once connected, they may be used. */
    sqlite3_exec(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
    sqlite3_set_authorizer(db, authorise, d);
    return sqlite3_exec(db, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
}

/* -- failures -- */

static int fail_in_use(lua_State *L, const char *name, const char *how)
{
    return host_fail(L, HOST_BUSY,
                     "%s %s: end the program that uses it, or read a copy of it (sqlite3 "
                     "FILE \".backup COPY\")",
                     name, how);
}

/* What follows `words` at the beginning of what SQLite says, or NULL. */
static const char *after(const char *said, const char *words)
{
    size_t n = strlen(words);
    return strncmp(said, words, n) == 0 ? said + n : NULL;
}

static int fail_query(lua_State *L, struct database *d, const char *said)
{
    const char *name = after(said, "no such module: ");

    if (name)
        return host_fail(L, HOST_PARSE,
                         "a virtual table (%s) cannot be read: read the tables that have "
                         "its content",
                         name);
    if ((name = after(said, "no such table: ")))
        d->absent = "table";
    else if ((name = after(said, "no such column: ")))
        d->absent = "column";
    if (!name) return host_fail(L, HOST_PARSE, "%s", said);
    lua_pushstring(L, name);
    lua_setiuservalue(L, d->at, VALUE_ABSENT);
    return host_fail(L, HOST_MISSING, "%s", said);
}

int host_sqlite_fail(lua_State *L, struct database *d, int code)
{
    const char *name = host_input_name(d->in), *said = sqlite3_errmsg(d->db);

    if (d->raised) {
        d->raised = false;
        lua_getiuservalue(L, d->at, VALUE_RAISED);
        return lua_error(L);
    }
    if (d->failed) {
        lua_pushnil(L);
        if (lua_getiuservalue(L, d->at, VALUE_FAILURE) == LUA_TNIL)
            return luaL_error(L, "out of memory for reading a database");
        lua_getiuservalue(L, d->at, VALUE_FAILURE_KIND);
        return 3;
    }
    if (d->interrupted)
        return host_fail(L, HOST_INTERRUPTED, "reading %s: interrupted", name);
    switch (code) {
    case SQLITE_READONLY_ROLLBACK:
        return host_fail(
            L, HOST_UNUSABLE,
            "%s was not closed by the program that wrote it, and its journal "
            "must be rolled back: open it once with a program that may write "
            "(sqlite3 FILE \"PRAGMA quick_check\")",
            name);
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_RECOVERY:
        return fail_in_use(L, name, "is being set up by another program");
    }
    switch (code & 0xff) {
    case SQLITE_PROTOCOL:
        if (d->index.live) return fail_in_use(L, name, "is changed all the time");
        return host_fail(
            L, HOST_PARSE,
            "its log (%s-wal) is damaged: copy the database and its log again, "
            "together",
            name);
    case SQLITE_NOMEM:
        return luaL_error(L, "out of memory for reading a database");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_in_use(L, name, "is locked by another program");
    case SQLITE_NOTADB:
        return host_fail(L, HOST_PARSE,
                         "it is not an SQLite database, or it is encrypted");
    case SQLITE_CORRUPT:
        return host_fail(
            L, HOST_PARSE,
            "the database is damaged: \"sqlite3 FILE .recover\" writes what is "
            "left of it (%s)",
            said);
    case SQLITE_TOOBIG:
        return host_fail(
            L, HOST_PARSE,
            "a value, or the query, is far longer than the limit of %I bytes",
            (LUAI_UACINT)d->limit);
    case SQLITE_AUTH:
        return host_fail(L, HOST_PARSE,
                         "only a SELECT may be run, without PRAGMA and ATTACH");
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
        return fail_query(L, d, said);
    default:
        return host_fail(L, host_store_kind(d->db, code), "reading %s: %s", name, said);
    }
}
