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
    LEAST = 18,  /* of these, without the signs and what looks like a word */
    MIXED = 3,   /* digits among letters, in a word as long as these */
    GROUPED = 9, /* of a number in groups: a date has eight */
    PHONE = 32,  /* bytes of a phone number with its separators */
    UUID = 36,
};

static const char CUT[] = "\xe2\x80\xa6 (cut)";

struct writer {
    luaL_Buffer *to;
    size_t most;
    bool is_cut;
};

/* Ends the text with the note, which the limit includes: text that was cut before stays
 * as it is. */
static void cut(struct writer *w)
{
    const char *text = luaL_buffaddr(w->to);
    size_t size = luaL_bufflen(w->to), most = w->most - (sizeof CUT - 1), n = size;
    if (n > most)
        for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    luaL_buffsub(w->to, size - n);
    luaL_addlstring(w->to, CUT, sizeof CUT - 1);
    w->is_cut = true;
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
    return is_alnum(c) || (c && strchr("./,=+$_-", c));
}

/* Bytes of Base64 and of its form for URLs. */
static bool is_base64(char c)
{
    return is_alnum(c) || (c && strchr("+/_-", c));
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

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What a run of letters and digits is: a word for it, or NULL. */
static const char *name_of_run(const char *p, const char *end)
{
    size_t size = (size_t)(end - p), digits = 0, hex = 0, base32 = 0;
    bool has_prefix = size > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    for (const char *q = p; q < end; q++) {
        digits += is_digit(*q);
        hex += is_hex(*q);
        base32 += is_upper(*q) || (*q >= '2' && *q <= '7');
    }
    if (digits == size && size >= DIGITS) return "(number)";
    if (hex + (has_prefix ? 1 : 0) == size && size >= HEX) return "(hash)";
    if (base32 == size && size >= BASE32) return "(secret)";
    if (digits >= MIXED && size >= BASE64) return "(hash)";
    return NULL;
}

/* A word: all of it, else the long numbers in it. */
static void put_name(struct writer *w, const char *p, const char *end)
{
    const char *name = p < end ? name_of_run(p, end) : NULL;
    if (name) {
        put_word(w, name);
        return;
    }
    while (p < end) {
        const char *q = p;
        while (q < end && is_digit(*q) == is_digit(*p))
            q++;
        if (is_digit(*p) && q - p >= DIGITS)
            put_word(w, "(number)");
        else
            put(w, p, (size_t)(q - p));
        p = q;
    }
}

static int class_of(char c)
{
    return is_digit(c) ? 1 : is_upper(c) ? 2 : is_lower(c) ? 3 : 0;
}

static bool is_sign(char c)
{
    return c == '/' || c == '_' || c == '-';
}

/* Letters and digits of a text that may be in Base64, without the plain words in it. */
struct mixture {
    size_t size, changes; /* changes: between digits, capitals and small letters */
    bool has_upper, has_lower, has_sign;
};

static struct mixture mixture_of(const char *p, const char *end)
{
    struct mixture m = {0};
    while (p < end) {
        const char *q = p;
        size_t changes = 0;
        bool has_upper = false, has_lower = false;
        for (; q < end && !is_sign(*q); q++) {
            changes += q > p && class_of(q[-1]) != class_of(*q);
            has_upper = has_upper || is_upper(*q);
            has_lower = has_lower || is_lower(*q);
        }
        if (changes > 0 || has_upper || !has_lower) {
            m.size += (size_t)(q - p);
            m.changes += changes;
            m.has_upper = m.has_upper || has_upper;
            m.has_lower = m.has_lower || has_lower;
        }
        if (q < end && *q != '/') m.has_sign = true;
        p = q < end ? q + 1 : q;
    }
    return m;
}

/* Random bytes in Base64 change between digits, capitals and small letters at two of
 * three places; words and names of files rarely do. Padding says the same. */
static bool is_random(const char *p, const char *end)
{
    size_t size = (size_t)(end - p);
    if (size < BASE64) return false;
    while (end[-1] == '=')
        end--;
    struct mixture m = mixture_of(p, end);
    if ((size_t)(end - p) < size && !m.has_sign && size % 4 == 0) return true;
    return m.size >= LEAST && m.changes * 3 >= m.size && m.has_upper && m.has_lower;
}

/* Whether it is a UUID: digits in hex, 8-4-4-4-12. */
static bool is_uuid(const char *p, const char *end)
{
    if (end - p != UUID) return false;
    for (int i = 0; i < UUID; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? p[i] != '-' : !is_hex(p[i])) return false;
    }
    return true;
}

/* Whether it is a number in groups, such as 415-555-0106, and too long for a date. */
static bool is_grouped(const char *p, const char *end)
{
    size_t digits = 0;
    for (; p < end; p++) {
        if (!is_digit(*p) && *p != '-') return false;
        digits += is_digit(*p);
    }
    return digits >= GROUPED;
}

/* A run of Base64's bytes: as a whole, else each word in it. */
static void put_run(struct writer *w, const char *p, const char *end)
{
    const char *whole = is_uuid(p, end)      ? "(id)"
                        : is_grouped(p, end) ? "(number)"
                        : is_random(p, end)  ? "(hash)"
                                             : NULL;
    if (whole) {
        put_word(w, whole);
        return;
    }
    while (p < end) {
        const char *q = p;
        while (q < end && is_alnum(*q))
            q++;
        put_name(w, p, q);
        if (q < end) put(w, q++, 1);
        p = q;
    }
}

/* The end of "eyJ….….…", a signed token, or NULL. */
static const char *token_end(const char *p, const char *end)
{
    if (end - p < 8 || memcmp(p, "eyJ", 3) != 0) return NULL;
    int dots = 0;
    while (p < end && (is_alnum(*p) || *p == '_' || *p == '-' || *p == '.'))
        dots += *p++ == '.';
    return dots > 0 ? p : NULL;
}

/* The end of a run of Base64's bytes with its padding; a token in a path ends it. */
static const char *run_end(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && is_base64(*q) && !(q > p && q[-1] == '/' && token_end(q, end)))
        q++;
    for (int i = 0; i < 2 && q < end && *q == '='; i++)
        q++;
    return q;
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
        if (at && p > at) at = memchr(p, '@', (size_t)(end - p));
        if (at && at > p && at + 1 < end && is_domain(at[1])) {
            const char *local = at;
            while (local > p && is_local(local[-1]))
                local--;
            if (local < at) {
                put_token(w, p, local); /* holds no "@" */
                put_word(w, "(address)");
                for (p = at + 1; p < end && (is_domain(*p) || *p == '@');)
                    p++;
                while (p[-1] == '.' || p[-1] == '-') /* of the sentence */
                    p--;
                at = memchr(p, '@', (size_t)(end - p));
                continue;
            }
        }
        if ((q = scan(p, end, &name)) != NULL) {
            put_word(w, name);
        } else if (is_base64(*p)) {
            q = run_end(p, end);
            put_run(w, p, q);
        } else {
            q = p + host_utf8_size(p, end); /* checked before */
            put(w, p, (size_t)(q - p));
        }
        p = q;
    }
}

/* The end of a phone number with its country, "+49 (0)30 123-4567", or NULL. */
static const char *phone_end(const char *p, const char *end)
{
    const char *last = NULL;
    size_t digits = 0;
    if (end - p > PHONE) end = p + PHONE;
    if (*p != '+') return NULL;
    for (const char *q = p + 1; q < end; q++) {
        bool is_sign = *q && strchr(" ().-/", *q);
        if (!is_digit(*q) && !is_sign) break;
        if (is_sign && q == p + 1) break;
        if (is_digit(*q) && ++digits >= DIGITS) last = q + 1;
    }
    return last;
}

static bool ends_token(char c)
{
    return (unsigned char)c <= ' ' || (c && strchr("\"<>()[]", c)) || c == 0x7f;
}

/* Writes what begins at `text` and returns its end. */
static const char *redact_next(struct writer *w, const char *text, const char *end)
{
    size_t n = host_utf8_size(text, end);
    const char *from = text, *phone = phone_end(text, end);
    if (n == 0) {
        put_word(w, "?");
        return text + 1;
    } else if (phone) {
        put_word(w, "(number)");
        return phone;
    } else if (n == 1 && ends_token(*text)) {
        put(w, text, 1);
        return text + 1;
    }
    do
        text += n;
    while (text < end && (n = host_utf8_size(text, end)) > 0 && !ends_token(*text));
    put_token(w, from, text);
    return text;
}

/* redact(value, most) -> string
 * value: text; most: bytes of the result with "… (cut)", default 2000. Invalid bytes
 * become
 * "?". */
static int text_redact(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size), *end = text + size;
    lua_Integer most = luaL_optinteger(L, 2, MOST);
    luaL_argcheck(L, most >= (lua_Integer)sizeof CUT, 2, "must leave room for the note");

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    struct writer w = {.to = &b, .most = (size_t)most};
    while (text < end && !w.is_cut)
        text = redact_next(&w, text, end);
    luaL_pushresult(&b);
    return 1;
}

void host_text_redact_open(lua_State *L)
{
    lua_pushcfunction(L, text_redact);
    lua_setfield(L, -2, "redact");
}
