/* OpenSSL for host.digest: the library, algorithms by name, and failures with its
 * reasons.
 *
 * It has its own library context, created on first use and kept in upvalue 1 of the
 * functions: the old digests need the legacy provider, which must not be enabled for
 * TLS in the rest of the program. */

#include "common.h"
#include "digest/parts.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "host.digest.library"

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

static struct library *library(lua_State *L)
{
    struct library *l = lua_touserdata(L, lua_upvalueindex(1));
    if (l->standard) return l;
    if (!l->context) l->context = OSSL_LIB_CTX_new();
    if (l->context) l->standard = OSSL_PROVIDER_load(l->context, "default");
    if (!l->standard) luaL_error(L, "cannot load the digests of OpenSSL");
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

void host_digest_add(lua_State *L, const luaL_Reg *list)
{
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2); /* module library module library */
    luaL_setfuncs(L, list, 1);
    lua_pop(L, 1);
}

static const luaL_Reg metamethods[] = {
    {"__gc", library_close},
    {NULL,   NULL         }
};

void host_digest_library(lua_State *L)
{
    host_newtype(L, LIBRARY, NULL, metamethods);
    struct library *l = lua_newuserdatauv(L, sizeof *l, 0);
    memset(l, 0, sizeof *l);
    luaL_setmetatable(L, LIBRARY);
}
