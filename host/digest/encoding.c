/* host.digest, byte encodings - hex, Base64, Base32, UTF-8 to others, gzip. */

#include "common.h"
#include "digest/parts.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

enum {
    GZIP_WINDOW = 15 + 16 /* zlib: with gzip's header */,
    GZIP_MEMORY = 8,
    GZIP_FRAME = 18
};

/* hex(data) -> lower */
static int digest_hex(lua_State *L)
{
    size_t size;
    const char *data = luaL_checklstring(L, 1, &size);
    host_push_hex(L, (const unsigned char *)data, size);
    return 1;
}

/* unhex(text) -> data | nil */
static int digest_unhex(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_Buffer b;

    if (size % 2) return luaL_pushfail(L), 1;
    char *out = luaL_buffinitsize(L, &b, size / 2);
    for (size_t i = 0; i < size; i += 2) {
        int high = host_hex_digit(text[i]), low = host_hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return luaL_pushfail(L), 1;
        out[i / 2] = (char)(high << 4 | low);
    }
    luaL_pushresultsize(&b, size / 2);
    return 1;
}

/* Encodes `data` in digits of `bits` bits. `out` has room; returns the number of
 * digits. */
static size_t encode(const unsigned char *data, size_t size, const char *alphabet,
                     int bits, char *out)
{
    uint32_t held = 0;
    int n = 0; /* bits held */
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        held = (held & 0xff) << 8 | data[i];
        for (n += 8; n >= bits;) {
            n -= bits;
            out[used++] = alphabet[held >> n & ((1u << bits) - 1)];
        }
    }
    if (n) out[used++] = alphabet[held << (bits - n) & ((1u << bits) - 1)];
    return used;
}

/* base64(data, options?) -> text
 * options: url ("-_" for "+/"), pad (default true). */
static int digest_base64(lua_State *L)
{
    size_t size;
    const unsigned char *data = (const unsigned char *)luaL_checklstring(L, 1, &size);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    bool pad = host_flag(L, 2, "pad", true);
    const char *alphabet =
        host_flag(L, 2, "url", false)
            ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    luaL_Buffer b;

    char *out = luaL_buffinitsize(L, &b, (size + 2) / 3 * 4);
    size_t used = encode(data, size, alphabet, 6, out);
    while (pad && used % 4)
        out[used++] = '=';
    luaL_pushresultsize(&b, used);
    return 1;
}

/* base32(data) -> text, RFC 4648 without padding */
static int digest_base32(lua_State *L)
{
    size_t size;
    const unsigned char *data = (const unsigned char *)luaL_checklstring(L, 1, &size);
    luaL_Buffer b;

    char *out = luaL_buffinitsize(L, &b, (size + 4) / 5 * 8);
    luaL_pushresultsize(&b,
                        encode(data, size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, out));
    return 1;
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

static int base32_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

/* The inverse of encode; `group` digits are whole bytes. Padding is optional, but must
 * be complete. Unused low bits of the last digit are ignored: some encoders leave
 * garbage there. A leftover digit that is not a whole byte is rejected. Pushes data or
 * nil. */
static int decode(lua_State *L, int bits, size_t group, int (*digit)(unsigned char))
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    size_t padded = size;
    luaL_Buffer b;
    uint32_t held = 0;
    int n = 0;
    size_t used = 0;

    while (size && text[size - 1] == '=' && padded - size < group)
        size--;
    char *out = luaL_buffinitsize(L, &b, size * (size_t)bits / 8 + 1);
    for (size_t i = 0; i < size; i++) {
        int value = digit(text[i]);
        if (value < 0) return luaL_pushfail(L), 1;
        held = (held & 0xff) << bits | (uint32_t)value;
        n += bits;
        if (n < 8) continue;
        n -= 8;
        out[used++] = (char)(held >> n);
    }
    bool spare_digit = n >= bits;
    bool partly_padded = padded != size && (padded % group || padded - size >= group);
    if (spare_digit || partly_padded) return luaL_pushfail(L), 1;
    luaL_pushresultsize(&b, used);
    return 1;
}

/* unbase64(text) -> data | nil
 * Both alphabets, padded or not. */
static int digest_unbase64(lua_State *L)
{
    return decode(L, 6, 4, base64_digit);
}

/* unbase32(text) -> data | nil
 * Any case, padded or not. */
static int digest_unbase32(lua_State *L)
{
    return decode(L, 5, 8, base32_digit);
}

enum encoding { UTF16LE, UTF16BE, LATIN1 };

static size_t put_unit(char *out, unsigned unit, enum encoding encoding)
{
    int low = encoding == UTF16LE ? 0 : 1;
    out[low] = (char)(unit & 0xff);
    out[1 - low] = (char)(unit >> 8);
    return 2;
}

/* Writes one character; 0 if the encoding does not have it. */
static size_t put_point(char *out, uint32_t point, enum encoding encoding)
{
    if (encoding == LATIN1) {
        *out = (char)point;
        return point <= 0xff;
    }
    if (point < 0x10000) return put_unit(out, point, encoding);
    unsigned rest = point - 0x10000;
    return put_unit(out, 0xd800 | rest >> 10, encoding) +
           put_unit(out + 2, 0xdc00 | (rest & 0x3ff), encoding);
}

/* transcode(text, encoding) -> bytes | nil
 * From UTF-8 to utf16le, utf16be or latin1. */
static int digest_transcode(lua_State *L)
{
    static const char *const names[] = {"utf16le", "utf16be", "latin1", NULL};
    size_t size, used = 0;
    const char *text = luaL_checklstring(L, 1, &size);
    enum encoding encoding = (enum encoding)luaL_checkoption(L, 2, NULL, names);
    const char *end = text + size;
    luaL_Buffer b;

    char *out = luaL_buffinitsize(L, &b, size * 2);
    while (text < end) {
        size_t n = host_utf8_size(text, end);
        size_t put = n ? put_point(out + used, host_utf8_point(text, n), encoding) : 0;
        if (!put) return luaL_pushfail(L), 1;
        text += n;
        used += put;
    }
    luaL_pushresultsize(&b, used);
    return 1;
}

/* gzip(data) -> string */
static int digest_gzip(lua_State *L)
{
    size_t size;
    const char *data = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size <= 1 << 30, 1, "too long");
    luaL_Buffer b;
    z_stream z = {.next_in = (Bytef *)data, .avail_in = (uInt)size};

    /* without a stream, deflateBound covers any setting but not the gzip header */
    uLong most = deflateBound(NULL, (uLong)size) + GZIP_FRAME;
    char *out = luaL_buffinitsize(L, &b, most);
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return luaL_error(L, "out of memory for compressing");
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)most;
    int done = deflate(&z, Z_FINISH);
    size_t made = z.total_out;
    deflateEnd(&z);
    if (done != Z_STREAM_END) return luaL_error(L, "compressing failed");
    luaL_pushresultsize(&b, made);
    return 1;
}

static const luaL_Reg functions[] = {
    {"base32",    digest_base32   },
    {"base64",    digest_base64   },
    {"gzip",      digest_gzip     },
    {"hex",       digest_hex      },
    {"transcode", digest_transcode},
    {"unbase32",  digest_unbase32 },
    {"unbase64",  digest_unbase64 },
    {"unhex",     digest_unhex    },
    {NULL,        NULL            }
};

void host_encoding_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
