/* Shared by the files of host.bson: the document of a record (document.c) and values as
 * text (text.c). */
#ifndef HOST_BSON_PARTS_H
#define HOST_BSON_PARTS_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BSON_LEAST = 5,                           /* bytes of a document without elements */
    BSON_MOST = 16 * 1024 * 1024 + 16 * 1024, /* what a server stores, with its reserve */
    BSON_DEPTH = 200                          /* maximum nesting of documents */
};

static inline uint32_t bson_u32(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline int32_t bson_i32(const char *at)
{
    return (int32_t)bson_u32(at);
}

static inline uint64_t bson_u64(const char *at)
{
    return bson_u32(at) | (uint64_t)bson_u32(at + 4) << 32;
}

/* Pushes the document in text[0..size) as a table and returns true; or pushes what is
 * wrong with it, with the byte, and returns false. The first four bytes are `size`. */
bool host_bson_push_document(lua_State *L, const char *text, size_t size);

/* Pushes a moment, in milliseconds since 1970, as ISO 8601: "2023-01-02T03:04:05.678Z";
 * years of more than four digits and those before 0 have a sign: "+010000-…". */
void host_bson_push_date(lua_State *L, int64_t milliseconds);

/* The moment that a text in ISO 8601 tells, in any zone and with any fraction of a
 * second. Returns false if it tells none. */
bool host_bson_read_date(const char *text, size_t size, int64_t *milliseconds);

/* Pushes 16 bytes as a UUID. */
void host_bson_push_uuid(lua_State *L, const char *bytes);

/* Pushes a decimal128 (IEEE 754, binary encoding) as MongoDB writes it: "0.1", "1E+3". */
void host_bson_push_decimal(lua_State *L, const char *bytes);

#endif
