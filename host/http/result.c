/* host.http, the result - a response as a table, or why there is none. */

#include "http/transfer.h"

#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    CURLcode code;
    const char *kind;
} kinds[] = {
  /* anything else is "network" */
    {CURLE_URL_MALFORMAT,            HOST_PARSE  },
    {CURLE_UNSUPPORTED_PROTOCOL,     HOST_PARSE  },
    {CURLE_OPERATION_TIMEDOUT,       HOST_TIMEOUT},
    {CURLE_OUT_OF_MEMORY,            HOST_IO     },
    {CURLE_SSL_CONNECT_ERROR,        HOST_TLS    },
    {CURLE_PEER_FAILED_VERIFICATION, HOST_TLS    },
    {CURLE_SSL_CACERT_BADFILE,       HOST_TLS    },
    {CURLE_SSL_CERTPROBLEM,          HOST_TLS    },
    {CURLE_SSL_CIPHER,               HOST_TLS    },
    {CURLE_SSL_ISSUER_ERROR,         HOST_TLS    },
    {CURLE_SSL_INVALIDCERTSTATUS,    HOST_TLS    },
    {CURLE_USE_SSL_FAILED,           HOST_TLS    },
};

/* libcurl has one code for a rejected handshake and an interrupted one; only the text
 * distinguishes them. The latter is transient. */
static bool handshake_broke(const char *reason)
{
    static const char *const signs[] = {"SYSCALL", "reset by peer", "unexpected eof",
                                        "timed out", "roken pipe"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(reason, signs[i])) return true;
    return false;
}

static const char *kind_of(CURLcode code, const struct transfer *t)
{
    if (code == CURLE_SSL_CONNECT_ERROR && handshake_broke(t->reason))
        return HOST_NETWORK;
    if (code == CURLE_UNSUPPORTED_PROTOCOL && t->sent) return HOST_NETWORK; /* not HTTP */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].code == code) return kinds[i].kind;
    return HOST_NETWORK;
}

/* Adds one header line, "Name: value\r\n", to the table on top of the stack. */
static void add_header(lua_State *L, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    if (!colon) return;
    const char *value = colon + 1, *end = line + size;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr("\r\n\t ", end[-1]))
        end--;

    luaL_Buffer b;
    size_t n = (size_t)(colon - line);
    char *name = luaL_buffinitsize(L, &b, n);
    for (size_t i = 0; i < n; i++)
        name[i] = host_lower(line[i]);
    luaL_pushresultsize(&b, n); /* headers name */
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TSTRING) {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, value, (size_t)(end - value));
        lua_concat(L, 3);
    } else {
        lua_pop(L, 1);
        lua_pushlstring(L, value, (size_t)(end - value));
    }
    lua_rawset(L, -3);
}

/* Pushes the response table. */
static void push_response(lua_State *L, struct transfer *t)
{
    long status = 0;
    double seconds = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME, &seconds);

    lua_createtable(L, 0, 4);
    lua_pushinteger(L, status);
    lua_setfield(L, -2, "status");
    lua_pushnumber(L, seconds);
    lua_setfield(L, -2, "seconds");
    lua_pushlstring(L, t->body.data ? t->body.data : "", t->body.size);
    lua_setfield(L, -2, "body");
    lua_newtable(L);
    for (size_t at = 0; at < t->head.size;) {
        const char *line = t->head.data + at;
        const char *end = memchr(line, '\n', t->head.size - at);
        size_t n = end ? (size_t)(end - line) + 1 : t->head.size - at;
        add_header(L, line, n);
        at += n;
    }
    lua_setfield(L, -2, "headers");
}

void host_http_fail(lua_State *L, int index, struct transfer *t, const char *kind)
{
    lua_setiuservalue(L, index, OUTCOME);
    t->kind = kind;
    t->settled = true;
    if (t->save_fd >= 0) unlink(t->save); /* removes a partial body */
}

/* Settles with what our own callbacks found. */
static void settle_verdict(lua_State *L, int index, struct transfer *t)
{
    const char *kind = HOST_IO;
    switch (t->verdict) {
    case TOO_LONG:
        kind = HOST_FULL;
        lua_pushfstring(L, "the response is longer than %I bytes", (LUAI_UACINT)t->limit);
        break;
    case SAVE_FAILED:
        if (strcmp(host_errno_kind(t->error), HOST_FULL) == 0) kind = HOST_FULL;
        lua_pushfstring(L, "cannot write %s: %s", t->save, strerror(t->error));
        break;
    case SOURCE_FAILED:
        lua_pushfstring(L, "cannot read the file to send: %s", strerror(t->error));
        break;
    case SOURCE_CHANGED:
        lua_pushliteral(L, "the file to send was truncated");
        break;
    default:
        lua_pushliteral(L, "out of memory");
        break;
    }
    host_http_fail(L, index, t, kind);
}

/* libcurl's text follows a colon: "Could not" becomes "could not", "OpenSSL" stays. */
static void uncapitalize(char *text)
{
    size_t upper = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t lower = strspn(text + upper, "abcdefghijklmnopqrstuvwxyz'");
    if (upper == 1 && lower > 0 && (text[1 + lower] == ' ' || !text[1 + lower]))
        text[0] = (char)(text[0] + 32);
}

void host_http_settle(lua_State *L, int index, struct transfer *t, CURLcode code)
{
    if (t->verdict) {
        settle_verdict(L, index, t);
    } else if (code == CURLE_OK && !t->head_ended) { /* libcurl accepts half a head */
        lua_pushliteral(L, "the response ends within its headers");
        host_http_fail(L, index, t, HOST_NETWORK);
    } else if (code == CURLE_OK) {
        push_response(L, t);
        lua_setiuservalue(L, index, OUTCOME);
        t->settled = true;
    } else {
        const char *kind = kind_of(code, t);
        if (code == CURLE_SEND_FAIL_REWIND) /* it would have sent the body again */
            strcpy(t->reason, "the connection closed without a response");
        if (!t->reason[0])
            snprintf(t->reason, sizeof t->reason, "%s", curl_easy_strerror(code));
        uncapitalize(t->reason);
        lua_pushstring(L, t->reason);
        host_http_fail(L, index, t, kind);
    }
}
