/* A document of BSON as a Lua table. Every length is checked against the document that it
 * is in before anything is read. */

#include "bson/parts.h"

#include "common.h"
#include "utf8.h"
#include "json/json.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum type {
    DOUBLE = 0x01,
    STRING = 0x02,
    DOCUMENT = 0x03,
    ARRAY = 0x04,
    BINARY = 0x05,
    UNDEFINED = 0x06,
    OBJECT_ID = 0x07,
    BOOLEAN = 0x08,
    DATE = 0x09,
    NULL_VALUE = 0x0a,
    REGEX = 0x0b,
    POINTER = 0x0c,
    CODE = 0x0d,
    SYMBOL = 0x0e,
    CODE_WITH_SCOPE = 0x0f,
    INT32 = 0x10,
    TIMESTAMP = 0x11,
    INT64 = 0x12,
    DECIMAL = 0x13,
    MAX_KEY = 0x7f,
    MIN_KEY = 0xff
};

enum { OLD_BINARY = 2, UUID = 4 }; /* subtypes */
enum { ID_SIZE = 12, UUID_SIZE = 16, DECIMAL_SIZE = 16 };

struct bson {
    lua_State *L;
    const char *base, *p, *end; /* end: of the innermost document */
    int depth;
};

/* Pushes what is wrong at `at` and returns false. */
static bool bad(struct bson *b, const char *at, const char *what)
{
    lua_pushfstring(b->L, "invalid BSON at byte %I: %s", (LUAI_UACINT)(at - b->base + 1),
                    what);
    return false;
}

/* Takes `n` bytes; NULL with the reason pushed if the document has fewer. */
static const char *take(struct bson *b, size_t n)
{
    const char *at = b->p;
    if ((size_t)(b->end - at) < n) {
        bad(b, at, "the document ends inside a value");
        return NULL;
    }
    b->p += n;
    return at;
}

static bool push_text(struct bson *b, const char *text, size_t size)
{
    size_t good = host_utf8_check(text, size);
    if (good < size) return bad(b, text + good, "invalid UTF-8");
    lua_pushlstring(b->L, text, size);
    return true;
}

/* A text up to a zero byte: names, and the parts of a regular expression. */
static bool read_name(struct bson *b)
{
    const char *text = b->p, *zero = memchr(text, 0, (size_t)(b->end - text));
    if (!zero) return bad(b, text, "a name without an end");
    b->p = zero + 1;
    return push_text(b, text, (size_t)(zero - text));
}

/* A text with its size, which includes a zero byte at the end. */
static bool read_string(struct bson *b)
{
    const char *at = take(b, 4);
    if (!at) return false;
    int32_t size = bson_i32(at);
    if (size < 1 || size > b->end - b->p)
        return bad(b, at, "the length of a string is wrong");
    const char *text = take(b, (size_t)size);
    if (text[size - 1] != 0) return bad(b, text + size - 1, "a string without an end");
    return push_text(b, text, (size_t)size - 1);
}

static bool read_binary(struct bson *b)
{
    const char *at = take(b, 5);
    if (!at) return false;
    int32_t size = bson_i32(at);
    int subtype = (unsigned char)at[4];
    if (size < 0 || size > b->end - b->p)
        return bad(b, at, "the length of binary data is wrong");
    const char *bytes = take(b, (size_t)size);
    if (subtype == UUID) {
        if (size != UUID_SIZE) return bad(b, at, "a UUID that does not have 16 bytes");
        host_bson_push_uuid(b->L, bytes);
        return true;
    }
    if (subtype == OLD_BINARY) { /* has its size once more */
        if (size < 4 || bson_i32(bytes) != size - 4)
            return bad(b, bytes, "the inner length of binary data is wrong");
        bytes += 4;
        size -= 4;
    }
    lua_pushlstring(b->L, bytes, (size_t)size);
    return true;
}

/* A double; as text if JSON cannot hold it, as numbers are that Lua cannot hold. */
static void push_double(lua_State *L, const char *at)
{
    uint64_t bits = bson_u64(at);
    double number;
    memcpy(&number, &bits, sizeof number);
    if (isnan(number))
        lua_pushliteral(L, "NaN");
    else if (isinf(number))
        lua_pushstring(L, number < 0 ? "-Infinity" : "Infinity");
    else
        lua_pushnumber(L, number);
}

/* "/pattern/options" */
static bool read_regex(struct bson *b)
{
    if (!read_name(b) || !read_name(b)) return false;
    lua_pushfstring(b->L, "/%s/%s", lua_tostring(b->L, -2), lua_tostring(b->L, -1));
    lua_replace(b->L, -3);
    lua_pop(b->L, 1);
    return true;
}

/* A reference, as a document of its own has it: {"$ref": collection, "$id": id}. */
static bool read_pointer(struct bson *b)
{
    lua_createtable(b->L, 0, 2);
    if (!read_string(b)) return false;
    lua_setfield(b->L, -2, "$ref");
    const char *id = take(b, ID_SIZE);
    if (!id) return false;
    host_push_hex(b->L, (const unsigned char *)id, ID_SIZE);
    lua_setfield(b->L, -2, "$id");
    return true;
}

static bool read_document(struct bson *b, bool is_array);

/* JavaScript; the values of its variables are checked and left out. */
static bool read_code(struct bson *b)
{
    const char *at = take(b, 4), *end = b->end;
    if (!at) return false;
    int32_t size = bson_i32(at);
    if (size < 4 || size > end - at) return bad(b, at, "the length of code is wrong");
    b->end = at + size;
    if (!read_string(b) || !read_document(b, false)) return false;
    lua_pop(b->L, 1);
    if (b->p != b->end) return bad(b, at, "the length of code is wrong");
    b->end = end;
    return true;
}

static bool read_boolean(struct bson *b)
{
    const char *at = take(b, 1);
    if (!at) return false;
    if (*at != 0 && *at != 1) return bad(b, at, "neither true nor false");
    lua_pushboolean(b->L, *at);
    return true;
}

/* A value of a type with a size of its own. */
static bool read_fixed(struct bson *b, int type, size_t size)
{
    lua_State *L = b->L;
    const char *at = take(b, size);
    if (!at) return false;
    switch (type) {
    case DOUBLE:
        push_double(L, at);
        break;
    case OBJECT_ID:
        host_push_hex(L, (const unsigned char *)at, ID_SIZE);
        break;
    case DATE:
        host_bson_push_date(L, (int64_t)bson_u64(at));
        break;
    case INT32:
        lua_pushinteger(L, bson_i32(at));
        break;
    case INT64:
        lua_pushinteger(L, (lua_Integer)bson_u64(at));
        break;
    case TIMESTAMP: /* a counter, and seconds */
        host_bson_push_date(L, (int64_t)bson_u32(at + 4) * 1000);
        break;
    default:
        host_bson_push_decimal(L, at);
    }
    return true;
}

static bool read_value(struct bson *b, int type)
{
    switch (type) {
    case DOUBLE:
    case DATE:
    case TIMESTAMP:
    case INT64:
        return read_fixed(b, type, 8);
    case INT32:
        return read_fixed(b, type, 4);
    case OBJECT_ID:
        return read_fixed(b, type, ID_SIZE);
    case DECIMAL:
        return read_fixed(b, type, DECIMAL_SIZE);
    case STRING:
    case CODE:
    case SYMBOL:
        return read_string(b);
    case DOCUMENT:
    case ARRAY:
        return read_document(b, type == ARRAY);
    case BINARY:
        return read_binary(b);
    case BOOLEAN:
        return read_boolean(b);
    case REGEX:
        return read_regex(b);
    case POINTER:
        return read_pointer(b);
    case CODE_WITH_SCOPE:
        return read_code(b);
    case UNDEFINED:
    case NULL_VALUE:
        lua_pushlightuserdata(b->L, NULL);
        return true;
    case MIN_KEY:
        lua_pushliteral(b->L, "MinKey");
        return true;
    case MAX_KEY:
        lua_pushliteral(b->L, "MaxKey");
        return true;
    }
    return bad(b, b->p, "a value of an unknown type");
}

/* Skips the name of an element; in an array it is a number that nobody reads. */
static bool skip_name(struct bson *b)
{
    const char *zero = memchr(b->p, 0, (size_t)(b->end - b->p));
    if (!zero) return bad(b, b->p, "a name without an end");
    b->p = zero + 1;
    return true;
}

/* Reads elements up to the end into the table on top. */
static bool read_elements(struct bson *b, bool is_array)
{
    for (lua_Integer n = 1; b->p < b->end; n++) {
        int type = (unsigned char)*b->p++;
        if (!(is_array ? skip_name(b) : read_name(b)) || !read_value(b, type))
            return false;
        if (is_array)
            lua_rawseti(b->L, -2, n);
        else
            lua_rawset(b->L, -3); /* the last one of a name wins, as in JSON */
    }
    return true;
}

/* Reads the document at p, which is inside the one that ends at end. */
static bool read_document(struct bson *b, bool is_array)
{
    const char *at = take(b, 4), *outer = b->end;
    if (!at) return false;
    int32_t size = bson_i32(at);
    if (size < BSON_LEAST || size > outer - at)
        return bad(b, at, "the length of a document is wrong");
    if (at[size - 1] != 0) return bad(b, at + size - 1, "a document without an end");
    if (b->depth == BSON_DEPTH) return bad(b, at, "more than 200 levels");

    luaL_checkstack(b->L, LUA_MINSTACK, "BSON");
    lua_createtable(b->L, 0, is_array ? 0 : 4);
    b->end = at + size - 1;
    b->depth++;
    if (!read_elements(b, is_array)) return false;
    b->depth--;
    b->p++; /* the zero byte */
    b->end = outer;
    if (is_array) host_json_mark(b->L);
    return true;
}

bool host_bson_push_document(lua_State *L, const char *text, size_t size)
{
    struct bson b = {.L = L, .base = text, .p = text, .end = text + size};
    int top = lua_gettop(L);
    if (read_document(&b, false)) return true;
    lua_copy(L, -1, top + 1); /* the reason */
    lua_settop(L, top + 1);
    return false;
}
