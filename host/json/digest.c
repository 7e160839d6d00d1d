/* Digests of values, from their JSON text: nothing is decoded. */

#include "common.h"
#include "json/json.h"
#include "json/parts.h"
#include "json/scan.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIGESTER "host.json.digester"

enum { DIGEST_BYTES = 8 }; /* of the SHA-256 */

/* One per Lua state, in upvalue 1 of the functions. */
struct digester {
    EVP_MD_CTX *context; /* NULL until needed */
    struct host_bytes text;
    struct host_bytes digests; /* of an object's members so far, as members */
};

/* The names of the members to keep, borrowed from the caller's list. */
struct names {
    size_t count;
    struct {
        const char *text;
        size_t size;
    } at[];
};

static int digester_gc(lua_State *L)
{
    struct digester *d = luaL_checkudata(L, 1, DIGESTER);
    EVP_MD_CTX_free(d->context);
    d->context = NULL;
    host_bytes_free(&d->text);
    host_bytes_free(&d->digests);
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

/* Digests the JSON value [p, end). */
static void take_digest(lua_State *L, struct digester *d, const char *p, const char *end,
                        unsigned char digest[EVP_MAX_MD_SIZE])
{
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
}

/* digest(value) -> hex | nil, message, "parse" */
static int json_digest(lua_State *L)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct digester *d = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    d->text.size = 0;
    if (!host_json_write(L, 1, 0, &d->text)) return 3;
    take_digest(L, d, d->text.data, d->text.data + d->text.size, digest);
    host_push_hex(L, digest, DIGEST_BYTES);
    return 1;
}

static void add_text(lua_State *L, struct host_bytes *b, const char *text, size_t size)
{
    if (size == 0) return;
    memcpy(host_json_space(L, b, size), text, size);
    b->size += size;
}

/* Adds `"name":` as the text has it, after a comma unless it is the first of its object.
 */
static void add_name(lua_State *L, struct host_bytes *b, const char *name, size_t size)
{
    if (b->size) add_text(L, b, ",", 1);
    add_text(L, b, "\"", 1);
    add_text(L, b, name, size);
    add_text(L, b, "\":", 2);
}

static void add_digest(lua_State *L, struct host_bytes *b, const unsigned char *digest)
{
    char *out = host_json_space(L, b, 2 * DIGEST_BYTES + 2);

    *out++ = '"';
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        *out++ = "0123456789abcdef"[digest[i] >> 4];
        *out++ = "0123456789abcdef"[digest[i] & 15];
    }
    *out = '"';
    b->size += 2 * DIGEST_BYTES + 2;
}

static bool is_kept(lua_State *L, const struct names *names, const char *name,
                    size_t size, bool escaped)
{
    bool found = false;

    if (escaped) {
        host_json_push_string(L, name, size, true);
        name = lua_tolstring(L, -1, &size);
    }
    for (size_t i = 0; i < names->count && !found; i++)
        found = names->at[i].size == size && memcmp(names->at[i].text, name, size) == 0;
    if (escaped) lua_pop(L, 1);
    return found;
}

/* Scans the member after its name and adds it to the outline of its object. */
static enum json_outcome take_member(lua_State *L, struct digester *d,
                                     const struct names *names, struct json_scan *s)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const char *name = s->string;
    size_t size = s->string_size;
    bool escaped = s->escaped;

    enum json_outcome outcome = host_json_token(s); /* : */
    const char *value = s->p = json_blank(s->p, s->end);
    if (outcome == JSON_OK) outcome = host_json_until(s, 2);
    if (outcome != JSON_OK) return outcome;
    take_digest(L, d, value, s->p, digest);
    add_name(L, &d->digests, name, size);
    add_digest(L, &d->digests, digest);
    if (is_kept(L, names, name, size, escaped)) {
        add_name(L, &d->text, name, size);
        add_text(L, &d->text, value, (size_t)(s->p - value));
    }
    return JSON_OK;
}

/* Pushes the outline of the object at p. */
static enum json_outcome take_object(lua_State *L, struct digester *d,
                                     const struct names *names, struct json_scan *s)
{
    d->text.size = d->digests.size = 0;
    enum json_outcome outcome = host_json_token(s); /* { */
    while (outcome == JSON_OK && s->depth == 2) {
        outcome = host_json_token(s); /* a name or } */
        if (outcome != JSON_OK || s->depth < 2) break;
        outcome = take_member(L, d, names, s);
        if (outcome == JSON_OK) outcome = host_json_token(s); /* , or } */
    }
    add_name(L, &d->text, "digests", strlen("digests"));
    add_text(L, &d->text, "{", 1);
    add_text(L, &d->text, d->digests.data, d->digests.size);
    add_text(L, &d->text, "}", 1);
    lua_pushlstring(L, d->text.data, d->text.size);
    return outcome;
}

/* Pushes the list of the outlines of the array's objects. */
static enum json_outcome take_array(lua_State *L, struct digester *d,
                                    const struct names *names, struct json_scan *s)
{
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
        outcome = take_object(L, d, names, s); /* list outline */
        lua_rawseti(L, -2, n);
        if (outcome == JSON_OK) outcome = host_json_token(s); /* , or ] */
    }
    return outcome;
}

/* Pushes the names of the list at `index`, which must stay on the stack, unchanged. */
static const struct names *push_names(lua_State *L, int index)
{
    size_t count = lua_rawlen(L, index);
    struct names *names =
        lua_newuserdatauv(L, sizeof *names + count * sizeof names->at[0], 0);

    names->count = count;
    for (size_t i = 0; i < count; i++) {
        bool text = lua_rawgeti(L, index, (lua_Integer)i + 1) == LUA_TSTRING;
        luaL_argcheck(L, text, index, "names expected");
        names->at[i].text = lua_tolstring(L, -1, &names->at[i].size);
        lua_pop(L, 1);
    }
    return names;
}

/* outlines(text, kept) -> list of texts | nil, message, "parse" */
static int json_outlines(lua_State *L)
{
    struct digester *d = lua_touserdata(L, lua_upvalueindex(1));
    struct json_scan s;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);

    const struct names *names = push_names(L, 2);
    host_json_begin(&s, text, size, true);
    s.p = json_blank(s.p, s.end);
    enum json_outcome outcome = JSON_BAD;
    s.expected = "an array";
    if (s.p < s.end && *s.p == '[') outcome = take_array(L, d, names, &s);
    if (outcome == JSON_OK) {
        s.p = json_blank(s.p, s.end);
        if (s.p == s.end) return 1;
        s.expected = "the end";
    }
    return host_json_fail(L, &s, (size_t)(s.p - text));
}

static const luaL_Reg functions[] = {
    {"digest",   json_digest  },
    {"outlines", json_outlines},
    {NULL,       NULL         }
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
