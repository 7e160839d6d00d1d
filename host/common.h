/* Shared by all modules of the host: failures, metatables, options. */
#ifndef HOST_COMMON_H
#define HOST_COMMON_H

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds of failure that code compares; documented in lualib/meta/host/failure.lua. */
#define HOST_IO          "io"
#define HOST_PARSE       "parse"
#define HOST_NETWORK     "network"
#define HOST_TIMEOUT     "timeout"
#define HOST_TLS         "tls"
#define HOST_FULL        "full"
#define HOST_CLOSED      "closed"
#define HOST_BUSY        "busy"
#define HOST_MISSING     "missing"
#define HOST_INTERRUPTED "interrupted"
#define HOST_EXHAUSTED   "exhausted"
#define HOST_UNUSABLE    "unusable"
#define HOST_REFUSED     "refused"

/* Pushes nil, message, kind and returns 3. `fmt` is lua_pushfstring's. */
int host_fail(lua_State *L, const char *kind, const char *fmt, ...);

/* The kind of a failed system call: ENOSPC, EDQUOT and EFBIG are full, ENOENT is missing,
 * EINTR is interrupted, EMFILE and ENFILE are exhausted, EROFS, ENAMETOOLONG and ELOOP
 * are unusable, all others io. */
const char *host_errno_kind(int error);

/* host_fail for a failed system call: "<doing> <what>: <strerror>". */
int host_fail_errno(lua_State *L, int error, const char *doing, const char *what);

/* Raises the message of the nil, message, kind on top. */
int host_raise(lua_State *L);

/* Writes all of the data to a blocking descriptor; returns 0 or errno. */
int host_write_all(int fd, const char *data, size_t size);

/* The boolean field `name` of the options at `index`; `otherwise` if there are no
 * options or no such field. */
bool host_flag(lua_State *L, int index, const char *name, bool otherwise);

/* The string field `name` of the options at `index`, borrowed from them; NULL if
 * absent; raises if it is not a string. `size` may be NULL. */
const char *host_field(lua_State *L, int index, const char *name, size_t *size);

/* Creates the metatable `name` from `methods` and `metamethods` (either may be NULL)
 * with __index, __name and a locked __metatable; leaves the stack as it was. The
 * metatable is upvalue 1 of each method. */
void host_newtype(lua_State *L, const char *name, const luaL_Reg *methods,
                  const luaL_Reg *metamethods);

/* luaL_checkudata(L, 1, name) for methods that run once per record: in a function of
 * host_newtype it compares metatables without looking up the name. */
void *host_self(lua_State *L, const char *name);

/* Pushes the bytes as hexadecimal digits. */
void host_push_hex(lua_State *L, const unsigned char *bytes, size_t size);

/* Pushes at most `most` bytes of a text from outside, with invalid UTF-8 replaced. */
void host_push_shown(lua_State *L, const char *text, size_t size, size_t most);

/* The value of a hexadecimal digit; -1 if it is not one. */
static inline int host_hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static inline char host_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The slot of a short string (up to 40 bytes) in a hash table of mask + 1 slots. Lua
 * interns such strings, so their address is their identity. */
static inline size_t host_slot(const char *string, size_t mask)
{
    uintptr_t address = (uintptr_t)string;
    return (size_t)((address >> 3) ^ (address >> 9)) & mask;
}

#endif
