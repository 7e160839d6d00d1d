/* host.http, the request - libcurl's options for a transfer, and the callbacks that
 * receive the response. These touch C memory only. Bodies are in body.c. */

#include "http/transfer.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)one;
    t->received += (lua_Integer)n;
    if (t->received > t->limit)
        t->verdict = TOO_LONG;
    else if (t->save_fd < 0)
        t->verdict = host_bytes_add(&t->body, data, n) ? NONE : NO_MEMORY;
    else if ((t->error = host_write_all(t->save_fd, data, n)) != 0)
        t->verdict = SAVE_FAILED;
    return t->verdict ? 0 : n; /* less than n aborts */
}

/* A status line begins a new head and discards that of an interim response (100). */
static size_t on_header(char *data, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)one;
    if (n >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        t->head.size = 0;
        t->head_ended = false;
    } else if (data[0] == '\r' || data[0] == '\n') {
        t->head_ended = true;
    } else if (!host_bytes_add(&t->head, data, n)) {
        t->verdict = NO_MEMORY;
        return 0;
    }
    return n;
}

/* Called when the connection, including TLS, is established and the request is about to
 * be sent, also on a reused connection. From here on, a byte may reach the server. */
static int on_request(void *arg, char *remote, char *local, int remote_port,
                      int local_port)
{
    struct transfer *t = arg;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    t->sent = true;
    return CURL_PREREQFUNC_OK;
}

/* libcurl's milliseconds; 0 (no limit) if out of range. */
static long milliseconds(double seconds)
{
    return seconds > INT_MAX / 1000 ? 0 : (long)ceil(seconds * 1000);
}

static void add_line(lua_State *L, struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    host_http_check(L, longer);
    t->headers = longer;
}

/* An empty value needs libcurl's "Name;" form, since "Name:" removes a header; of a
 * request that is signed it would sign the header that is not there. */
static void set_headers(lua_State *L, struct transfer *t, bool parts)
{
    bool is_signed = lua_getfield(L, REQUEST, "sign") != LUA_TNIL;
    bool typed = parts || is_signed;
    if (lua_getfield(L, REQUEST, "headers") != LUA_TNIL) {
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
            size_t size;
            const char *value = luaL_tolstring(L, -1, &size);
            if (!host_http_is_token(name))
                luaL_error(L, "\"%s\" is not a header name", name);
            if (strlen(value) != size || strpbrk(value, "\r\n"))
                luaL_error(L, "header %s contains a line end or zero byte", name);
            lua_pushfstring(L, size ? "%s: %s" : "%s;", name, value);
            add_line(L, t, lua_tostring(L, -1));
            lua_pop(L, 2);
            typed = typed || curl_strequal(name, "content-type");
        }
    }
    lua_pop(L, 2);
    if (!typed) add_line(L, t, "Content-Type:"); /* else libcurl claims a form */
    if (!is_signed) add_line(L, t, "Expect:");
    host_http_check(L, curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) ==
                           CURLE_OK);
}

/* Methods that usually have a body send "Content-Length: 0" without one. */
static void set_method(lua_State *L, struct transfer *t, const char *method, bool body)
{
    if (strcmp(method, "HEAD") == 0 && !body) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    bool usually = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
                   strcmp(method, "PATCH") == 0;
    if (!body && usually) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, 0L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "");
    }
    host_http_check(L,
                    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK);
}

/* Whether the host is this machine: no proxy is used for it. */
static bool is_loopback(const char *host)
{
    return curl_strequal(host, "localhost") || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0;
}

/* Pushes "METHOD scheme://host:port/path", or "METHOD" if the URL is invalid. Returns
 * whether the host is this machine. */
static bool push_label(lua_State *L, const char *method, CURLU *u)
{
    char *parts[4] = {0};
    static const CURLUPart which[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT,
                                      CURLUPART_PATH};
    char text[1024];
    bool loopback = false;

    for (int i = 0; i < 4; i++)
        if (curl_url_get(u, which[i], &parts[i], 0) != CURLUE_OK) parts[i] = NULL;
    snprintf(text, sizeof text, "%s", method);
    if (parts[0] && parts[1] && parts[3])
        snprintf(text, sizeof text, "%s %s://%s%s%s%s", method, parts[0], parts[1],
                 parts[2] ? ":" : "", parts[2] ? parts[2] : "", parts[3]);
    if (parts[1]) loopback = is_loopback(parts[1]);
    for (int i = 0; i < 4; i++)
        curl_free(parts[i]);
    curl_url_cleanup(u);
    lua_pushstring(L, text);
    return loopback;
}

/* False: the URL is invalid, the transfer failed. */
static bool set_url(lua_State *L, struct transfer *t, const char *method)
{
    const char *url = host_field(L, REQUEST, "url", NULL);
    CURLU *u = curl_url();
    host_http_check(L, u);
    CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, 0);
    if (push_label(L, method, u)) curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    lua_setiuservalue(L, THIS, LABEL);
    if (bad) {
        lua_pushfstring(L, "invalid URL: %s", curl_url_strerror(bad));
        host_http_fail(L, THIS, t, HOST_PARSE);
        return false;
    }
    host_http_check(L, curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK);
    return true;
}

/* False: the file cannot be written, the transfer failed. */
static bool set_save(lua_State *L, struct transfer *t)
{
    t->save = host_http_kept_field(L, REQUEST, "save", NULL);
    if (!t->save) return true;
    t->save_fd = open(t->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (t->save_fd >= 0) return true;
    int error = errno;
    lua_pushfstring(L, "cannot write %s: %s", t->save, strerror(error));
    host_http_fail(L, THIS, t, error == ENOENT ? HOST_MISSING : HOST_IO);
    return false;
}

static void set_client_options(lua_State *L, struct client *c, CURL *easy)
{
    lua_getiuservalue(L, CLIENT_AT, 1);
    int options = lua_gettop(L);
    const char *ca_file = host_field(L, options, "ca_file", NULL);
    const char *user_agent = host_field(L, options, "user_agent", NULL);
    if (ca_file) { /* instead of the system's, not in addition */
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (user_agent) curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
    if (c->http1)
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(c->connect_timeout));
    lua_pop(L, 1);
}

static void set_safety(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void set_callbacks(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}

static void set_limits(lua_State *L, struct transfer *t)
{
    double stall = host_http_seconds(L, REQUEST, "stall", 30);
    double timeout = host_http_seconds(L, REQUEST, "timeout", 60);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, milliseconds(timeout));
    if (stall < INT_MAX) {
        curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)ceil(stall));
    }
    lua_getfield(L, REQUEST, "limit");
    t->limit = luaL_optinteger(L, -1, t->save ? LUA_MAXINTEGER : 64 << 20);
    if (t->limit < 0) luaL_error(L, "limit must not be negative");
    lua_pop(L, 1);
}

/* A fresh connection uses HTTP/1.1. It is for large uploads, which HTTP/2 flow control
 * slows down, and libcurl would also resend a stream that an HTTP/2 server refused. So a
 * recent connection is one of a client without HTTP/2. */
static void set_fresh(lua_State *L, struct client *c, struct transfer *t)
{
    double recent = host_http_seconds(L, REQUEST, "recent", 0);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (recent > 0) {
        if (!c->http1) luaL_error(L, "a recent connection needs a client with http1");
        curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN, (long)ceil(recent));
    } else {
        curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

/* The keys sign the request instead of being sent. The region and the service of `aws`
 * are those of libcurl's CURLOPT_AWS_SIGV4. */
static void set_signature(lua_State *L, CURL *easy)
{
    if (lua_getfield(L, REQUEST, "sign") != LUA_TNIL) {
        int sign = lua_gettop(L);
        luaL_checktype(L, sign, LUA_TTABLE);
        const char *aws = host_field(L, sign, "aws", NULL);
        const char *key = host_field(L, sign, "access_key", NULL);
        const char *secret = host_field(L, sign, "secret_key", NULL);
        if (!aws || !key || !secret) luaL_error(L, "sign needs aws and both keys");
        bool fine = curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, aws) == CURLE_OK;
        fine = fine && curl_easy_setopt(easy, CURLOPT_USERNAME, key) == CURLE_OK;
        fine = fine && curl_easy_setopt(easy, CURLOPT_PASSWORD, secret) == CURLE_OK;
        host_http_check(L, fine);
    }
    lua_pop(L, 1);
}

bool host_http_prepare(lua_State *L, struct client *c, struct transfer *t)
{
    const char *method = host_field(L, REQUEST, "method", NULL);
    bool fresh = host_flag(L, REQUEST, "fresh", false);
    bool body = lua_getfield(L, REQUEST, "body") != LUA_TNIL;
    bool parts = lua_getfield(L, REQUEST, "parts") != LUA_TNIL;

    set_safety(t->easy);
    set_callbacks(t);
    set_client_options(L, c, t->easy);
    if (!set_url(L, t, method) || !set_save(L, t)) return false;
    set_limits(L, t);
    t->announce = host_flag(L, REQUEST, "announce", false);
    if (fresh) set_fresh(L, c, t);
    if (parts && !host_http_set_parts(L, t, fresh)) return false;
    if (host_flag(L, REQUEST, "compressed", false))
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
    set_signature(L, t->easy);
    host_http_set_body(L, t, fresh);
    set_method(L, t, method, body || parts);
    set_headers(L, t, parts);
    return true;
}
