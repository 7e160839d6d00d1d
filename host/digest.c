/* host.digest - digests, HMACs, randomness.
 *
 * OpenSSL is used through a library context of our own, made when first needed and kept
 * in upvalue 1 of the functions: the old digests come from the legacy provider, which
 * must not be switched on for the TLS of the rest of the program. Key derivations
 * are digest_derivation.c, signatures digest_signature.c, byte encodings
 * digest_encoding.c, stored passwords digest_password.c, certificates
 * digest_certificate.c. */

#include "digest.h"

#include "common.h"
#include "host.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "host.digest.library"
#define HASHER  "host.digest.hasher"

static const struct algorithm {
    const char *name, *openssl;
    bool legacy;
} algorithms[] = {
    {"md4",        "MD4",          true },
    {"md5",        "MD5",          false},
    {"sha1",       "SHA1",         false},
    {"sha224",     "SHA2-224",     false},
    {"sha256",     "SHA2-256",     false},
    {"sha384",     "SHA2-384",     false},
    {"sha512",     "SHA2-512",     false},
    {"ripemd160",  "RIPEMD160",    true },
    {"whirlpool",  "WHIRLPOOL",    true },
    {"sha512-256", "SHA2-512/256", false},
    {"sha3-256",   "SHA3-256",     false},
    {"sha3-512",   "SHA3-512",     false},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

struct library {
    OSSL_LIB_CTX *context; /* NULL until needed */
    OSSL_PROVIDER *standard, *legacy;
    EVP_MD *digests[ALGORITHMS]; /* fetched once */
};

struct hasher {
    EVP_MD_CTX *context; /* NULL: finished */
};

/* -- the library -- */

static struct library *library(lua_State *L)
{
    struct library *l = lua_touserdata(L, lua_upvalueindex(1));
    if (l->standard) return l;
    if (!l->context) l->context = OSSL_LIB_CTX_new();
    if (l->context) l->standard = OSSL_PROVIDER_load(l->context, "default");
    if (!l->standard) luaL_error(L, "the digests of OpenSSL could not be loaded");
    return l;
}

OSSL_LIB_CTX *host_digest_context(lua_State *L)
{
    return library(L)->context;
}

static int library_close(lua_State *L)
{
    struct library *l = luaL_checkudata(L, 1, LIBRARY);
    for (int i = 0; i < ALGORITHMS; i++)
        EVP_MD_free(l->digests[i]);
    if (l->legacy) OSSL_PROVIDER_unload(l->legacy);
    if (l->standard) OSSL_PROVIDER_unload(l->standard);
    OSSL_LIB_CTX_free(l->context);
    memset(l, 0, sizeof *l);
    return 0;
}

const EVP_MD *host_digest_check(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct library *l = library(L);

    for (int i = 0; i < ALGORITHMS; i++) {
        const struct algorithm *a = &algorithms[i];
        if (strcmp(name, a->name) != 0) continue;
        if (l->digests[i]) return l->digests[i];
        if (a->legacy && !l->legacy) l->legacy = OSSL_PROVIDER_load(l->context, "legacy");
        l->digests[i] = EVP_MD_fetch(l->context, a->openssl, NULL);
        ERR_clear_error();
        if (l->digests[i]) return l->digests[i];
    }
    host_fail(L, HOST_MISSING, "no digest '%s' in this OpenSSL", name);
    return NULL;
}

int host_digest_fail(lua_State *L, const char *kind, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return host_fail(L, kind, "%s: %s", what, reason ? reason : "unknown reason");
}

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
    lua_pushvalue(L, lua_upvalueindex(1)); /* its library outlives it */
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
        return host_digest_fail(L, HOST_IO, "making an HMAC");
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
        return luaL_error(L, "no random bytes to be had");
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

void host_digest_add(lua_State *L, const luaL_Reg *list)
{
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2); /* module library module library */
    luaL_setfuncs(L, list, 1);
    lua_pop(L, 1);
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

static const luaL_Reg library_metamethods[] = {
    {"__gc", library_close},
    {NULL,   NULL         }
};

int luaopen_host_digest(lua_State *L)
{
    host_newtype(L, LIBRARY, NULL, library_metamethods);
    host_newtype(L, HASHER, hasher_methods, hasher_metamethods);
    luaL_newlibtable(L, functions);
    host_encoding_open(L);
    host_password_open(L);
    host_certificate_open(L);
    struct library *l = lua_newuserdatauv(L, sizeof *l, 0);
    memset(l, 0, sizeof *l);
    luaL_setmetatable(L, LIBRARY); /* module library */
    host_digest_add(L, functions);
    host_derivation_open(L);
    host_signature_open(L);
    lua_pop(L, 1);
    return 1;
}
