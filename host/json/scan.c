/* The grammar of JSON (RFC 8259), strictly, resumable between any two bytes.
 *
 * Containers are a stack of one bool per level, so memory does not grow with the text. */

#include "json/scan.h"

#include "common.h"
#include "utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void host_json_begin(struct json_scan *s, const char *text, size_t size, bool final)
{
    s->p = text;
    s->end = text + size;
    s->final = final;
    s->state = JSON_VALUE;
    s->depth = 0;
    s->watch = -1;
}

/* The byte at `at` is not valid here, or not available yet. */
static enum json_outcome reject(struct json_scan *s, const char *at, const char *expected)
{
    if (at == s->end && !s->final) return JSON_MORE;
    s->p = at;
    s->expected = expected;
    return JSON_BAD;
}

static int hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = host_hex_digit(p[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Bytes of the escape at p (on the backslash), 0 if it is invalid. */
static size_t escape_size(const char *p, const char *end)
{
    if (end - p < 2) return 0;
    if (p[1] != 'u') return strchr("\"\\/bfnrt", p[1]) && p[1] ? 2 : 0;
    if (end - p < 6) return 0;
    int unit = hex4(p + 2);
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) return 0;
    if (unit < 0xD800 || unit > 0xDFFF) return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u') return 0;
    int low = hex4(p + 8);
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

/* Rejects the string at p. An incomplete escape or character may just need more text. */
static enum json_outcome broken_string(struct json_scan *s, const char *p)
{
    if (!s->final && s->end - p < 12) return JSON_MORE;
    if (p == s->end) return reject(s, p, "'\"' to end the string");
    if (*p == '\\')
        return reject(s, p, "an escape such as \\n or \\u00e9 (surrogates in pairs)");
    if ((unsigned char)*p < 0x20)
        return reject(s, p, "an escape for the control character");
    return reject(s, p, "valid UTF-8");
}

static inline enum json_outcome end_string(struct json_scan *s, const char *quote,
                                           bool escaped)
{
    s->escaped = escaped;
    s->string = s->p + 1;
    s->string_size = (size_t)(quote - s->string);
    s->p = quote + 1;
    return JSON_OK;
}

/* Scans the string at s->p on from p, the first byte that is not plain, or the end. */
static enum json_outcome odd_string(struct json_scan *s, const char *p)
{
    const char *end = s->end;
    bool escaped = false;

    while (p < end && *p != '"') {
        size_t n = *p == '\\'                  ? escape_size(p, end)
                   : (unsigned char)*p >= 0x80 ? host_utf8_size(p, end)
                                               : 0;
        if (n == 0) return broken_string(s, p);
        if (*p == '\\') escaped = true;
        p = json_skip_plain(p + n, end);
    }
    return p < end ? end_string(s, p, escaped) : broken_string(s, p);
}

/* Most strings are plain: for these no registers are saved. */
static inline enum json_outcome string(struct json_scan *s)
{
    const char *p = json_skip_plain(s->p + 1, s->end);

    return p < s->end && *p == '"' ? end_string(s, p, false) : odd_string(s, p);
}

enum json_outcome host_json_string(struct json_scan *s)
{
    return string(s);
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Whether a number or word ends before `c`. */
static bool ends_word(char c)
{
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '.' || c == '-' || c == '+' || c == '_');
}

enum json_outcome host_json_number(struct json_scan *s)
{
    const char *p = s->p, *end = s->end, *from;

    s->integral = true;
    if (*p == '-') p++;
    from = p;
    p = digits(p, end);
    if (p == from) return reject(s, p, "a digit");
    if (*from == '0' && p - from > 1)
        return reject(s, from + 1, "no digit after the leading 0");
    if (p < end && *p == '.') {
        s->integral = false;
        from = p + 1;
        p = digits(from, end);
        if (p == from) return reject(s, p, "a digit after the point");
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        s->integral = false;
        from = p + 1;
        if (from < end && (*from == '+' || *from == '-')) from++;
        p = digits(from, end);
        if (p == from) return reject(s, p, "a digit in the exponent");
    }
    if (p == end && !s->final) return JSON_MORE;
    if (p < end && !ends_word(*p)) return reject(s, p, "the end of the number");
    s->string = s->p;
    s->string_size = (size_t)(p - s->p);
    s->p = p;
    return JSON_OK;
}

enum json_outcome host_json_word(struct json_scan *s)
{
    const char *word = *s->p == 't' ? "true" : *s->p == 'f' ? "false" : "null";
    const char *p = s->p;

    for (; *word; word++, p++)
        if (p == s->end || *p != *word) {
            if (p == s->end && !s->final) return JSON_MORE;
            return reject(s, s->p, "a value");
        }
    if (p == s->end && !s->final) return JSON_MORE;
    if (p < s->end && !ends_word(*p)) return reject(s, s->p, "a value");
    s->p = p;
    return JSON_OK;
}

static enum json_outcome open_container(struct json_scan *s, bool object)
{
    if (s->depth == JSON_DEPTH) return reject(s, s->p, "no more than 200 levels");
    s->object[++s->depth] = object;
    s->state = object ? JSON_FIRST_KEY : JSON_FIRST_VALUE;
    s->p++;
    return JSON_OK;
}

static inline void ended(struct json_scan *s)
{
    s->state = JSON_AFTER;
    if (s->depth == s->watch) {
        struct json_member *m = &s->members[s->count - 1];
        m->value_size = (size_t)(s->p - s->base) - m->value;
    }
}

static inline enum json_outcome close_container(struct json_scan *s)
{
    s->depth--;
    s->p++;
    ended(s);
    return JSON_OK;
}

static inline enum json_outcome value(struct json_scan *s)
{
    enum json_outcome outcome;
    char c = *s->p;

    if (s->depth == s->watch) s->members[s->count - 1].value = (size_t)(s->p - s->base);
    if (c == '"')
        outcome = string(s);
    else if (c == '{' || c == '[')
        return open_container(s, c == '{');
    else if (c == '-' || (c >= '0' && c <= '9'))
        outcome = host_json_number(s);
    else if (c == 't' || c == 'f' || c == 'n')
        outcome = host_json_word(s);
    else if (c == ']' && s->state == JSON_FIRST_VALUE)
        return close_container(s);
    else
        return reject(s, s->p, s->state == JSON_VALUE ? "a value" : "a value or ']'");
    if (outcome == JSON_OK) ended(s);
    return outcome;
}

static inline enum json_outcome key(struct json_scan *s)
{
    if (*s->p == '}' && s->state == JSON_FIRST_KEY) return close_container(s);
    if (*s->p != '"')
        return reject(
            s, s->p, s->state == JSON_KEY ? "a member's name" : "a member's name or '}'");
    if (s->depth == s->watch && s->count == s->capacity) return JSON_ROOM;
    enum json_outcome outcome = string(s);
    if (outcome != JSON_OK) return outcome;
    if (s->depth == s->watch) {
        struct json_member *m = &s->members[s->count++];
        m->key = (size_t)(s->string - s->base);
        m->key_size = s->string_size;
        m->escaped = s->escaped;
    }
    s->state = JSON_COLON;
    return JSON_OK;
}

static const char *expected_in(enum json_state state, bool object)
{
    switch (state) {
    case JSON_VALUE:
        return "a value";
    case JSON_FIRST_VALUE:
        return "a value or ']'";
    case JSON_FIRST_KEY:
        return "a member's name or '}'";
    case JSON_KEY:
        return "a member's name";
    case JSON_COLON:
        return "':'";
    default:
        return object ? "',' or '}'" : "',' or ']'";
    }
}

static inline enum json_outcome token(struct json_scan *s)
{
    s->p = json_blank(s->p, s->end);
    if (s->p == s->end)
        return reject(s, s->p, expected_in(s->state, s->object[s->depth]));
    switch (s->state) {
    case JSON_VALUE:
    case JSON_FIRST_VALUE:
        return value(s);
    case JSON_FIRST_KEY:
    case JSON_KEY:
        return key(s);
    case JSON_COLON:
        if (*s->p != ':') return reject(s, s->p, "':'");
        s->p++;
        s->state = JSON_VALUE;
        return JSON_OK;
    default:
        if (*s->p == ',') {
            s->p++;
            s->state = s->object[s->depth] ? JSON_KEY : JSON_VALUE;
            return JSON_OK;
        }
        if (*s->p == (s->object[s->depth] ? '}' : ']')) return close_container(s);
        return reject(s, s->p, expected_in(JSON_AFTER, s->object[s->depth]));
    }
}

enum json_outcome host_json_token(struct json_scan *s)
{
    return token(s);
}

/* Passes a byte that may stand between tokens. */
static inline bool pass(struct json_scan *s, char c)
{
    if (s->p == s->end || *s->p != c) return false;
    s->p++;
    return true;
}

/* Passes what ends the value, and the comma behind it. */
static inline void pass_ends(struct json_scan *s, int depth)
{
    while (s->state == JSON_AFTER && s->depth > depth) {
        bool object = s->object[s->depth];
        if (pass(s, ','))
            s->state = object ? JSON_KEY : JSON_VALUE;
        else if (s->p < s->end && *s->p == (object ? '}' : ']'))
            close_container(s);
        else
            return;
    }
}

/* Scans tokens, up to the end of the value that began at `depth`, as long as no white
 * space is between them. As they are taken in their order, what state comes next is
 * mostly known. */
static enum json_outcome compact(struct json_scan *s, int depth)
{
    enum json_outcome outcome;

    for (;;) {
        if (s->state == JSON_KEY || s->state == JSON_FIRST_KEY) {
            if (s->p == s->end || *s->p != '"') return JSON_OK;
            if ((outcome = key(s)) != JSON_OK) return outcome;
        }
        if (s->state == JSON_COLON) {
            if (!pass(s, ':')) return JSON_OK;
            s->state = JSON_VALUE;
        }
        if (s->state == JSON_VALUE || s->state == JSON_FIRST_VALUE) {
            if (s->p == s->end || *s->p <= ' ') return JSON_OK;
            if ((outcome = value(s)) != JSON_OK) return outcome;
        }
        pass_ends(s, depth);
        if (s->state == JSON_AFTER) return JSON_OK;
    }
}

enum json_outcome host_json_until(struct json_scan *s, int depth)
{
    enum json_outcome outcome = JSON_OK;

    while (outcome == JSON_OK && (s->depth > depth || s->state != JSON_AFTER)) {
        outcome = token(s);
        if (outcome == JSON_OK) outcome = compact(s, depth);
    }
    return outcome;
}

/* The scanned escape at p; *size is set to its bytes. */
static unsigned escape_code(const char *p, size_t *size)
{
    static const char letters[] = "bfnrt", codes[] = "\b\f\n\r\t";

    *size = 2;
    if (p[1] == 'u') {
        unsigned unit = (unsigned)hex4(p + 2);
        *size = 6;
        if (unit < 0xD800 || unit > 0xDBFF) return unit;
        *size = 12;
        return 0x10000 + ((unit - 0xD800) << 10) + ((unsigned)hex4(p + 8) - 0xDC00);
    }
    const char *letter = strchr(letters, p[1]);
    return letter ? (unsigned char)codes[letter - letters] : (unsigned char)p[1];
}

void host_json_push_string(lua_State *L, const char *text, size_t size, bool escaped)
{
    if (!escaped) {
        lua_pushlstring(L, text, size);
        return;
    }
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, size), *start = out; /* escapes only shrink */
    for (const char *p = text, *end = text + size; p < end;) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p), n;
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (p == end) break;
        out = host_utf8_put(out, escape_code(p, &n));
        p += n;
    }
    luaL_pushresultsize(&b, (size_t)(out - start));
}

/* Whether the mantissa is zero: distinguishes 0e-400 from 1e-400. */
static bool is_zero(const char *text, size_t size)
{
    for (size_t i = 0; i < size && text[i] != 'e' && text[i] != 'E'; i++)
        if (text[i] >= '1' && text[i] <= '9') return false;
    return true;
}

static bool push_integer(lua_State *L, const char *text, size_t size)
{
    bool negative = *text == '-';
    lua_Unsigned most = (lua_Unsigned)LUA_MAXINTEGER + negative, n = 0;

    for (size_t i = negative; i < size; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (n > (most - digit) / 10) return false;
        n = n * 10 + digit;
    }
    if (negative && n == 0) return false; /* only a float has a negative zero */
    lua_pushinteger(L, (lua_Integer)(negative ? 0 - n : n));
    return true;
}

void host_json_push_number(lua_State *L, const char *text, size_t size, bool integral)
{
    if (integral && push_integer(L, text, size)) return;
    lua_pushlstring(L, text, size);
    if (integral && !is_zero(text, size)) return; /* too long: stays a string */
    double d = strtod(lua_tostring(L, -1), NULL);
    if (isinf(d) || (d == 0 && !is_zero(text, size))) return;
    lua_pop(L, 1);
    lua_pushnumber(L, d);
}

int host_json_fail(lua_State *L, const struct json_scan *s, size_t offset)
{
    const char *found = s->p == s->end ? ", found the end" : "";
    lua_pushfstring(L, "invalid JSON at byte %I: expected %s%s", (lua_Integer)offset + 1,
                    s->expected, found);
    host_fail(L, HOST_PARSE, "%s", lua_tostring(L, -1));
    lua_remove(L, -4);
    return 3;
}
