/* The grammar of JSON, token by token, without building values (scan.c).
 *
 * A scan may stop anywhere for more text (JSON_MORE): the caller supplies it, sets p and
 * end and continues. Nothing before p is read again. */
#ifndef HOST_JSON_SCAN_H
#define HOST_JSON_SCAN_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined __SSE2__
#include <emmintrin.h>
#endif

enum { JSON_DEPTH = 200 }; /* maximum nesting of containers */

enum json_outcome {
    JSON_OK,
    JSON_MORE, /* the text ends inside a token; p is at the token's first byte */
    JSON_ROOM, /* `members` is full; grow it and continue */
    JSON_BAD   /* p is at the invalid byte, `expected` says what is valid there */
};

enum json_state {
    JSON_VALUE,
    JSON_FIRST_VALUE, /* a value or ] */
    JSON_FIRST_KEY,   /* a name or } */
    JSON_KEY,
    JSON_COLON,
    JSON_AFTER /* a value has ended: comma or close; at depth 0 the document has ended */
};

/* A member of an object, as offsets from `base`. */
struct json_member {
    size_t key, key_size;
    size_t value, value_size;
    bool escaped; /* the name has escapes */
};

struct json_scan {
    const char *p, *end;
    const char *expected; /* static text; see JSON_BAD */
    bool final;           /* nothing comes after `end` */
    enum json_state state;
    int depth;
    bool object[JSON_DEPTH + 1]; /* by depth: an object, not an array */

    const char *string; /* the last string, without quotes */
    size_t string_size;
    bool escaped;
    bool integral; /* the last number has neither fraction nor exponent */

    int watch; /* record members of the object at this depth; -1: none */
    const char *base;
    struct json_member *members; /* owned by the caller */
    size_t count, capacity;
};

/* Begins a scan of a text with one value. */
void host_json_begin(struct json_scan *s, const char *text, size_t size, bool final);

/* Skips white space, then scans one token. */
enum json_outcome host_json_token(struct json_scan *s);

/* Scans until the value that began at `depth` has ended. */
enum json_outcome host_json_until(struct json_scan *s, int depth);

/* Scan a token whose first byte is at p; set string, escaped and integral. */
enum json_outcome host_json_string(struct json_scan *s);
enum json_outcome host_json_number(struct json_scan *s);
enum json_outcome host_json_word(struct json_scan *s);

/* The last member of this name among those that were recorded, or NULL. */
const struct json_member *host_json_find(lua_State *L, const struct json_scan *s,
                                         const char *name, size_t size);

/* Pushes the string with the given scanned text. */
void host_json_push_string(lua_State *L, const char *text, size_t size, bool escaped);

/* Pushes the number with the given scanned text; as a string if Lua cannot hold it. */
void host_json_push_number(lua_State *L, const char *text, size_t size, bool integral);

/* Pushes nil, message, "parse" for a scan that ended in JSON_BAD; `offset` is the offset
 * of p in the whole text. Returns 3. */
int host_json_fail(lua_State *L, const struct json_scan *s, size_t offset);

static inline const char *json_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

#define JSON_ONES UINT64_C(0x0101010101010101)

/* Of the eight bytes at p, the high bit of each that is not plain: a control character, a
 * quote, a backslash or above 0x7F. After the first such byte, further bits may be set
 * wrongly. */
static inline uint64_t json_odd8(const char *p)
{
    uint64_t v, quote, slash;
    memcpy(&v, p, 8);
    quote = v ^ (JSON_ONES * '"');
    slash = v ^ (JSON_ONES * '\\');
    uint64_t odd = v | (v - JSON_ONES * 0x20) | (quote - JSON_ONES) | (slash - JSON_ONES);
    return odd & (JSON_ONES * 0x80);
}

static inline bool json_plain8(const char *p)
{
    return json_odd8(p) == 0;
}

static inline bool json_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

#if defined __SSE2__
/* The same of sixteen bytes, exactly, a bit for each. Signed, what is above 0x7F is below
 * 0x20, too. */
static inline unsigned json_odd16(const char *p)
{
    __m128i v = _mm_loadu_si128((const void *)p);
    __m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return (unsigned)_mm_movemask_epi8(odd);
}
#endif

/* The first byte from p on that is not plain, or end. */
static inline const char *json_skip_plain(const char *p, const char *end)
{
#if defined __SSE2__
    for (; end - p >= 16; p += 16) {
        unsigned odd = json_odd16(p);
        if (odd) return p + __builtin_ctz(odd);
    }
#endif
    for (; end - p >= 8; p += 8) {
        uint64_t odd = json_odd8(p);
        if (!odd) continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return p + (__builtin_ctzll(odd) >> 3);
#else
        break;
#endif
    }
    while (p < end && json_plain((unsigned char)*p))
        p++;
    return p;
}

#endif
