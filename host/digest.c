/* host.digest - digests, key derivations, signatures.
 *
 * OpenSSL is used through a library context of our own, made when first needed and kept
 * in upvalue 1 of the functions: the old digests come from the legacy provider, which
 * must not be switched on for the TLS of the rest of the program. Byte encodings are
 * digest_encoding.c, stored passwords digest_password.c,
 * certificates digest_certificate.c. */

#include "digest.h"
#include "host.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "host.digest.library"
#define HASHER  "host.digest.hasher"

enum { LENGTH_LIMIT = 1024 * 1024 };

static const struct algorithm {
    const char *name, *openssl;
    bool legacy;
} algorithms[] = {
    {"md4",       "MD4",       true },
    {"md5",       "MD5",       false},
    {"sha1",      "SHA1",      false},
    {"sha224",    "SHA2-224",  false},
    {"sha256",    "SHA2-256",  false},
    {"sha384",    "SHA2-384",  false},
    {"sha512",    "SHA2-512",  false},
    {"ripemd160", "RIPEMD160", true },
    {"whirlpool", "WHIRLPOOL", true },
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

/* The digest named at stack index 1, or NULL with nil, message, "missing" pushed. */
static const EVP_MD *check_digest(lua_State *L)
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

/* Pushes nil, message with OpenSSL's reason, kind; the error queue is empty afterwards.
 */
static int fail(lua_State *L, const char *kind, const char *what)
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
    const EVP_MD *md = check_digest(L);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!md) return 3;
    if (!EVP_Digest(data, size, out, &n, md, NULL)) return fail(L, HOST_IO, "hashing");
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

/* new(name) -> hasher | nil, message, "missing" */
static int digest_new(lua_State *L)
{
    const EVP_MD *md = check_digest(L);
    if (!md) return 3;

    struct hasher *h = lua_newuserdatauv(L, sizeof *h, 1);
    h->context = NULL;
    luaL_setmetatable(L, HASHER);
    lua_pushvalue(L, lua_upvalueindex(1)); /* its library outlives it */
    lua_setiuservalue(L, -2, 1);
    h->context = EVP_MD_CTX_new();
    if (!h->context) return luaL_error(L, "out of memory for a digest");
    if (!EVP_DigestInit_ex2(h->context, md, NULL)) return fail(L, HOST_IO, "hashing");
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
    const EVP_MD *md = check_digest(L);
    unsigned char out[EVP_MAX_MD_SIZE];

    if (!md) return 3;
    if (!EVP_Q_mac(library(L)->context, "HMAC", NULL, EVP_MD_get0_name(md), NULL, key,
                   key_size, data, size, out, sizeof out, &n))
        return fail(L, HOST_IO, "making an HMAC");
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

/* -- key derivations -- */

/* Pushes `length` bytes derived by `name`, or nil, message, "parse": the parameters come
 * from the data. */
static int derive(lua_State *L, const char *name, const OSSL_PARAM *params,
                  lua_Integer length)
{
    OSSL_LIB_CTX *context = library(L)->context;
    luaL_Buffer b;

    if (length < 1 || length > LENGTH_LIMIT)
        return host_fail(L, HOST_PARSE, "a derived key cannot have %I bytes", length);
    char *out = luaL_buffinitsize(L, &b, (size_t)length);
    EVP_KDF *kdf = EVP_KDF_fetch(context, name, NULL);
    EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = c && EVP_KDF_derive(c, (unsigned char *)out, (size_t)length, params) > 0;
    EVP_KDF_CTX_free(c);
    EVP_KDF_free(kdf);
    if (!done) return fail(L, HOST_PARSE, "deriving a key");
    luaL_pushresultsize(&b, (size_t)length);
    return 1;
}

/* OSSL_PARAM takes pointers to what is not const, and only reads. */
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
    const EVP_MD *md = check_digest(L);
    if (!md) return 3;
    if (n < 1 || n > 1000000000)
        return host_fail(L, HOST_PARSE, "PBKDF2 cannot have %I iterations", n);

    uint64_t iterations = (uint64_t)n;
    int unchecked = 1; /* short salts and few iterations are what old systems have */
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

/* -- signatures and randomness -- */

/* A key with a passphrase fails instead of asking on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *data)
{
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

static EVP_PKEY *read_key(OSSL_LIB_CTX *context, const char *pem, size_t size)
{
    BIO *bio = size > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL, context, NULL)
            : NULL;
    BIO_free(bio);
    return key;
}

static const char *const signature_names[] = {"RS256", "RS384", "PS256", NULL};
static const char *const signature_digests[] = {"SHA2-256", "SHA2-384", "SHA2-256"};

/* PS256 has a padding of its own. */
static bool pad(EVP_PKEY_CTX *c, int which)
{
    return which != 2 ||
           (EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0);
}

/* Signs into out[0..*n). */
static bool sign(OSSL_LIB_CTX *context, EVP_PKEY *key, int which, const char *data,
                 size_t size, unsigned char *out, size_t *n)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pc = NULL;
    bool done = c &&
                EVP_DigestSignInit_ex(c, &pc, signature_digests[which], context, NULL,
                                      key, NULL) > 0 &&
                pad(pc, which) &&
                EVP_DigestSign(c, out, n, (const unsigned char *)data, size) > 0;
    EVP_MD_CTX_free(c);
    return done;
}

/* sign(name, pem, data) -> raw | nil, message, "parse"
 * name: RS256, RS384, PS256. */
static int digest_sign(lua_State *L)
{
    int which = luaL_checkoption(L, 1, NULL, signature_names);
    size_t pem_size, size;
    const char *pem = luaL_checklstring(L, 2, &pem_size),
               *data = luaL_checklstring(L, 3, &size);
    OSSL_LIB_CTX *context = library(L)->context;
    unsigned char out[4096];
    size_t n = sizeof out;

    EVP_PKEY *key = read_key(context, pem, pem_size);
    if (!key) return fail(L, HOST_PARSE, "reading the private key");
    bool rsa = EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_size(key) <= (int)sizeof out;
    bool done = rsa && sign(context, key, which, data, size, out, &n);
    EVP_PKEY_free(key);
    if (!rsa) return host_fail(L, HOST_PARSE, "the private key is no RSA key");
    if (!done) return fail(L, HOST_PARSE, "signing with the private key");
    lua_pushlstring(L, (char *)out, n);
    return 1;
}

static EVP_PKEY *read_public_key(OSSL_LIB_CTX *context, const char *pem, size_t size)
{
    BIO *bio = size > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PUBKEY_ex(bio, NULL, no_passphrase, NULL, context, NULL)
            : NULL;
    BIO_free(bio);
    return key;
}

static bool verify(OSSL_LIB_CTX *context, EVP_PKEY *key, int which, const char *data,
                   size_t size, const char *signature, size_t signature_size)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pc = NULL;
    bool good = c &&
                EVP_DigestVerifyInit_ex(c, &pc, signature_digests[which], context, NULL,
                                        key, NULL) > 0 &&
                pad(pc, which) &&
                EVP_DigestVerify(c, (const unsigned char *)signature, signature_size,
                                 (const unsigned char *)data, size) > 0;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return good;
}

/* verify(name, pem, data, signature) -> boolean | nil, message, "parse"
 * pem: the public key; name: as for sign. */
static int digest_verify(lua_State *L)
{
    int which = luaL_checkoption(L, 1, NULL, signature_names);
    size_t pem_size, size, signature_size;
    const char *pem = luaL_checklstring(L, 2, &pem_size),
               *data = luaL_checklstring(L, 3, &size),
               *signature = luaL_checklstring(L, 4, &signature_size);
    OSSL_LIB_CTX *context = library(L)->context;

    EVP_PKEY *key = read_public_key(context, pem, pem_size);
    if (!key) return fail(L, HOST_PARSE, "reading the public key");
    bool rsa = EVP_PKEY_is_a(key, "RSA");
    bool good = rsa && verify(context, key, which, data, size, signature, signature_size);
    EVP_PKEY_free(key);
    if (!rsa) return host_fail(L, HOST_PARSE, "the public key is no RSA key");
    lua_pushboolean(L, good);
    return 1;
}

/* random(n) -> bytes */
static int digest_random(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_argcheck(L, n >= 0 && n <= LENGTH_LIMIT, 1, "too many bytes");
    luaL_Buffer b;

    unsigned char *out = (unsigned char *)luaL_buffinitsize(L, &b, (size_t)n);
    if (RAND_bytes_ex(library(L)->context, out, (size_t)n, 0) != 1)
        return luaL_error(L, "no random bytes to be had");
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

/* -- tables -- */

static const luaL_Reg functions[] = {
    {"hash",   digest_hash  },
    {"hmac",   digest_hmac  },
    {"new",    digest_new   },
    {"pbkdf2", digest_pbkdf2},
    {"random", digest_random},
    {"scrypt", digest_scrypt},
    {"sign",   digest_sign  },
    {"verify", digest_verify},
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
    luaL_setfuncs(L, functions, 1);
    return 1;
}
