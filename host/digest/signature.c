/* host.digest, signatures - RSA, created and verified. */

#include "common.h"
#include "digest/parts.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>

/* A key with a passphrase fails instead of prompting on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *data)
{
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

/* A private key if `private`, else a public key; NULL if it cannot be read. */
static EVP_PKEY *read_key(OSSL_LIB_CTX *context, bool private, const char *pem,
                          size_t size)
{
    BIO *bio = size > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key = NULL;
    if (bio && private)
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL, context, NULL);
    else if (bio)
        key = PEM_read_bio_PUBKEY_ex(bio, NULL, no_passphrase, NULL, context, NULL);
    BIO_free(bio);
    return key;
}

static const char *const signature_names[] = {"RS256", "RS384", "PS256", NULL};
static const char *const signature_digests[] = {"SHA2-256", "SHA2-384", "SHA2-256"};

/* PS256 uses PSS padding. */
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
    OSSL_LIB_CTX *context = host_digest_context(L);
    unsigned char out[4096];
    size_t n = sizeof out;

    EVP_PKEY *key = read_key(context, true, pem, pem_size);
    if (!key) return host_digest_fail(L, HOST_PARSE, "reading the private key");
    bool rsa = EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_size(key) <= (int)sizeof out;
    bool done = rsa && sign(context, key, which, data, size, out, &n);
    EVP_PKEY_free(key);
    if (!rsa) return host_fail(L, HOST_PARSE, "the private key is not an RSA key");
    if (!done) return host_digest_fail(L, HOST_PARSE, "signing with the private key");
    lua_pushlstring(L, (char *)out, n);
    return 1;
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
    OSSL_LIB_CTX *context = host_digest_context(L);

    EVP_PKEY *key = read_key(context, false, pem, pem_size);
    if (!key) return host_digest_fail(L, HOST_PARSE, "reading the public key");
    bool rsa = EVP_PKEY_is_a(key, "RSA");
    bool good = rsa && verify(context, key, which, data, size, signature, signature_size);
    EVP_PKEY_free(key);
    if (!rsa) return host_fail(L, HOST_PARSE, "the public key is not an RSA key");
    lua_pushboolean(L, good);
    return 1;
}

static const luaL_Reg functions[] = {
    {"sign",   digest_sign  },
    {"verify", digest_verify},
    {NULL,     NULL         }
};

void host_signature_open(lua_State *L)
{
    host_digest_add(L, functions);
}
