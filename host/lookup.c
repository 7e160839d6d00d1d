/* host.lookup - texts by key, on disk, to join a second source.
 *
 * A temporary SQLite database without SQL for Lua: texts are added, then indexed, then
 * looked up. A key may have several texts, which come back in the order of adding. Which
 * ones came back is a bit for each, so that the others can be listed; all other memory
 * stays flat however many there are. */

#include "common.h"
#include "host.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "host.lookup.lookup"

struct lookup {
    sqlite3 *db; /* NULL: closed */
    sqlite3_stmt *insert, *find, *fetch;
    bool finished;
    lua_Integer count;   /* of texts with a key */
    lua_Integer rows;    /* whose ids are 1 to rows */
    unsigned char *used; /* a bit for each row, from row 0; NULL before finish */
};

static struct lookup *check(lua_State *L, bool finished)
{
    struct lookup *l = host_self(L, TYPE);
    luaL_argcheck(L, l->db, 1, "the lookup is closed");
    luaL_argcheck(L, l->finished == finished, 1,
                  finished ? "the lookup is not finished" : "the lookup is finished");
    return l;
}

static void end(struct lookup *l)
{
    sqlite3_finalize(l->insert); /* accepts NULL */
    sqlite3_finalize(l->find);
    sqlite3_finalize(l->fetch);
    sqlite3_close(l->db);
    free(l->used);
    l->insert = l->find = l->fetch = NULL;
    l->used = NULL;
    l->db = NULL;
}

static int fail(lua_State *L, struct lookup *l, const char *doing, int code)
{
    return host_fail(L, host_store_kind(l->db, code),
                     "%s the temporary database of a lookup: %s", doing,
                     sqlite3_errmsg(l->db));
}

/* A failure while texts are added: what is there is not complete. */
static int fail_for_good(lua_State *L, struct lookup *l, const char *doing, int code)
{
    fail(L, l, doing, code);
    end(l);
    return 3;
}

/* Keys and texts are bytes: as blobs, they are stored and compared unchanged. */
static int bind(lua_State *L, sqlite3_stmt *stmt, int n, int arg)
{
    size_t size;
    const char *bytes = lua_tolstring(L, arg, &size);
    return sqlite3_bind_blob64(stmt, n, bytes, size, SQLITE_STATIC);
}

/* The strings that are bound belong to the running call. */
static void reset(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* new() -> lookup | nil, message, kind */
static int lookup_new(lua_State *L)
{
    struct lookup *l = lua_newuserdatauv(L, sizeof *l, 0);
    memset(l, 0, sizeof *l);
    luaL_setmetatable(L, TYPE);

    int code = host_store_temporary(&l->db);
    if (!l->db) return luaL_error(L, "out of memory for a lookup");
    if (code == SQLITE_OK)
        code = sqlite3_exec(l->db, "BEGIN; CREATE TABLE record (key, text, at)", NULL,
                            NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v3(l->db, "INSERT INTO record VALUES (?, ?, ?)", -1,
                                  SQLITE_PREPARE_PERSISTENT, &l->insert, NULL);
    return code == SQLITE_OK ? 1 : fail_for_good(L, l, "opening", code);
}

/* lookup:add(key, text, at?) -> true | nil, message, kind
 * key: nil for a text that cannot be found. After a failure the lookup is closed. */
static int lookup_add(lua_State *L)
{
    struct lookup *l = check(L, false);
    if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TSTRING);
    luaL_checktype(L, 3, LUA_TSTRING);
    if (!lua_isnoneornil(L, 4)) luaL_checktype(L, 4, LUA_TSTRING);

    int code = SQLITE_OK; /* what is not bound is NULL */
    if (!lua_isnil(L, 2)) code = bind(L, l->insert, 1, 2);
    if (code == SQLITE_OK) code = bind(L, l->insert, 2, 3);
    if (code == SQLITE_OK && !lua_isnoneornil(L, 4)) code = bind(L, l->insert, 3, 4);
    if (code == SQLITE_OK) code = sqlite3_step(l->insert);
    if (code != SQLITE_DONE) return fail_for_good(L, l, "writing", code);
    reset(l->insert);
    l->rows++;
    l->count += !lua_isnil(L, 2);
    lua_pushboolean(L, 1);
    return 1;
}

/* lookup:finish() -> true | nil, message, kind
 * Ends the adding. After a failure the lookup is closed. */
static int lookup_finish(lua_State *L)
{
    struct lookup *l = check(L, false);
    /* One transaction for all reading; the index has the rows of a key in their order. */
    int code = sqlite3_exec(l->db, "COMMIT; CREATE INDEX by_key ON record (key); BEGIN",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v3(
            l->db, "SELECT text, rowid FROM record WHERE key = ? ORDER BY rowid", -1,
            SQLITE_PREPARE_PERSISTENT, &l->find, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v3(l->db, "SELECT text, at FROM record WHERE rowid = ?",
                                  -1, SQLITE_PREPARE_PERSISTENT, &l->fetch, NULL);
    if (code != SQLITE_OK) return fail_for_good(L, l, "writing", code);
    l->used = calloc((size_t)l->rows / 8 + 1, 1);
    if (!l->used) return luaL_error(L, "out of memory for a lookup");
    l->finished = true;
    lua_pushboolean(L, 1);
    return 1;
}

static void push_column(lua_State *L, sqlite3_stmt *stmt, int column)
{
    const char *bytes = sqlite3_column_blob(stmt, column); /* before the size */
    size_t size = (size_t)sqlite3_column_bytes(stmt, column);
    lua_pushlstring(L, bytes ? bytes : "", size);
}

/* The next text of the key at stack index 2, pushed: SQLITE_ROW; SQLITE_DONE without. */
static int next_text(lua_State *L, struct lookup *l)
{
    int code = sqlite3_step(l->find);
    if (code == SQLITE_ROW) {
        push_column(L, l->find, 0); /* may raise */
        sqlite3_int64 row = sqlite3_column_int64(l->find, 1);
        l->used[row / 8] |= (unsigned char)(1 << row % 8);
    }
    return code;
}

/* Begins a search for the key at stack index 2. An error may have left the last one in
 * progress. */
static int begin(lua_State *L, struct lookup *l)
{
    luaL_checktype(L, 2, LUA_TSTRING);
    lua_settop(L, 2);
    reset(l->find);
    return bind(L, l->find, 1, 2);
}

/* lookup:get(key) -> text | nil | nil, message, kind
 * The first that was added. */
static int lookup_get(lua_State *L)
{
    struct lookup *l = check(L, true);
    int code = begin(L, l);
    if (code == SQLITE_OK) code = next_text(L, l);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail(L, l, "reading", code);
    reset(l->find);
    if (code == SQLITE_DONE) lua_pushnil(L);
    return lua_gettop(L) - 2;
}

/* lookup:all(key) -> texts | nil, message, kind
 * In the order of adding. */
static int lookup_all(lua_State *L)
{
    struct lookup *l = check(L, true);
    int code = begin(L, l);
    lua_newtable(L);
    for (lua_Integer n = 1; code == SQLITE_OK; n++) {
        int found = next_text(L, l);
        if (found == SQLITE_ROW)
            lua_rawseti(L, 3, n);
        else
            code = found;
    }
    if (code != SQLITE_DONE) fail(L, l, "reading", code);
    reset(l->find);
    return code == SQLITE_DONE ? 1 : 3;
}

/* The first row after `row` that did not come back; above `rows` if there is none. */
static lua_Integer next_unused(const struct lookup *l, lua_Integer row)
{
    for (row++; row <= l->rows; row++) {
        unsigned char used = l->used[row / 8];
        if (used == 0xff)
            row |= 7; /* the last of eight */
        else if (!(used & 1 << row % 8))
            break;
    }
    return row;
}

/* lookup:unused(row?) -> row, text, at | nil | nil, message, kind
 * The first text after `row` (0 at first) that neither get nor all returned, and its
 * place. */
static int lookup_unused(lua_State *L)
{
    struct lookup *l = check(L, true);
    lua_Integer row = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, row >= 0, 2, "must not be negative");
    lua_settop(L, 1);
    if (row >= l->rows || (row = next_unused(l, row)) > l->rows) return 0;

    reset(l->fetch);
    int code = sqlite3_bind_int64(l->fetch, 1, row);
    if (code == SQLITE_OK) code = sqlite3_step(l->fetch);
    if (code == SQLITE_ROW) {
        lua_pushinteger(L, row);
        push_column(L, l->fetch, 0);
        if (sqlite3_column_type(l->fetch, 1) == SQLITE_NULL)
            lua_pushnil(L);
        else
            push_column(L, l->fetch, 1);
    } else {
        fail(L, l, "reading", code);
    }
    reset(l->fetch);
    return 3;
}

/* lookup:count() -> integer, of texts with a key */
static int lookup_count(lua_State *L)
{
    struct lookup *l = luaL_checkudata(L, 1, TYPE);
    lua_pushinteger(L, l->count);
    return 1;
}

/* lookup:close() */
static int lookup_close(lua_State *L)
{
    end(luaL_checkudata(L, 1, TYPE));
    return 0;
}

static const luaL_Reg functions[] = {
    {"new", lookup_new},
    {NULL,  NULL      }
};

static const luaL_Reg methods[] = {
    {"add",    lookup_add   },
    {"all",    lookup_all   },
    {"close",  lookup_close },
    {"count",  lookup_count },
    {"finish", lookup_finish},
    {"get",    lookup_get   },
    {"unused", lookup_unused},
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__close", lookup_close},
    {"__gc",    lookup_close},
    {NULL,      NULL        }
};

int luaopen_host_lookup(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
