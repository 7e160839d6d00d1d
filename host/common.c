/* The shared ways to fail, to write, and to make and check types. */

#include "common.h"

#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

int host_fail(lua_State *L, const char *kind, const char *fmt, ...)
{
    va_list args;

    lua_pushnil(L);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    lua_pushstring(L, kind);
    return 3;
}

const char *host_errno_kind(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* the limit of the process or of the file system */
        return HOST_FULL;
    case ENOENT:
        return HOST_MISSING;
    case EINTR:
        return HOST_INTERRUPTED;
    case EMFILE:
    case ENFILE:
        return HOST_EXHAUSTED;
    case EROFS:
    case ENAMETOOLONG:
    case ELOOP:
        return HOST_UNUSABLE;
    default:
        return HOST_IO;
    }
}

int host_fail_errno(lua_State *L, int error, const char *doing, const char *what)
{
    return host_fail(L, host_errno_kind(error), "%s %s: %s", doing, what,
                     strerror(error));
}

int host_raise(lua_State *L)
{
    lua_pop(L, 1);
    return lua_error(L);
}

int host_write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

bool host_flag(lua_State *L, int index, const char *name, bool otherwise)
{
    if (!lua_istable(L, index)) return otherwise;
    bool value =
        lua_getfield(L, index, name) == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

const char *host_field(lua_State *L, int index, const char *name, size_t *size)
{
    const char *text = NULL;
    int type = lua_getfield(L, index, name);
    if (type == LUA_TSTRING)
        text = lua_tolstring(L, -1, size);
    else if (type != LUA_TNIL)
        luaL_error(L, "%s must be a string, not a %s", name, lua_typename(L, type));
    lua_pop(L, 1);
    return text;
}

void host_newtype(lua_State *L, const char *name, const luaL_Reg *methods,
                  const luaL_Reg *metamethods)
{
    luaL_newmetatable(L, name);
    if (metamethods) luaL_setfuncs(L, metamethods, 0);
    if (methods) {
        lua_newtable(L);
        lua_pushvalue(L, -2);
        luaL_setfuncs(L, methods, 1);
        lua_setfield(L, -2, "__index");
    }
    lua_pushboolean(L, 0); /* getmetatable exposes nothing */
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void *host_self(lua_State *L, const char *name)
{
    void *self = lua_touserdata(L, 1);

    if (self && lua_getmetatable(L, 1)) {
        bool same = lua_rawequal(L, -1, lua_upvalueindex(1));
        lua_pop(L, 1);
        if (same) return self;
    }
    return luaL_checkudata(L, 1, name);
}

void host_push_shown(lua_State *L, const char *text, size_t size, size_t most)
{
    size_t left = size < most ? size : most;
    luaL_Buffer b;

    while (left < size && left > 0 && (text[left] & 0xc0) == 0x80)
        left--;
    luaL_buffinit(L, &b);
    while (left > 0) {
        size_t good = host_utf8_check(text, left);
        luaL_addlstring(&b, text, good);
        text += good;
        left -= good;
        if (left == 0) break;
        luaL_addlstring(&b, "\xef\xbf\xbd", 3);
        text++;
        left--;
    }
    luaL_pushresult(&b);
}

void host_push_hex(lua_State *L, const unsigned char *bytes, size_t size)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, size * 2);

    for (size_t i = 0; i < size; i++) {
        *out++ = "0123456789abcdef"[bytes[i] >> 4];
        *out++ = "0123456789abcdef"[bytes[i] & 15];
    }
    luaL_pushresultsize(&b, size * 2);
}
