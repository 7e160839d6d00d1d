/* Digests of values, from their JSON text: values that are only digested are not decoded.
 */

#include "common.h"
#include "json/json.h"
#include "json/parts.h"
#include "json/scan.h"

#include <openssl/evp.h>
#include <stdio.h>

#define DIGESTER "host.json.digester"

enum {
    DIGEST_BYTES = 8, /* of the SHA-256 */
    MEMBERS = 8       /* of a typical object */
};

/* One per Lua state, in upvalue 1 of the functions. */
struct digester {
    EVP_MD_CTX *context; /* NULL until needed */
    struct host_bytes text;
};

static int digester_gc(lua_State *L)
{
    struct digester *d = luaL_checkudata(L, 1, DIGESTER);
    EVP_MD_CTX_free(d->context);
    d->context = NULL;
    host_bytes_free(&d->text);
    return 0;
}

/* Sets up the context once: looking up the algorithm costs more than a short digest. */
static EVP_MD_CTX *begin(lua_State *L, struct digester *d)
{
    const EVP_MD *md = d->context ? NULL : EVP_sha256();

    if (!d->context) d->context = EVP_MD_CTX_new();
    if (!d->context || !EVP_DigestInit_ex(d->context, md, NULL))
        luaL_error(L, "SHA-256 is not available");
    return d->context;
}

static void add(lua_State *L, struct digester *d, const char *from, const char *to)
{
    if (from < to && !EVP_DigestUpdate(d->context, from, (size_t)(to - from)))
        luaL_error(L, "hashing failed");
}

static const char *after_string(const char *p, const char *end)
{
    p++;
    while ((p = json_skip_plain(p, end)) < end) {
        if (*p == '"') return p + 1;
        p += *p == '\\' && end - p > 1 ? 2 : 1;
    }
    return end;
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

/* Adds the number [from, end); a whole number is added as an integer. */
static void add_number(lua_State *L, struct digester *d, const char *from,
                       const char *end)
{
    char plain[32];
    int whole = 0;
    lua_Integer n = 0;
    bool integral = true;

    for (const char *p = from; p < end; p++)
        if (*p == '.' || *p == 'e' || *p == 'E') integral = false;
    if (!integral) {
        host_json_push_number(L, from, (size_t)(end - from), false);
        if (lua_type(L, -1) == LUA_TNUMBER) n = lua_tointegerx(L, -1, &whole);
        lua_pop(L, 1);
    }
    if (whole) {
        int size = snprintf(plain, sizeof plain, LUA_INTEGER_FMT, (LUAI_UACINT)n);
        add(L, d, plain, plain + size);
    } else {
        add(L, d, from, end);
    }
}

/* Pushes the digest of the JSON value [p, end). */
static void push_digest(lua_State *L, struct digester *d, const char *p, const char *end)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = begin(L, d);

    while (p < end) {
        const char *from = p;
        while (p < end && *p != '-' && (*p < '0' || *p > '9'))
            p = *p == '"' ? after_string(p, end) : p + 1;
        add(L, d, from, p);
        from = p;
        while (p < end && in_number(*p))
            p++;
        if (from < p) add_number(L, d, from, p);
    }
    if (!EVP_DigestFinal_ex(context, digest, NULL)) luaL_error(L, "hashing failed");
    host_push_hex(L, digest, DIGEST_BYTES);
}

/* digest(value) -> hex | nil, message, "parse" */
static int json_digest(lua_State *L)
{
    struct digester *d = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    d->text.size = 0;
    if (!host_json_write(L, 1, 0, &d->text)) return 3;
    push_digest(L, d, d->text.data, d->text.data + d->text.size);
    return 1;
}

/* Scans the member after its name and adds it to the object and its digests, which are on
 * the stack above the set of names to keep. */
static enum json_outcome take_member(lua_State *L, struct digester *d,
                                     struct json_scan *s)
{
    int kept = lua_gettop(L) - 2, object = kept + 1, digests = kept + 2;

    host_json_push_string(L, s->string, s->string_size, s->escaped);
    enum json_outcome outcome = host_json_token(s); /* : */
    const char *value = s->p = json_blank(s->p, s->end);
    if (outcome == JSON_OK) outcome = host_json_until(s, 2);
    if (outcome == JSON_OK) {
        lua_pushvalue(L, -1);
        push_digest(L, d, value, s->p);
        lua_rawset(L, digests);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, kept) != LUA_TNIL) { /* name true */
            lua_pushvalue(L, -2);
            host_json_parse(L, value, (size_t)(s->p - value));
            lua_rawset(L, object);
        }
    }
    lua_settop(L, digests);
    return outcome;
}

/* Pushes the table of the object at p. */
static enum json_outcome take_object(lua_State *L, struct digester *d,
                                     struct json_scan *s)
{
    lua_createtable(L, 0, MEMBERS);
    lua_createtable(L, 0, MEMBERS);
    enum json_outcome outcome = host_json_token(s); /* { */
    while (outcome == JSON_OK && s->depth == 2) {
        outcome = host_json_token(s); /* a name or } */
        if (outcome != JSON_OK || s->depth < 2) break;
        outcome = take_member(L, d, s);
        if (outcome == JSON_OK) outcome = host_json_token(s); /* , or } */
    }
    lua_setfield(L, -2, "digests");
    return outcome;
}

/* Pushes the list of the array's objects; the set of names to keep is on top. */
static enum json_outcome take_array(lua_State *L, struct digester *d, struct json_scan *s)
{
    int kept = lua_gettop(L), list = kept + 1;

    lua_newtable(L);
    enum json_outcome outcome = host_json_token(s); /* [ */
    for (lua_Integer n = 1; outcome == JSON_OK && s->depth == 1; n++) {
        s->p = json_blank(s->p, s->end);
        if (s->state == JSON_FIRST_VALUE && s->p < s->end && *s->p == ']')
            return host_json_token(s);
        if (s->p == s->end || *s->p != '{') {
            s->expected = "an object";
            return JSON_BAD;
        }
        lua_pushvalue(L, kept);
        outcome = take_object(L, d, s); /* list kept object */
        lua_rawseti(L, list, n);
        lua_pop(L, 1);
        if (outcome == JSON_OK) outcome = host_json_token(s); /* , or ] */
    }
    return outcome;
}

static void push_set(lua_State *L, int names)
{
    lua_newtable(L);
    for (lua_Integer i = 1; lua_rawgeti(L, names, i) != LUA_TNIL; i++) {
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

/* digests(text, kept) -> list of objects | nil, message, "parse" */
static int json_digests(lua_State *L)
{
    struct digester *d = lua_touserdata(L, lua_upvalueindex(1));
    struct json_scan s;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);

    push_set(L, 2);
    host_json_begin(&s, text, size, true);
    s.p = json_blank(s.p, s.end);
    enum json_outcome outcome = JSON_BAD;
    s.expected = "an array";
    if (s.p < s.end && *s.p == '[') outcome = take_array(L, d, &s);
    if (outcome == JSON_OK) {
        s.p = json_blank(s.p, s.end);
        if (s.p == s.end) return 1;
        s.expected = "the end";
    }
    return host_json_fail(L, &s, (size_t)(s.p - text));
}

static const luaL_Reg functions[] = {
    {"digest",  json_digest },
    {"digests", json_digests},
    {NULL,      NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__gc", digester_gc},
    {NULL,   NULL       }
};

void host_json_digest_open(lua_State *L)
{
    host_newtype(L, DIGESTER, NULL, metamethods);
    struct digester *d = lua_newuserdatauv(L, sizeof *d, 0);
    memset(d, 0, sizeof *d);
    luaL_setmetatable(L, DIGESTER);
    luaL_setfuncs(L, functions, 1);
}
