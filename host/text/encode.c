/* Text in other encodings, for host.text: whole strings, in and out. */

#include "text/fold.h"

#include "common.h"
#include "encoding.h"
#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define FAILED ((size_t)-1)

static const struct host_encoding *check_encoding(lua_State *L, int arg)
{
    const struct host_encoding *e = host_encoding_find(luaL_checkstring(L, arg));
    luaL_argcheck(L, e, arg, "unknown encoding");
    return e;
}

static int not_available(lua_State *L, const struct host_encoding *e)
{
    if (errno == ENOMEM) return luaL_error(L, "out of memory for %s", e->name);
    return host_fail(L, HOST_UNUSABLE, "the C library of this system has no %s: %s",
                     e->name, strerror(errno));
}

/* encode(text, encoding) -> bytes | nil, message, kind
 * Of a text in UTF-8. Fails if the encoding has not all of its characters. */
static int text_encode(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    const struct host_encoding *e = check_encoding(L, 2);
    if (e->kind == HOST_UTF8) {
        lua_pushvalue(L, 1);
        return 1;
    }
    size_t left = size, room = 2 * size + UTF8_LONGEST; /* U+00A4 has 4 in gb18030 */
    char *bytes = lua_newuserdatauv(L, room, 0), *to = bytes;
    char *from = (char *)(uintptr_t)text; /* iconv does not write to it */
    iconv_t library = host_encoding_iconv(e, true);
    if (library == (iconv_t)-1) return not_available(L, e);
    size_t failed = iconv(library, &from, &left, &to, &room);
    iconv_close(library);
    if (failed != FAILED) {
        lua_pushlstring(L, bytes, (size_t)(to - bytes));
        return 1;
    }
    size_t n = host_utf8_size(from, text + size);
    lua_pushlstring(L, from, n);
    return host_fail(L, HOST_PARSE,
                     n > 0 ? "%s cannot be written in %s" : "%sit is not UTF-8",
                     lua_tostring(L, -1), lua_tostring(L, 2));
}

/* decode(bytes, encoding) -> text | nil, message, kind
 * The encoding is not one of Unicode. What is not of it becomes "\xff", which is not
 * UTF-8; half a character at the end is left out. */
static int text_decode(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    const struct host_encoding *e = check_encoding(L, 2);
    luaL_argcheck(L, e->kind >= HOST_ONE_BYTE, 2, "an encoding of Unicode");
    size_t room = (size + 1) * UTF8_LONGEST;
    char *text = lua_newuserdatauv(L, room, 0);
    struct host_decoder *d = host_decoder_new(e);
    if (!d) return not_available(L, e);
    const unsigned char *from = (const unsigned char *)bytes;
    char *end = host_decoder_put(d, &from, from + size, false, text, text + room);
    host_decoder_free(d);
    lua_pushlstring(L, text, (size_t)(end - text));
    return 1;
}

/* encoding(name) -> name, has one byte a character | nil
 * As it is usually written; case, "-" and "_" do not count. */
static int text_encoding(lua_State *L)
{
    const struct host_encoding *e = host_encoding_find(luaL_checkstring(L, 1));
    lua_pushstring(L, e ? e->name : NULL);
    lua_pushboolean(L, e && e->kind == HOST_ONE_BYTE);
    return 2;
}

/* encodings() -> names */
static int text_encodings(lua_State *L)
{
    const struct host_encoding *e;
    lua_newtable(L);
    for (size_t i = 0; (e = host_encoding_at(i)); i++) {
        lua_pushstring(L, e->name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"decode",    text_decode   },
    {"encode",    text_encode   },
    {"encoding",  text_encoding },
    {"encodings", text_encodings},
    {NULL,        NULL          }
};

void host_text_encode_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
