/* host.store, statements - compiled, cached by their text, bound, run. */

#include "common.h"
#include "store/database.h"
#include "store/store.h"

#include <string.h>

enum { KEPT_LIMIT = 200 }; /* statements; above this, the cache is cleared */

/* -- failures -- */

struct database *host_store_check(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, STORE_DATABASE);
    luaL_argcheck(L, d->db, 1, "the database is closed");
    return d;
}

int host_store_push_failure(lua_State *L, int at, struct database *d)
{
    lua_pushnil(L);
    lua_getiuservalue(L, at, STORE_FAILURE);
    lua_pushstring(L, d->kind);
    return 3;
}

int host_store_fail(lua_State *L, int at, struct database *d, const char *doing, int code)
{
    const char *kind = host_store_kind(d->db, code);

    lua_getiuservalue(L, at, STORE_PATH);
    host_fail(L, kind, "%s %s: %s", doing, lua_tostring(L, -1), sqlite3_errmsg(d->db));
    lua_remove(L, -4); /* nil message kind */
    if (d->tx == TX_OPEN) {
        lua_pushvalue(L, -2);
        lua_setiuservalue(L, at, STORE_FAILURE);
        d->kind = kind;
        d->tx = TX_FAILED;
    }
    return 3;
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

void host_store_end_statements(struct database *d)
{
    while (d->first)
        statement_end(d->first);
}

void host_store_reset(struct statement *s)
{
    if (s->stmt && s->used) {
        sqlite3_reset(s->stmt);
        sqlite3_clear_bindings(s->stmt);
    }
    s->used = s->busy = false;
}

/* Whether the text is only white space and comments. */
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

bool host_store_is_invalid(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_ERROR || primary == SQLITE_RANGE ||
           primary == SQLITE_MISUSE || primary == SQLITE_AUTH || primary == SQLITE_TOOBIG;
}

/* Pushes a statement of the database at `at` and returns it; raises if the SQL is
 * invalid; on a failure pushes nil, message, kind and returns NULL. */
static struct statement *compile(lua_State *L, int at, struct database *d,
                                 const char *sql, unsigned flags)
{
    struct statement *s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, STORE_STATEMENT);
    lua_pushvalue(L, at);
    lua_setiuservalue(L, -2, 1);
    s->owner = d;

    const char *tail = sql;
    int code = sqlite3_prepare_v3(d->db, sql, -1, flags, &s->stmt, &tail);
    if (host_store_is_invalid(code))
        luaL_error(L, "invalid SQL: %s: %s", sqlite3_errmsg(d->db), sql);
    if (code != SQLITE_OK) {
        host_store_fail(L, at, d, "using", code);
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

/* Caches the statement on top by the text at `sql`. */
static void keep(lua_State *L, int at, int sql, struct database *d)
{
    if (d->kept == KEPT_LIMIT) {
        lua_newtable(L);
        lua_setiuservalue(L, at, STORE_KEPT);
        d->kept = 0;
    }
    lua_getiuservalue(L, at, STORE_KEPT);
    lua_pushvalue(L, sql);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3); /* statement table */
    lua_pop(L, 1);
    d->kept++;
}

static const char *check_sql(lua_State *L)
{
    size_t size;
    const char *sql = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, strlen(sql) == size, 2, "SQL with a zero byte");
    return sql;
}

struct statement *host_store_acquire(lua_State *L, struct database *d)
{
    const char *sql = check_sql(L);

    lua_getiuservalue(L, 1, STORE_KEPT);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    lua_remove(L, -2); /* statement or nil */
    struct statement *s = lua_touserdata(L, -1);
    if (s && !s->busy) {
        host_store_reset(s); /* an error may have left it in progress */
        return s;
    }
    lua_pop(L, 1);
    bool fresh = !s;
    s = compile(L, 1, d, sql, fresh ? SQLITE_PREPARE_PERSISTENT : 0);
    if (s && fresh) keep(L, 1, 2, d);
    return s;
}

static int bind_value(lua_State *L, sqlite3_stmt *stmt, int n, int index,
                      sqlite3_destructor_type copied)
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
        return sqlite3_bind_text64(stmt, n, text, size, copied, SQLITE_UTF8);
    default:
        return luaL_argerror(
            L, index,
            lua_pushfstring(L, "a %s cannot be stored", luaL_typename(L, index)));
    }
}

int host_store_bind(lua_State *L, struct statement *s, int first, int count, bool lasting)
{
    int wanted = sqlite3_bind_parameter_count(s->stmt);
    if (count != wanted)
        luaL_error(L, "the statement takes %d values, %d given: %s", wanted, count,
                   sqlite3_sql(s->stmt));
    sqlite3_destructor_type copied = lasting ? SQLITE_TRANSIENT : SQLITE_STATIC;
    int code = SQLITE_OK;
    s->used = true;
    for (int i = 0; i < count && code == SQLITE_OK; i++)
        code = bind_value(L, s->stmt, i + 1, first + i, copied);
    return code;
}

/* Runs to completion; pushes the results of run. `at`: the database's stack index. */
static int run(lua_State *L, int at, struct statement *s, int first, int count)
{
    struct database *d = s->owner;
    int before = sqlite3_total_changes(d->db);
    int code = host_store_bind(L, s, first, count, false);

    if (code == SQLITE_OK) do
            code = sqlite3_step(s->stmt);
        while (code == SQLITE_ROW);
    if (code == SQLITE_DONE) {
        bool changed = sqlite3_total_changes(d->db) != before;
        host_store_reset(s);
        lua_pushinteger(L, changed ? sqlite3_changes(d->db) : 0);
        return 1;
    }
    host_store_fail(L, at, d, "using", code);
    host_store_reset(s);
    return 3;
}

/* -- methods -- */

/* db:run(sql, ...) -> changes | nil, message, kind */
int host_store_run(lua_State *L)
{
    struct database *d = host_store_check(L);
    int count = lua_gettop(L) - 2;

    if (d->tx == TX_FAILED) return host_store_push_failure(L, 1, d);
    struct statement *s = host_store_acquire(L, d);
    return s ? run(L, 1, s, 3, count) : 3;
}

/* db:prepare(sql) -> statement | nil, message, kind */
int host_store_prepare(lua_State *L)
{
    struct database *d = host_store_check(L);
    return compile(L, 1, d, check_sql(L), SQLITE_PREPARE_PERSISTENT) ? 1 : 3;
}

/* statement:run(...) -> changes | nil, message, kind */
static int statement_run(lua_State *L)
{
    struct statement *s = luaL_checkudata(L, 1, STORE_STATEMENT);
    int count = lua_gettop(L) - 1;

    luaL_argcheck(L, s->stmt, 1, "the statement is closed");
    lua_getiuservalue(L, 1, 1);
    int at = lua_gettop(L);
    if (s->owner->tx == TX_FAILED) return host_store_push_failure(L, at, s->owner);
    host_store_reset(s);
    return run(L, at, s, 2, count);
}

/* statement:close() */
static int statement_close(lua_State *L)
{
    statement_end(luaL_checkudata(L, 1, STORE_STATEMENT));
    return 0;
}

/* -- tables -- */

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

void host_store_statement_type(lua_State *L)
{
    host_newtype(L, STORE_STATEMENT, statement_methods, statement_metamethods);
}
