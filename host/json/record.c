/* Records of a reader. A lazy record is the reader's window plus the offsets of its
 * members; it is invalid once the window moves. */

#include "common.h"
#include "json/reader.h"

#define RECORD "host.json.record"

enum {
    MANY = 256, /* members; above this, one lookup decodes the whole record */
    CACHED = 4  /* tables in a record that are read, mostly */
};

static const char record_magic = 0; /* its address identifies a struct record */

enum { READER = 1, CACHE = 2 }; /* the user values of a record */

struct record {
    const void *magic;     /* &record_magic */
    struct reader *reader; /* user value 1 keeps it */
    uint64_t serial;
    bool cached;   /* there is a cache */
    bool complete; /* it holds all members */
};

void host_json_begin_record(struct reader *r)
{
    struct json_scan *s = &r->scan;
    s->base = s->p;
    s->count = 0;
    s->watch = r->lazy && *s->p == '{' ? s->depth + 1 : -1;
}

void host_json_push_record(lua_State *L, struct reader *r)
{
    struct json_scan *s = &r->scan;
    bool lazy = s->watch >= 0;

    s->watch = -1;
    r->current = true;
    if (!lazy) {
        host_json_parse(L, s->base, (size_t)(s->p - s->base));
        return;
    }
    if (r->asked) r->asked->record++;
    struct record *record = lua_newuserdatauv(L, sizeof *record, 2);
    record->magic = &record_magic;
    record->reader = r;
    record->serial = r->serial;
    record->cached = record->complete = false;
    lua_pushvalue(L, 1); /* the reader */
    lua_setiuservalue(L, -2, READER);
    luaL_setmetatable(L, RECORD);
}

static struct record *check_record(lua_State *L)
{
    struct record *record = lua_touserdata(L, 1);
    /* Faster than looking up the metatable, which scripts cannot reach. */
    if (!record || lua_rawlen(L, 1) != sizeof *record || record->magic != &record_magic)
        record = luaL_checkudata(L, 1, RECORD);
    if (record->serial != record->reader->serial || !record->reader->open)
        luaL_error(L, "this record is no longer valid: the reader has moved on");
    return record;
}

/* Pushes a member that is an object or a list, whose objects are watched. */
static void push_watched(lua_State *L, int name, const char *text, size_t size)
{
    int reader = lua_gettop(L) + 1;

    lua_getiuservalue(L, 1, READER);
    lua_getiuservalue(L, reader, ASKED);
    host_json_decode(L, reader + 1, name, text, size); /* reader asked value */
    lua_replace(L, reader);
    lua_settop(L, reader);
}

/* Pushes the value of the member named at stack index `name`. Its text was scanned, so it
 * is valid. */
static void push_member(lua_State *L, const struct reader *r, const struct json_member *m,
                        int name)
{
    const char *text = r->scan.base + m->value;
    size_t size = m->value_size;

    if (*text == '"')
        host_json_push_string(L, text + 1, size - 2, memchr(text, '\\', size) != NULL);
    else if ((*text == '{' || *text == '[') && r->asked && r->asked->n_paths >= 0)
        push_watched(L, name, text, size);
    else
        host_json_parse(L, text, size);
}

/* Pushes the table of decoded members that must keep their identity. */
static void push_cache(lua_State *L, struct record *record)
{
    if (lua_getiuservalue(L, 1, CACHE) == LUA_TTABLE) return;
    lua_pop(L, 1);
    record->cached = true;
    lua_createtable(L, 0, CACHED);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, CACHE);
}

/* Pushes the cache, completed with all members. */
static void push_complete(lua_State *L, struct record *record)
{
    const struct json_scan *s = &record->reader->scan;

    push_cache(L, record);
    if (record->complete) return;
    lua_newtable(L);                        /* cache all */
    for (size_t i = 0; i < s->count; i++) { /* forwards: the last duplicate wins */
        const struct json_member *m = &s->members[i];
        host_json_push_string(L, s->base + m->key, m->key_size, m->escaped);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -4) == LUA_TNIL) { /* cache all name nil */
            lua_pop(L, 1);
            push_member(L, record->reader, m, lua_gettop(L));
        }
        lua_rawset(L, -3);
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, CACHE);
    lua_remove(L, -2);
    record->complete = true;
}

/* Notes that the record does not have the member that is read. */
static int note_missing(lua_State *L, const struct record *record)
{
    if (!record->reader->asked) return 0;
    lua_getiuservalue(L, 1, READER);
    lua_getiuservalue(L, -1, ASKED);
    host_json_ask(L, record->reader->asked, lua_gettop(L));
    return 0;
}

/* record[name] -> value | nil */
static int record_index(lua_State *L)
{
    struct record *record = check_record(L);
    const struct json_scan *s = &record->reader->scan;

    if (lua_type(L, 2) != LUA_TSTRING) return 0;
    if (s->count > MANY && !record->complete) {
        push_complete(L, record);
        lua_pop(L, 1);
    }
    if (record->cached) {
        lua_getiuservalue(L, 1, CACHE);
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL) {
            if (record->reader->asked) record->reader->asked->found = true;
            return 1;
        }
        if (record->complete) return note_missing(L, record);
    }
    size_t size;
    const char *name = lua_tolstring(L, 2, &size);
    const struct json_member *m = host_json_find(L, s, name, size);
    if (!m) return note_missing(L, record);
    if (record->reader->asked) record->reader->asked->found = true;
    push_member(L, record->reader, m, 2);
    if (lua_istable(L, -1)) {
        push_cache(L, record);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -3);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    return 1;
}

/* record[name] = value: raises */
static int record_newindex(lua_State *L)
{
    return luaL_error(L, "records are read-only; build a new table");
}

/* next(table, key) -> key, value */
static int record_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    return lua_next(L, 1) ? 2 : 0;
}

/* pairs(record) */
static int record_pairs(lua_State *L)
{
    struct record *record = check_record(L);
    lua_pushcfunction(L, record_next);
    push_complete(L, record);
    return 2;
}

bool host_json_materialize(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_type(L, index) != LUA_TUSERDATA ||
        luaL_getmetafield(L, index, "__pairs") == LUA_TNIL)
        return false;
    lua_pushvalue(L, index);
    lua_call(L, 1, 3); /* next state key */
    lua_newtable(L);   /* next state key table */
    lua_insert(L, -4); /* table next state key */
    for (;;) {
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -3); /* table next state key next state key */
        lua_call(L, 2, 2);    /* table next state key key value */
        if (lua_isnil(L, -2)) break;
        lua_pushvalue(L, -2);
        lua_insert(L, -2); /* table next state key key key value */
        lua_rawset(L, -7); /* table next state key key */
        lua_replace(L, -2);
    }
    lua_pop(L, 5);
    lua_replace(L, index);
    return true;
}

bool host_json_push_as_read(lua_State *L, int index)
{
    const struct record *record = lua_touserdata(L, index);

    if (!record || lua_rawlen(L, index) != sizeof *record ||
        record->magic != &record_magic)
        return false;
    const struct reader *r = record->reader;
    if (record->serial == r->serial && r->open)
        host_json_parse(L, r->scan.base, (size_t)(r->scan.p - r->scan.base));
    else
        lua_pushnil(L);
    return true;
}

static const luaL_Reg record_metamethods[] = {
    {"__index",    record_index   },
    {"__newindex", record_newindex},
    {"__pairs",    record_pairs   },
    {NULL,         NULL           }
};

void host_json_record_type(lua_State *L)
{
    host_newtype(L, RECORD, NULL, record_metamethods);
    luaL_getmetatable(L, RECORD);
    lua_pushliteral(L, "record"); /* as Lua's messages call it */
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}
