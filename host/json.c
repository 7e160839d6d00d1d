/* host.json - lossless JSON, written straight from Lua values into a byte buffer.
 *
 * The members of an object are gathered as pairs on the Lua stack, sorted by pointers
 * into the names, and written from there: no look-up, no garbage. */

#include "json.h"

#include "host.h"
#include "json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "host.json.buffer"

static const char array_key =
    0; /* its address: where the registry keeps the mark of lists */

enum {
    FEW = 32,         /* members that are sorted on the stack */
    LONGEST_PATH = 16 /* steps that a message shows */
};

/* Where the writer is, for messages: a member's name or, without one, an index. */
struct step {
    const char *name; /* borrowed from the key, which its table keeps alive */
    size_t size;
    lua_Integer index; /* 0-based */
};

struct json_writer {
    lua_State *L;
    struct host_buffer *b;
    const void *mark; /* the metatable of lists */
    int order;        /* stack index or 0 */
    int depth;
    struct step path[JSON_DEPTH];
};

struct member {
    lua_Integer rank;
    uint64_t prefix; /* the name's first bytes as a big-endian number: mostly decides */
    const char *name;
    size_t size;
    int slot; /* stack index of the value */
};

/* -- buffers
 * -------------------------------------------------------------------------------- */

char *host_buffer_room(lua_State *L, struct host_buffer *b, size_t n)
{
    if (n <= b->capacity - b->size) return b->data + b->size;
    if (n > SIZE_MAX / 4 || b->size > SIZE_MAX / 4) luaL_error(L, "out of memory");
    size_t capacity = b->capacity < 256 ? 256 : b->capacity;
    while (capacity - b->size < n)
        capacity *= 2;
    char *data = realloc(b->data, capacity);
    if (!data) luaL_error(L, "out of memory for %I bytes of JSON", (lua_Integer)capacity);
    b->data = data;
    b->capacity = capacity;
    return data + b->size;
}

void host_buffer_free(struct host_buffer *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

static inline char *room(struct json_writer *w, size_t n)
{
    struct host_buffer *b = w->b;
    if (n <= b->capacity - b->size) return b->data + b->size;
    return host_buffer_room(w->L, b, n);
}

static inline void put(struct json_writer *w, char c)
{
    *room(w, 1) = c;
    w->b->size++;
}

/* -- lists
 * ---------------------------------------------------------------------------------- */

/* Pushes the metatable that marks lists. It is locked, for every list shares it. */
static void push_mark(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "list");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
}

void host_json_mark(lua_State *L)
{
    push_mark(L);
    lua_setmetatable(L, -2);
}

static bool is_marked(lua_State *L, int index, const void *mark)
{
    if (!lua_getmetatable(L, index)) return false;
    bool marked = lua_topointer(L, -1) == mark;
    lua_pop(L, 1);
    return marked;
}

/* -- the writer
 * ----------------------------------------------------------------------------- */

/* Ends the writing: the reason stays on top of the stack until all levels have returned.
 */
static bool refuse(struct json_writer *w, const char *reason)
{
    lua_pushstring(w->L, reason);
    return false;
}

static bool write_value(struct json_writer *w, int index);

/* Writes the character at s, which is not plain, and returns its bytes; 0 when it is
 * broken. */
static size_t write_odd(struct json_writer *w, const char *s, const char *end)
{
    static const char hex[] = "0123456789abcdef", letters[] = "bfnrt",
                      codes[] = "\b\f\n\r\t";
    unsigned char c = (unsigned char)*s;
    char *out = room(w, 6 + (size_t)(end - s) + 1);

    if (c >= 0x80) {
        size_t n = json_utf8(s, end);
        memcpy(out, s, n);
        w->b->size += n;
        return n;
    }
    out[0] = '\\';
    w->b->size += 2;
    const char *code = c ? strchr(codes, c) : NULL;
    if (c == '"' || c == '\\') {
        out[1] = (char)c;
    } else if (code) {
        out[1] = letters[code - codes];
    } else {
        memcpy(out + 1, "u00", 3);
        out[4] = hex[c >> 4];
        out[5] = hex[c & 15];
        w->b->size += 4;
    }
    return 1;
}

static bool write_string(struct json_writer *w, const char *s, size_t size)
{
    const char *start = s, *end = s + size;
    char *out = room(w, size + 2);

    *out++ = '"';
    for (;;) {
        while (end - s >= 8 && json_plain8(s)) {
            memcpy(out, s, 8);
            out += 8;
            s += 8;
        }
        while (s < end && json_plain((unsigned char)*s))
            *out++ = *s++;
        w->b->size = (size_t)(out - w->b->data);
        if (s == end) break;
        size_t n = write_odd(w, s, end);
        if (n == 0) {
            lua_pushfstring(w->L, "text that is not UTF-8 (byte %I)",
                            (lua_Integer)(s - start) + 1);
            return false;
        }
        s += n;
        out = room(w, (size_t)(end - s) + 1);
    }
    put(w, '"');
    return true;
}

static void write_integer(struct json_writer *w, lua_Integer n)
{
    char digits[20], *p = digits + sizeof digits;
    lua_Unsigned left = n < 0 ? 0 - (lua_Unsigned)n : (lua_Unsigned)n;

    do
        *--p = (char)('0' + left % 10);
    while (left /= 10);
    char *out = room(w, sizeof digits + 1);
    size_t size = (size_t)(digits + sizeof digits - p);
    if (n < 0) {
        *out++ = '-';
        w->b->size++;
    }
    memcpy(out, p, size);
    w->b->size += size;
}

/* The shortest text that reads back as the same double; with a fraction or exponent, so
 * that it reads back as a float. */
static bool write_float(struct json_writer *w, lua_Number d)
{
    char text[32];
    int size = 0;

    if (!isfinite(d)) return refuse(w, "a number that is not finite");
    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d) break;
    }
    memcpy(room(w, sizeof text), text, (size_t)size);
    w->b->size += (size_t)size;
    if (!strpbrk(text, ".e")) {
        memcpy(room(w, 2), ".0", 2);
        w->b->size += 2;
    }
    return true;
}

/* Values of a list whose table does not iterate in order; `n` is its border. */
static bool write_scattered(struct json_writer *w, int index, lua_Integer n)
{
    lua_State *L = w->L;
    lua_Integer count = 0;

    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1); /* key */
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            lua_tointeger(L, -1) > n) {
            w->depth--;
            return refuse(w, lua_isnumber(L, -1) && lua_type(L, -1) == LUA_TNUMBER
                                 ? "a list with holes"
                                 : "a table with both list items and members");
        }
        count++;
    }
    if (count != n) {
        w->depth--;
        return refuse(w, "a list with holes");
    }
    for (lua_Integer i = 1; i <= n; i++) {
        w->path[w->depth - 1].index = i - 1;
        if (i > 1) put(w, ',');
        lua_rawgeti(L, index, i);
        if (!write_value(w, lua_gettop(L))) return false;
        lua_pop(L, 1);
    }
    put(w, ']');
    return true;
}

static bool write_list(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    lua_Integer i = 0;
    int base = lua_gettop(L);

    put(w, '[');
    size_t start = w->b->size;
    w->path[w->depth - 1].name = NULL;
    lua_pushnil(L);
    while (lua_next(L, index)) { /* key value */
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != i + 1) {
            lua_settop(L, base);
            w->b->size = start;
            return write_scattered(w, index, (lua_Integer)lua_rawlen(L, index));
        }
        w->path[w->depth - 1].index = i;
        if (i++) put(w, ',');
        if (!write_value(w, base + 2)) return false;
        lua_pop(L, 1);
    }
    put(w, ']');
    return true;
}

static bool write_member(struct json_writer *w, const char *name, size_t size, int slot)
{
    struct step *step = &w->path[w->depth - 1];
    step->name = name;
    step->size = size;
    if (w->b->data[w->b->size - 1] != '{') put(w, ',');
    if (!write_string(w, name, size)) return false;
    put(w, ':');
    return write_value(w, slot);
}

static uint64_t name_prefix(const char *name, size_t size)
{
    unsigned char bytes[8] = {0};
    uint64_t prefix = 0;

    memcpy(bytes, name, size < 8 ? size : 8);
    for (int i = 0; i < 8; i++) /* one instruction to the compiler */
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

static bool before(const struct member *a, const struct member *b)
{
    if (a->rank != b->rank) return a->rank < b->rank;
    if (a->prefix != b->prefix) return a->prefix < b->prefix;
    int order = memcmp(a->name, b->name, a->size < b->size ? a->size : b->size);
    return order ? order < 0 : a->size < b->size;
}

static int compare(const void *a, const void *b)
{
    return before(a, b) ? -1 : 1; /* names differ */
}

/* Fills `m` from the key at the top, which is a string. */
static void take_member(struct json_writer *w, struct member *m)
{
    lua_State *L = w->L;

    m->rank = LUA_MAXINTEGER;
    m->name = lua_tolstring(L, -1, &m->size);
    m->prefix = name_prefix(m->name, m->size);
    if (w->order == 0 || w->depth != 1) return;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, w->order) == LUA_TNUMBER) m->rank = lua_tointeger(L, -1);
    lua_pop(L, 1);
}

static bool refuse_key(struct json_writer *w, int key)
{
    w->depth--;
    if (lua_type(w->L, key) == LUA_TNUMBER)
        return refuse(w,
                      "a table with both list items and members, or a list with holes");
    lua_pushfstring(w->L, "a table with a %s as a name", luaL_typename(w->L, key));
    return false;
}

/* An object of any size: the names are sorted in memory of their own and looked up again.
 */
static bool write_many(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    size_t n = 0, i = 0;

    for (lua_pushnil(L); lua_next(L, index); n++) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) return refuse_key(w, -1);
    }
    struct member *members = lua_newuserdatauv(L, n * sizeof *members, 0);
    for (lua_pushnil(L); lua_next(L, index); i++) {
        lua_pop(L, 1);
        take_member(w, &members[i]);
    }
    qsort(members, n, sizeof *members, compare);
    for (i = 0; i < n; i++) { /* members */
        lua_pushlstring(L, members[i].name, members[i].size);
        lua_rawget(L, index); /* members value */
        if (!write_member(w, members[i].name, members[i].size, lua_gettop(L)))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool write_few(struct json_writer *w, const struct member *members,
                      const int *sorted, int n)
{
    for (int i = 0; i < n; i++) {
        const struct member *m = &members[sorted[i]];
        if (!write_member(w, m->name, m->size, m->slot)) return false;
    }
    return true;
}

static bool write_object(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    struct member members[FEW];
    int sorted[FEW], n = 0, base = lua_gettop(L);

    put(w, '{');
    lua_pushnil(L);
    while (n < FEW && lua_next(L, index)) { /* (key value)* key value */
        if (lua_type(L, -2) != LUA_TSTRING) return refuse_key(w, -2);
        lua_pushvalue(L, -2); /* (key value)* key */
        take_member(w, &members[n]);
        members[n].slot = base + 2 * n + 2;
        int i = n;
        for (; i > 0 && before(&members[n], &members[sorted[i - 1]]); i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = n++;
    }
    bool many = n == FEW && lua_next(L, index);
    if (many) lua_settop(L, base);
    if (!(many ? write_many(w, index) : write_few(w, members, sorted, n))) return false;
    put(w, '}');
    return true;
}

static bool write_table(struct json_writer *w, int index)
{
    lua_State *L = w->L;

    if (w->depth == JSON_DEPTH)
        return refuse(w, "tables nested deeper than 200 (or one that holds itself)");
    luaL_checkstack(L, 2 * FEW + LUA_MINSTACK, "JSON");
    w->depth++;
    int top = lua_gettop(L);
    bool list = lua_rawlen(L, index) > 0 || is_marked(L, index, w->mark);
    if (!(list ? write_list(w, index) : write_object(w, index))) return false;
    lua_settop(L, top);
    w->depth--;
    return true;
}

/* materialize(record) -> table, protected: the record may be gone */
static int materialize(lua_State *L)
{
    host_json_materialize(L, 1);
    return 1;
}

static bool write_record(struct json_writer *w, int index)
{
    lua_State *L = w->L;

    if (luaL_getmetafield(L, index, "__pairs") == LUA_TNIL)
        return refuse(w, "a userdata");
    lua_pop(L, 1);
    lua_pushcfunction(L, materialize);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        if (lua_type(L, -1) != LUA_TSTRING)
            return refuse(w, "a record that cannot be read");
        return false;
    }
    if (!write_table(w, lua_gettop(L))) return false;
    lua_pop(L, 1);
    return true;
}

static bool write_value(struct json_writer *w, int index)
{
    lua_State *L = w->L;
    const char *text;
    size_t size;

    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &size);
        return write_string(w, text, size);
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index)) return write_float(w, lua_tonumber(L, index));
        write_integer(w, lua_tointeger(L, index));
        return true;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, index) ? "true" : "false";
        break;
    case LUA_TTABLE:
        return write_table(w, index);
    case LUA_TUSERDATA:
        return write_record(w, index);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index) != NULL) return refuse(w, "a userdata");
        text = "null";
        break;
    default:
        lua_pushfstring(L, "a %s", luaL_typename(L, index));
        return false;
    }
    size = strlen(text);
    memcpy(room(w, size), text, size);
    w->b->size += size;
    return true;
}

/* Pushes where the writer stopped: "app_metadata.roles[0]", "" for the root. Bytes that
 * could spoil a message are shown as "?". */
static void push_path(lua_State *L, const struct json_writer *w)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < w->depth; i++) {
        if (i == LONGEST_PATH) {
            luaL_addstring(&b, "...");
            break;
        }
        const struct step *step = &w->path[i];
        if (!step->name) {
            char text[32];
            int n = snprintf(text, sizeof text, "[%lld]", (long long)step->index);
            luaL_addlstring(&b, text, (size_t)n);
            continue;
        }
        if (i > 0) luaL_addchar(&b, '.');
        for (size_t k = 0; k < step->size; k++) {
            unsigned char c = (unsigned char)step->name[k];
            luaL_addchar(&b, c < 0x20 || c >= 0x7F ? '?' : (char)c);
        }
    }
    luaL_pushresult(&b);
}

bool host_json_write(lua_State *L, int index, int order, struct host_buffer *b)
{
    struct json_writer w;
    size_t start = b->size;
    int base = lua_gettop(L);

    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    index = lua_absindex(L, index);
    w.L = L;
    w.b = b;
    w.order = order ? lua_absindex(L, order) : 0;
    w.depth = 0;
    push_mark(L);
    w.mark = lua_topointer(L, -1);
    lua_pop(L, 1);
    if (write_value(&w, index)) {
        lua_settop(L, base);
        return true;
    }
    b->size = start; /* ... reason */
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    push_path(L, &w);
    const char *path = lua_tostring(L, -1);
    lua_pushfstring(L, "%s cannot be written as JSON: %s", *path ? path : "the value",
                    lua_tostring(L, -2));
    lua_replace(L, base + 1);
    lua_settop(L, base + 1);
    lua_pushnil(L);
    lua_insert(L, base + 1);
    lua_pushliteral(L, HOST_PARSE);
    return false;
}

/* -- lazy records
 * --------------------------------------------------------------------------- */

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

/* -- Lua functions
 * -------------------------------------------------------------------------- */

static int buffer_gc(lua_State *L)
{
    host_buffer_free(luaL_checkudata(L, 1, TYPE));
    return 0;
}

/* encode(value, order?) -> text | nil, message, "parse" */
static int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);

    struct host_buffer *b = lua_newuserdatauv(L, sizeof *b, 0);
    memset(b, 0, sizeof *b);
    luaL_setmetatable(L, TYPE);
    if (!host_json_write(L, 1, lua_isnil(L, 2) ? 0 : 2, b)) {
        host_buffer_free(b);
        return 3;
    }
    lua_pushlstring(L, b->data, b->size);
    host_buffer_free(b);
    return 1;
}

/* decode(text) -> value | nil, message, "parse" */
static int json_decode(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    return host_json_parse(L, text, size) ? 1 : 3;
}

/* array(list) -> the same list, marked */
static int json_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    push_mark(L);
    bool marked = is_marked(L, 1, lua_topointer(L, 2));
    luaL_argcheck(L, marked || !lua_getmetatable(L, 1), 1, "an object, not a list");
    lua_settop(L, 1);
    if (!marked) host_json_mark(L);
    return 1;
}

/* is_array(value) -> boolean */
static int json_is_array(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) {
        lua_pushboolean(L, 0);
        return 1;
    }
    push_mark(L);
    bool list = is_marked(L, 1, lua_topointer(L, 2));
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1), count = 0;
    if (!list && n > 0) {
        list = true;
        for (lua_pushnil(L); list && lua_next(L, 1); count++) {
            lua_pop(L, 1);
            list = lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
                   lua_tointeger(L, -1) <= n;
        }
        list = list && count == n;
    }
    lua_pushboolean(L, list);
    return 1;
}

/* materialize(record) -> table; other values unchanged */
static int json_materialize(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    host_json_materialize(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"array",       json_array      },
    {"decode",      json_decode     },
    {"encode",      json_encode     },
    {"is_array",    json_is_array   },
    {"materialize", json_materialize},
    {"reader",      host_json_reader},
    {NULL,          NULL            }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    buffer_gc},
    {"__close", buffer_gc},
    {NULL,      NULL     }
};

int luaopen_host_json(lua_State *L)
{
    host_newtype(L, TYPE, NULL, metamethods);
    host_json_reader_types(L);
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
