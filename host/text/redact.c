/* host.text.redact - text from outside without the values in it.
 *
 * What may name or let in a person has a form of its own: an address, a hash with its
 * scheme, a digest in hex or Base64, a secret in Base32, a token, a long number. It is
 * recognized by that form alone, in one pass. */

#include "text/fold.h"

#include "common.h"
#include "utf8.h"

#include <string.h>

enum {
    MOST = 2000, /* bytes of the result by default */
    DIGITS = 7,  /* of a number that may be a phone's or an id */
    HEX = 32,    /* of MD5 */
    BASE32 = 16, /* of a TOTP secret */
    BASE64 = 22, /* of 16 bytes without padding */
};

static const char CUT[] = "\xe2\x80\xa6 (cut)";

struct writer {
    luaL_Buffer *to;
    size_t most;
    bool is_cut;
};

static void cut(struct writer *w)
{
    w->is_cut = true;
    luaL_addlstring(w->to, CUT, sizeof CUT - 1);
}

/* Text that stays. */
static void put(struct writer *w, const char *text, size_t size)
{
    size_t room = w->most - luaL_bufflen(w->to), n = size;
    if (w->is_cut) return;
    if (size > room)
        for (n = room; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    luaL_addlstring(w->to, text, n);
    if (n < size) cut(w);
}

/* What stands in place of a value: all of it or nothing. */
static void put_word(struct writer *w, const char *word)
{
    if (w->is_cut) return;
    if (strlen(word) > w->most - luaL_bufflen(w->to))
        cut(w);
    else
        luaL_addstring(w->to, word);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c);
}

/* Bytes of an address before its "@", of its domain, and of a hash with its scheme. */
static bool is_local(char c)
{
    return is_alnum(c) || (unsigned char)c >= 0x80 ||
           (c && strchr("._%+'~!#&*/=?^`{|}-", c));
}

static bool is_domain(char c)
{
    return is_alnum(c) || (unsigned char)c >= 0x80 || c == '.' || c == '-';
}

static bool is_hash(char c)
{
    return is_alnum(c) || (c && strchr("./,=+$-", c));
}

/* Bytes of Base64 and its form for URLs, and those of them that also join words. */
static bool is_base64(char c)
{
    return is_alnum(c) || (c && strchr("+/_-=", c));
}

/* The end of "$id$…" that begins at `p`, or NULL. */
static const char *hash_end(const char *p, const char *end)
{
    const char *q = p + 1;
    while (q < end && (is_alnum(*q) || *q == '-'))
        q++;
    if (q == p + 1 || q == end || *q != '$') return NULL;
    while (q < end && is_hash(*q))
        q++;
    while (q[-1] == ',' || q[-1] == '.') /* of the sentence */
        q--;
    return q;
}

/* What a run of letters and digits is: a word for it, or NULL. */
static const char *name_of_run(const char *p, const char *end)
{
    size_t size = (size_t)(end - p), digits = 0, hex = 0, base32 = 0;
    for (; p < end; p++) {
        digits += is_digit(*p);
        hex += is_digit(*p) || (*p >= 'a' && *p <= 'f') || (*p >= 'A' && *p <= 'F');
        base32 += is_upper(*p) || (*p >= '2' && *p <= '7');
    }
    if (digits == size && size >= DIGITS) return "(number)";
    if (hex == size && size >= HEX) return "(hash)";
    if (base32 == size && size >= BASE32) return "(secret)";
    return NULL;
}

static int class_of(char c)
{
    return is_digit(c) ? 1 : is_upper(c) ? 2 : is_lower(c) ? 3 : 0;
}

/* Random bytes in Base64 change between digits, capitals and small letters at more than
 * every other place; words and names of files rarely do. */
static bool is_random(const char *p, const char *end)
{
    size_t size = (size_t)(end - p), changes = 0;
    if (size < BASE64) return false;
    for (const char *q = p + 1; q < end; q++)
        changes += class_of(q[-1]) != class_of(*q);
    return changes * 5 >= size * 2;
}

/* A run of Base64's bytes: as a whole, else each word in it. */
static void put_run(struct writer *w, const char *p, const char *end)
{
    if (is_random(p, end)) {
        put_word(w, "(hash)");
        return;
    }
    while (p < end) {
        const char *q = p;
        while (q < end && is_alnum(*q))
            q++;
        const char *name = q > p ? name_of_run(p, q) : NULL;
        if (name)
            put_word(w, name);
        else
            put(w, p, (size_t)(q - p));
        if (q < end) put(w, q++, 1);
        p = q;
    }
}

/* The end of "eyJ….….…", a signed token, or NULL. */
static const char *token_end(const char *p, const char *end)
{
    if (end - p < 8 || memcmp(p, "eyJ", 3) != 0) return NULL;
    int dots = 0;
    while (p < end && (is_base64(*p) || *p == '.'))
        dots += *p++ == '.';
    return dots > 0 ? p : NULL;
}

/* What begins at `p` and needs no look back: its end, and a word for it. */
static const char *scan(const char *p, const char *end, const char **name)
{
    const char *q = NULL;
    if (*p == '$') {
        q = hash_end(p, end);
        *name = "(hash)";
    } else if (*p == 'e') {
        q = token_end(p, end);
        *name = "(token)";
    }
    return q;
}

/* One word: what stands between bytes that no value has. An address takes what is before
 * its "@". */
static void put_token(struct writer *w, const char *p, const char *end)
{
    const char *at = memchr(p, '@', (size_t)(end - p));
    while (p < end) {
        const char *name, *q;
        if (at && at > p && at + 1 < end && is_domain(at[1])) {
            const char *local = at;
            while (local > p && is_local(local[-1]))
                local--;
            if (local < at) {
                put_token(w, p, local); /* holds no "@" */
                put_word(w, "(address)");
                for (p = at + 1; p < end && is_domain(*p);)
                    p++;
                at = memchr(p, '@', (size_t)(end - p));
                continue;
            }
        }
        if (at && p > at) at = memchr(p, '@', (size_t)(end - p));
        if ((q = scan(p, end, &name)) != NULL) {
            put_word(w, name);
        } else if (is_base64(*p)) {
            for (q = p; q < end && is_base64(*q);)
                q++;
            put_run(w, p, q);
        } else {
            q = p + host_utf8_size(p, end); /* checked before */
            put(w, p, (size_t)(q - p));
        }
        p = q;
    }
}

static bool ends_token(char c)
{
    return (unsigned char)c <= ' ' || (c && strchr("\"<>()[]", c)) || c == 0x7f;
}

/* redact(value, most) -> string
 * value: text; most: bytes of the result before "… (cut)", default 2000. Invalid bytes
 * become
 * "?". */
static int text_redact(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size), *end = text + size;
    lua_Integer most = luaL_optinteger(L, 2, MOST);
    luaL_argcheck(L, most > 0, 2, "must be above 0");

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    struct writer w = {.to = &b, .most = (size_t)most};
    while (text < end && !w.is_cut) {
        size_t n = host_utf8_size(text, end);
        if (n == 0) {
            put_word(&w, "?");
            text++;
            continue;
        }
        if (n == 1 && ends_token(*text)) {
            put(&w, text++, 1);
            continue;
        }
        const char *from = text;
        while (text < end && (n = host_utf8_size(text, end)) > 0 && !ends_token(*text))
            text += n;
        put_token(&w, from, text);
    }
    luaL_pushresult(&b);
    return 1;
}

void host_text_redact_open(lua_State *L)
{
    lua_pushcfunction(L, text_redact);
    lua_setfield(L, -2, "redact");
}
