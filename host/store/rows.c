/* host.store, rows - read one at a time: a row, a value, a loop. */

#include "common.h"
#include "store/database.h"

#define CURSOR "host.store.cursor"

struct cursor {
    struct statement *statement; /* user value 1; NULL: at the end */
};

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
 * message, kind pushed. The statement is reset unless there is a row. */
static int first_step(lua_State *L, struct database *d, struct statement **found)
{
    int count = lua_gettop(L) - 2;
    if (d->tx == TX_FAILED) return host_store_push_failure(L, 1, d), -1;
    struct statement *s = *found = host_store_acquire(L, d);
    if (!s) return -1;

    int code = host_store_bind(L, s, 3, count, false);
    if (code == SQLITE_OK) code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW) return code;
    if (code != SQLITE_DONE) {
        host_store_fail(L, 1, d, "reading", code);
        code = -1;
    }
    host_store_reset(s);
    return code;
}

/* db:row(sql, ...) -> row | false | nil, message, kind */
int host_store_row(lua_State *L)
{
    struct database *d = host_store_check(L);
    struct statement *s = NULL;

    int code = first_step(L, d, &s);
    if (code == -1) return 3;
    if (code == SQLITE_ROW) {
        push_row(L, s->stmt);
        host_store_reset(s);
    } else {
        lua_pushboolean(L, 0);
    }
    return 1;
}

/* db:value(sql, ...) -> value | nil; raises on a failure */
int host_store_value(lua_State *L)
{
    struct database *d = host_store_check(L);
    struct statement *s = NULL;

    int code = first_step(L, d, &s);
    if (code == -1) return host_raise(L);
    if (code == SQLITE_DONE) {
        lua_pushnil(L); /* a value: the last argument of a call must not vanish */
        return 1;
    }
    push_column(L, s->stmt, 0);
    host_store_reset(s);
    return 1;
}

static int cursor_close(lua_State *L)
{
    struct cursor *c = luaL_checkudata(L, 1, CURSOR);
    if (c->statement) host_store_reset(c->statement);
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
        host_store_reset(s);
        return 0;
    }
    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), 1);
    lua_getiuservalue(L, 1, 1); /* statement database */
    host_store_fail(L, 2, s->owner, "reading", code);
    host_store_reset(s);
    return host_raise(L);
}

/* db:rows(sql, ...) -> next, nil, nil, closer
 * The closing value releases the statement if the loop ends early. */
int host_store_rows(lua_State *L)
{
    struct database *d = host_store_check(L);
    int count = lua_gettop(L) - 2;

    if (d->tx == TX_FAILED) return host_store_push_failure(L, 1, d), host_raise(L);
    struct statement *s = host_store_acquire(L, d);
    if (!s) return host_raise(L);
    int code = host_store_bind(L, s, 3, count, true);
    if (code != SQLITE_OK)
        return host_store_fail(L, 1, d, "reading", code), host_raise(L);

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

static const luaL_Reg metamethods[] = {
    {"__gc",    cursor_close},
    {"__close", cursor_close},
    {NULL,      NULL        }
};

void host_store_cursor_type(lua_State *L)
{
    host_newtype(L, CURSOR, NULL, metamethods);
}
