/* host.digest, key derivations - PBKDF2 and scrypt. Their parameters come from data, so
 * a value out of range is a failure, not misuse. */

#include "common.h"
#include "digest/parts.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdint.h>

/* Pushes `length` bytes derived by `name`, or nil, message, "parse". */
static int derive(lua_State *L, const char *name, const OSSL_PARAM *params,
                  lua_Integer length)
{
    OSSL_LIB_CTX *context = host_digest_context(L);
    luaL_Buffer b;

    if (length < 1 || length > DIGEST_LENGTH)
        return host_fail(L, HOST_PARSE, "a derived key cannot have %I bytes", length);
    char *out = luaL_buffinitsize(L, &b, (size_t)length);
    EVP_KDF *kdf = EVP_KDF_fetch(context, name, NULL);
    EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = c && EVP_KDF_derive(c, (unsigned char *)out, (size_t)length, params) > 0;
    EVP_KDF_CTX_free(c);
    EVP_KDF_free(kdf);
    if (!done) return host_digest_fail(L, HOST_PARSE, "deriving a key");
    luaL_pushresultsize(&b, (size_t)length);
    return 1;
}

/* OSSL_PARAM takes non-const pointers, but only reads. */
static OSSL_PARAM octets(lua_State *L, const char *name, int index)
{
    size_t size;
    const char *data = luaL_checklstring(L, index, &size);
    return OSSL_PARAM_construct_octet_string(name, (void *)data, size);
}

/* pbkdf2(name, password, salt, iterations, length) -> raw | nil, message, kind */
static int digest_pbkdf2(lua_State *L)
{
    OSSL_PARAM password = octets(L, OSSL_KDF_PARAM_PASSWORD, 2);
    OSSL_PARAM salt = octets(L, OSSL_KDF_PARAM_SALT, 3);
    lua_Integer n = luaL_checkinteger(L, 4), length = luaL_checkinteger(L, 5);
    const EVP_MD *md = host_digest_check(L);
    if (!md) return 3;
    if (n < 1 || n > 1000000000)
        return host_fail(L, HOST_PARSE, "PBKDF2 cannot have %I iterations", n);

    uint64_t iterations = (uint64_t)n;
    int unchecked = 1; /* old systems use short salts and few iterations */
    const OSSL_PARAM params[] = {
        password,
        salt,
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         (char *)EVP_MD_get0_name(md), 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unchecked),
        OSSL_PARAM_construct_end()};
    return derive(L, "PBKDF2", params, length);
}

/* scrypt(password, salt, n, r, p, length) -> raw | nil, message, kind */
static int digest_scrypt(lua_State *L)
{
    OSSL_PARAM password = octets(L, OSSL_KDF_PARAM_PASSWORD, 1);
    OSSL_PARAM salt = octets(L, OSSL_KDF_PARAM_SALT, 2);
    lua_Integer n = luaL_checkinteger(L, 3), r = luaL_checkinteger(L, 4);
    lua_Integer p = luaL_checkinteger(L, 5), length = luaL_checkinteger(L, 6);

    if (n < 2 || n & (n - 1) || r < 1 || p < 1)
        return host_fail(L, HOST_PARSE, "scrypt cannot have N = %I, r = %I, p = %I", n, r,
                         p);
    if (n > 1 << 30 || r > 1 << 20 || p > 1 << 20)
        return host_fail(L, HOST_FULL, "scrypt is too costly with N = %I, r = %I, p = %I",
                         n, r, p);
    uint64_t n64 = (uint64_t)n;
    uint32_t r32 = (uint32_t)r, p32 = (uint32_t)p;
    uint64_t memory = 128ull * r32 * (n64 + p32 + 2);
    if (memory > DIGEST_MEMORY)
        return host_fail(L, HOST_FULL, "scrypt needs %I MiB with N = %I, r = %I, p = %I",
                         (lua_Integer)(memory >> 20), n, r, p);
    const OSSL_PARAM params[] = {
        password,
        salt,
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n64),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r32),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p32),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end()};
    return derive(L, "SCRYPT", params, length);
}

static const luaL_Reg functions[] = {
    {"pbkdf2", digest_pbkdf2},
    {"scrypt", digest_scrypt},
    {NULL,     NULL         }
};

void host_derivation_open(lua_State *L)
{
    host_digest_add(L, functions);
}
