/* host.digest, stored passwords - crypt(3) strings and Argon2. */

#include "common.h"
#include "digest/parts.h"

#include <argon2.h>
#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static bool same(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return a_size == b_size && CRYPTO_memcmp(a, b, a_size) == 0;
}

/* equal(a, b) -> boolean */
static int digest_equal(lua_State *L)
{
    size_t a_size, b_size;
    const char *a = luaL_checklstring(L, 1, &a_size),
               *b = luaL_checklstring(L, 2, &b_size);
    lua_pushboolean(L, same(a, a_size, b, b_size));
    return 1;
}

/* crypt_verify(password, encoded) -> boolean | nil, message, "parse" */
static int digest_crypt_verify(lua_State *L)
{
    size_t password_size, size;
    const char *password = luaL_checklstring(L, 1, &password_size);
    const char *encoded = luaL_checklstring(L, 2, &size);
    struct crypt_data data;

    if (strlen(password) != password_size || strlen(encoded) != size)
        return host_fail(
            L, HOST_PARSE,
            "crypt cannot compute this hash: a zero byte in it or the password");
    memset(&data, 0, sizeof data);
    const char *made = crypt_r(password, encoded, &data);
    bool done = made && made[0] != '*';
    bool equal = done && same(made, strlen(made), encoded, size);
    OPENSSL_cleanse(&data, sizeof data);
    if (!done)
        return host_fail(
            L, HOST_PARSE,
            "crypt cannot compute this hash: unknown scheme or invalid hash");
    lua_pushboolean(L, equal);
    return 1;
}

/* bcrypt(password, cost [, salt]) -> encoded | nil, message, "parse" */
static int digest_bcrypt(lua_State *L)
{
    size_t size;
    const char *password = luaL_checklstring(L, 1, &size);
    lua_Integer cost = luaL_checkinteger(L, 2);
    luaL_argcheck(L, cost >= 4 && cost <= 31, 2, "cost must be 4 to 31");
    size_t salt_size = 0;
    const char *salt = luaL_optlstring(L, 3, NULL, &salt_size);
    char random[16], setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data data;

    luaL_argcheck(L, !salt || salt_size == sizeof random, 3, "a salt has 16 bytes");
    if (strlen(password) != size)
        return host_fail(L, HOST_PARSE,
                         "bcrypt does not support a zero byte in a password");
    if (!salt && getentropy(random, sizeof random) != 0)
        return host_fail_errno(L, errno, "getting", "random bytes");
    if (!crypt_gensalt_rn("$2b$", (unsigned long)cost, salt ? salt : random,
                          sizeof random, setting, sizeof setting))
        return host_fail(L, HOST_MISSING, "this libxcrypt does not support bcrypt");
    memset(&data, 0, sizeof data);
    const char *made = crypt_r(password, setting, &data);
    if (!made || made[0] == '*')
        return host_fail(L, HOST_PARSE, "bcrypt cannot hash this password");
    lua_pushstring(L, made);
    OPENSSL_cleanse(&data, sizeof data);
    return 1;
}

/* The type that an encoded string names, or -1. */
static int argon2_type_of(const char *encoded)
{
    if (strncmp(encoded, "$argon2id$", 10) == 0) return Argon2_id;
    if (strncmp(encoded, "$argon2i$", 9) == 0) return Argon2_i;
    if (strncmp(encoded, "$argon2d$", 9) == 0) return Argon2_d;
    return -1;
}

/* argon2_verify(password, encoded) -> boolean | nil, message, kind */
static int digest_argon2_verify(lua_State *L)
{
    size_t size;
    const char *password = luaL_checklstring(L, 1, &size);
    const char *encoded = luaL_checkstring(L, 2);
    const char *cost = strstr(encoded, "$m=");
    int type = argon2_type_of(encoded);
    unsigned long long kib = 0;

    if (type < 0) return host_fail(L, HOST_PARSE, "not an Argon2 hash");
    if (cost && sscanf(cost, "$m=%20llu", &kib) == 1 && kib > DIGEST_MEMORY / 1024)
        return host_fail(L, HOST_FULL, "Argon2 needs %I MiB", (lua_Integer)(kib / 1024));
    int code = argon2_verify(encoded, password, size, (argon2_type)type);
    if (code != ARGON2_OK && code != ARGON2_VERIFY_MISMATCH)
        return host_fail(L,
                         code == ARGON2_MEMORY_ALLOCATION_ERROR ? HOST_FULL : HOST_PARSE,
                         "verifying an Argon2 hash: %s", argon2_error_message(code));
    lua_pushboolean(L, code == ARGON2_OK);
    return 1;
}

static const luaL_Reg functions[] = {
    {"argon2_verify", digest_argon2_verify},
    {"bcrypt",        digest_bcrypt       },
    {"crypt_verify",  digest_crypt_verify },
    {"equal",         digest_equal        },
    {NULL,            NULL                }
};

void host_password_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
