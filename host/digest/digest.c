/* host.digest - digests, HMACs, randomness.
 *
 * The OpenSSL library is in openssl.c, key derivations in derivation.c, signatures in
 * signature.c, byte encodings in encoding.c, stored passwords in password.c,
 * certificates in certificate.c. */

#include "digest/parts.h"

#include "common.h"
#include "host.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#define HASHER "host.digest.hasher"

struct hasher {
    EVP_MD_CTX *context; /* NULL: finished */
};

/* -- digests -- */

/* hash(name, data) -> raw | nil, message, "missing" */
static int digest_hash(lua_State *L)
{
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    const EVP_MD *md = host_digest_check(L);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!md) return 3;
    if (!EVP_Digest(data, size, out, &n, md, NULL))
        return host_digest_fail(L, HOST_IO, "hashing");
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

/* new(name) -> hasher | nil, message, "missing" */
static int digest_new(lua_State *L)
{
    const EVP_MD *md = host_digest_check(L);
    if (!md) return 3;

    struct hasher *h = lua_newuserdatauv(L, sizeof *h, 1);
    h->context = NULL;
    luaL_setmetatable(L, HASHER);
    lua_pushvalue(L, lua_upvalueindex(1)); /* keeps the library alive */
    lua_setiuservalue(L, -2, 1);
    h->context = EVP_MD_CTX_new();
    if (!h->context) return luaL_error(L, "out of memory for a digest");
    if (!EVP_DigestInit_ex2(h->context, md, NULL))
        return host_digest_fail(L, HOST_IO, "hashing");
    return 1;
}

static struct hasher *check_hasher(lua_State *L)
{
    struct hasher *h = luaL_checkudata(L, 1, HASHER);
    luaL_argcheck(L, h->context, 1, "the digest is finished");
    return h;
}

/* hasher:add(data) -> hasher */
static int hasher_add(lua_State *L)
{
    struct hasher *h = check_hasher(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);

    if (!EVP_DigestUpdate(h->context, data, size)) return luaL_error(L, "hashing failed");
    lua_settop(L, 1);
    return 1;
}

static int hasher_close(lua_State *L)
{
    struct hasher *h = luaL_checkudata(L, 1, HASHER);
    EVP_MD_CTX_free(h->context);
    h->context = NULL;
    return 0;
}

/* hasher:finish() -> raw */
static int hasher_finish(lua_State *L)
{
    struct hasher *h = check_hasher(L);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_DigestFinal_ex(h->context, out, &n)) return luaL_error(L, "hashing failed");
    hasher_close(L);
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

/* hmac(name, key, data) -> raw | nil, message, kind */
static int digest_hmac(lua_State *L)
{
    size_t key_size, size, n = 0;
    const char *key = luaL_checklstring(L, 2, &key_size);
    const unsigned char *data = (const unsigned char *)luaL_checklstring(L, 3, &size);
    const EVP_MD *md = host_digest_check(L);
    unsigned char out[EVP_MAX_MD_SIZE];

    if (!md) return 3;
    if (!EVP_Q_mac(host_digest_context(L), "HMAC", NULL, EVP_MD_get0_name(md), NULL, key,
                   key_size, data, size, out, sizeof out, &n))
        return host_digest_fail(L, HOST_IO, "computing an HMAC");
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

/* -- randomness -- */

/* random(n) -> bytes */
static int digest_random(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_argcheck(L, n >= 0 && n <= DIGEST_LENGTH, 1, "too many bytes");
    luaL_Buffer b;

    unsigned char *out = (unsigned char *)luaL_buffinitsize(L, &b, (size_t)n);
    if (RAND_bytes_ex(host_digest_context(L), out, (size_t)n, 0) != 1)
        return luaL_error(L, "cannot get random bytes");
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"hash",   digest_hash  },
    {"hmac",   digest_hmac  },
    {"new",    digest_new   },
    {"random", digest_random},
    {NULL,     NULL         }
};

static const luaL_Reg hasher_methods[] = {
    {"add",    hasher_add   },
    {"finish", hasher_finish},
    {NULL,     NULL         }
};

static const luaL_Reg hasher_metamethods[] = {
    {"__gc",    hasher_close},
    {"__close", hasher_close},
    {NULL,      NULL        }
};

int luaopen_host_digest(lua_State *L)
{
    host_newtype(L, HASHER, hasher_methods, hasher_metamethods);
    luaL_newlibtable(L, functions);
    host_encoding_open(L);
    host_password_open(L);
    host_certificate_open(L);
    host_digest_library(L); /* module library */
    host_digest_add(L, functions);
    host_derivation_open(L);
    host_signature_open(L);
    lua_pop(L, 1);
    return 1;
}
