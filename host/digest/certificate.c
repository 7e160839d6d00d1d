/* host.digest, certificates - for a server with its own certificate authority. */

#include "common.h"
#include "digest/parts.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

#define NAMES_LIMIT 1000

static bool extend(X509 *made, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, made, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool done = extension && X509_add_ext(made, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* Sets what every certificate has: version, serial number, validity, names and key. */
static bool fill(X509 *made, X509 *issuer, EVP_PKEY *key, const char *name, long seconds)
{
    uint64_t number = 0;
    X509_NAME *subject = X509_get_subject_name(made);
    return RAND_bytes((unsigned char *)&number, sizeof number) == 1 &&
           X509_set_version(made, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), number >> 1 | 1) == 1 &&
           /* clocks differ, and the certificate is used at once */
           X509_gmtime_adj(X509_getm_notBefore(made), -300) &&
           X509_gmtime_adj(X509_getm_notAfter(made), seconds) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1 &&
           X509_set_pubkey(made, key) == 1;
}

static bool make_authority(X509 *ca, EVP_PKEY *key, const char *name, long seconds)
{
    return fill(ca, ca, key, name, seconds) &&
           extend(ca, ca, NID_basic_constraints, "critical,CA:TRUE") &&
           extend(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           extend(ca, ca, NID_subject_key_identifier, "hash") &&
           X509_sign(ca, key, EVP_sha256()) > 0;
}

static bool make_leaf(X509 *leaf, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key,
                      const char *name, const char *names, long seconds)
{
    return fill(leaf, ca, key, name, seconds) &&
           extend(leaf, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(leaf, ca, NID_key_usage, "critical,digitalSignature") &&
           extend(leaf, ca, NID_ext_key_usage, "serverAuth") &&
           extend(leaf, ca, NID_authority_key_identifier, "keyid") &&
           extend(leaf, ca, NID_subject_alt_name, names) &&
           X509_sign(leaf, ca_key, EVP_sha256()) > 0;
}

/* Work in progress, owned by Lua so that an error leaks nothing. */
struct made {
    EVP_PKEY *key, *ca_key;
    X509 *ca, *leaf;
    BIO *texts[3]; /* ca, cert, key */
};

#define MADE "host.digest.made"

static int made_close(lua_State *L)
{
    struct made *m = luaL_checkudata(L, 1, MADE);
    for (int i = 0; i < 3; i++)
        BIO_free(m->texts[i]);
    X509_free(m->leaf);
    X509_free(m->ca);
    EVP_PKEY_free(m->ca_key);
    EVP_PKEY_free(m->key);
    *m = (struct made){0};
    return 0;
}

/* The two names differ: a certificate that names itself as issuer would count as
 * self-signed. */
static bool make(struct made *m, const char *authority, const char *name,
                 const char *names, long seconds)
{
    m->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    m->ca_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    m->ca = X509_new();
    m->leaf = X509_new();
    for (int i = 0; i < 3; i++)
        if (!(m->texts[i] = BIO_new(BIO_s_mem()))) return false;
    return m->key && m->ca_key && m->ca && m->leaf &&
           make_authority(m->ca, m->ca_key, authority, seconds) &&
           make_leaf(m->leaf, m->key, m->ca, m->ca_key, name, names, seconds) &&
           PEM_write_bio_X509(m->texts[0], m->ca) == 1 &&
           PEM_write_bio_X509(m->texts[1], m->leaf) == 1 &&
           PEM_write_bio_PrivateKey(m->texts[2], m->key, NULL, NULL, 0, NULL, NULL) == 1;
}

/* certificate(name, names, seconds) -> {ca, cert, key} | nil, message, "parse"
 * names: subject alternative names as OpenSSL writes them,
 * "IP:127.0.0.1,DNS:localhost". */
static int digest_certificate(lua_State *L)
{
    static const char *const fields[] = {"ca", "cert", "key"};
    const char *name = luaL_checkstring(L, 1);
    size_t size;
    const char *names = luaL_checklstring(L, 2, &size);
    lua_Integer seconds = luaL_checkinteger(L, 3);
    luaL_argcheck(L, size <= NAMES_LIMIT, 2, "too long");
    luaL_argcheck(L, seconds > 0 && seconds <= INT32_MAX, 3, "out of range");

    struct made *m = lua_newuserdatauv(L, sizeof *m, 0);
    *m = (struct made){0};
    luaL_setmetatable(L, MADE);
    int slot = lua_gettop(L);
    lua_toclose(L, slot);
    const char *authority = lua_pushfstring(L, "Authority of %s", name);
    bool done = make(m, authority, name, names, (long)seconds);
    ERR_clear_error();
    if (!done)
        return host_fail(L, HOST_PARSE, "cannot create a certificate for '%s'", names);
    lua_createtable(L, 0, 3);
    for (int i = 0; i < 3; i++) {
        char *text;
        long length = BIO_get_mem_data(m->texts[i], &text);
        lua_pushlstring(L, text, (size_t)length);
        lua_setfield(L, -2, fields[i]);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"certificate", digest_certificate},
    {NULL,          NULL              }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    made_close},
    {"__close", made_close},
    {NULL,      NULL      }
};

void host_certificate_open(lua_State *L)
{
    host_newtype(L, MADE, NULL, metamethods);
    luaL_setfuncs(L, functions, 0);
}
