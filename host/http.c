/* host.http - transfers on one libcurl multi handle: start, wait, result.
 *
 * libcurl tells which sockets and which deadline it waits for; each is a watch of the
 * loop, and every action ends by reading the finished messages, so that no ended transfer
 * waits for the next event. libcurl's callbacks touch C memory only; Lua is told
 * afterwards. A transfer under way is held by the registry table under &active, and holds
 * its client. */

#include "host.h"
#include "loop.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT   "host.http.client"
#define TRANSFER "host.http.transfer"
#define GLOBAL   "host.http.global"

/* User values of a transfer. */
enum { OWNER = 1, KEPT, LABEL, OUTCOME, USER_VALUES = 4 };

struct client {
    CURLM *multi; /* NULL when closed */
    lua_State *L; /* of the call under way, for the socket callback */
    struct host_watch timer;
    struct socket *sockets;
    struct transfer *transfers; /* under way */
    double connect_timeout;
};

struct socket {
    struct host_watch watch;
    struct client *client;
    struct socket *next, **back;
};

/* Bytes to send, from memory (kept by the transfer) or from a file. */
struct source {
    const char *data;
    int fd; /* -1: memory */
    curl_off_t size, position;
    struct transfer *transfer;
};

struct bytes {
    char *data;
    size_t size, capacity;
};

/* Why our own callbacks ended a transfer. */
enum verdict { NONE, TOO_LONG, NO_MEMORY, SAVE_FAILED, SOURCE_FAILED, SOURCE_CHANGED };

struct transfer {
    struct client *client; /* NULL unless under way */
    struct transfer *next, **back;
    CURL *easy;
    curl_mime *mime;
    struct curl_slist *headers;
    struct source *sources; /* n_sources of them, in a kept userdata */
    int n_sources;
    struct bytes head, body;
    lua_Integer limit, received;
    const char *save; /* kept */
    int save_fd;
    enum verdict verdict;
    int error; /* errno of the verdict */
    bool settled, sent;
    const char *kind; /* of the failure; NULL for a response */
    char reason[CURL_ERROR_SIZE];
};

static const char active =
    0; /* its address names the registry table of transfers under way */

/* -- what libcurl calls: no Lua, but for a look into the registry
 * ----------------------------- */

static bool append(struct bytes *b, const char *data, size_t n)
{
    if (n > b->capacity - b->size) {
        size_t capacity = b->capacity ? b->capacity : 4096;
        while (capacity - b->size < n)
            capacity *= 2;
        char *larger = realloc(b->data, capacity);
        if (!larger) return false;
        b->data = larger;
        b->capacity = capacity;
    }
    memcpy(b->data + b->size, data, n);
    b->size += n;
    return true;
}

static bool write_whole(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        data += done;
        n -= (size_t)done;
    }
    return true;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)one;
    t->received += (lua_Integer)n;
    if (t->received > t->limit)
        t->verdict = TOO_LONG;
    else if (t->save_fd < 0)
        t->verdict = append(&t->body, data, n) ? NONE : NO_MEMORY;
    else if (!write_whole(t->save_fd, data, n)) {
        t->verdict = SAVE_FAILED;
        t->error = errno;
    }
    return t->verdict ? 0 : n; /* fewer than n aborts */
}

/* A status line begins a new head: what an interim answer (100) said is forgotten. */
static size_t on_header(char *data, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)one;
    if (n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        t->head.size = 0;
    else if (!append(&t->head, data, n)) {
        t->verdict = NO_MEMORY;
        return 0;
    }
    return n;
}

/* Called when the connection, TLS included, stands and the request is about to go out, on
 * a reused connection too. From here on a byte may arrive. */
static int on_request(void *arg, char *remote, char *local, int remote_port,
                      int local_port)
{
    struct transfer *t = arg;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    t->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_send(char *buffer, size_t one, size_t n, void *arg)
{
    struct source *s = arg;
    ssize_t got;

    n *= one;
    if ((curl_off_t)n > s->size - s->position) n = (size_t)(s->size - s->position);
    if (s->fd < 0) {
        memcpy(buffer, s->data + s->position, n);
        got = (ssize_t)n;
    } else {
        do
            got = pread(s->fd, buffer, n, s->position);
        while (got < 0 && errno == EINTR);
    }
    if (got < 0 || (got == 0 && n > 0)) { /* the length was promised */
        s->transfer->verdict = got < 0 ? SOURCE_FAILED : SOURCE_CHANGED;
        s->transfer->error = errno;
        return CURL_READFUNC_ABORT;
    }
    s->position += got;
    return (size_t)got;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct source *s = arg;
    if (origin != SEEK_SET || offset < 0 || offset > s->size) return CURL_SEEKFUNC_FAIL;
    s->position = offset;
    return CURL_SEEKFUNC_OK;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct client *c = arg;
    (void)multi;
    c->timer.deadline = ms < 0 ? HUGE_VAL : host_monotonic() + (double)ms / 1000;
    return 0;
}

static void socket_ready(lua_State *L, struct host_watch *w, short revents);

static void free_socket(struct socket *s)
{
    host_loop_remove(&s->watch);
    *s->back = s->next;
    if (s->next) s->next->back = s->back;
    free(s);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *mine)
{
    struct client *c = arg;
    struct socket *s = mine;
    (void)easy;

    if (what == CURL_POLL_REMOVE) {
        if (s) free_socket(s);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!s) {
        if (!(s = calloc(1, sizeof *s))) return -1;
        s->client = c;
        s->watch.fd = fd;
        s->watch.deadline = HUGE_VAL;
        s->watch.ready = socket_ready;
        s->next = c->sockets;
        s->back = &c->sockets;
        if (s->next) s->next->back = &s->next;
        c->sockets = s;
        host_loop_add(c->L, &s->watch);
        curl_multi_assign(c->multi, fd, s);
    }
    s->watch.events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
                              (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

/* -- the end of a transfer
 * -------------------------------------------------------------------- */

static const struct {
    CURLcode code;
    const char *kind;
} kinds[] = {
  /* what is not here is "network" */
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

/* libcurl has one code for a refused handshake and for one that broke off; only its words
 * tell them apart, and the second passes. */
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

/* Gives back what a transfer under way needs. May run twice. */
static void release(struct transfer *t)
{
    if (t->easy) {
        if (t->client) curl_multi_remove_handle(t->client->multi, t->easy);
        curl_easy_cleanup(t->easy);
        t->easy = NULL;
    }
    if (t->back) {
        *t->back = t->next;
        if (t->next) t->next->back = t->back;
        t->back = NULL;
    }
    t->client = NULL;
    curl_mime_free(t->mime);
    t->mime = NULL;
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    for (int i = 0; i < t->n_sources; i++)
        if (t->sources[i].fd >= 0) close(t->sources[i].fd);
    t->n_sources = 0;
    if (t->save_fd >= 0) close(t->save_fd);
    t->save_fd = -1;
    free(t->head.data);
    free(t->body.data);
    t->head = t->body = (struct bytes){0};
}

/* Adds one line of a head, "Name: value\r\n", to the table on the top of the stack. */
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
        name[i] = (char)(line[i] >= 'A' && line[i] <= 'Z' ? line[i] + 32 : line[i]);
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

/* The reason on the top of the stack and `kind` become the outcome of the transfer at
 * `index`, named by method, host and path: queries and headers hold secrets. */
static void settle_failure(lua_State *L, int index, struct transfer *t, const char *kind)
{
    lua_getiuservalue(L, index, LABEL);
    lua_insert(L, -2);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    lua_setiuservalue(L, index, OUTCOME);
    lua_pop(L, 2);
    t->kind = kind;
    t->settled = true;
    if (t->save_fd >= 0) unlink(t->save); /* half a body is none */
}

/* Tells what our own callbacks found. */
static void settle_verdict(lua_State *L, int index, struct transfer *t)
{
    const char *kind = HOST_IO;
    switch (t->verdict) {
    case TOO_LONG:
        kind = HOST_FULL;
        lua_pushfstring(L, "the answer is longer than %I bytes", (LUAI_UACINT)t->limit);
        break;
    case SAVE_FAILED:
        if (t->error == ENOSPC || t->error == EDQUOT) kind = HOST_FULL;
        lua_pushfstring(L, "cannot write %s: %s", t->save, strerror(t->error));
        break;
    case SOURCE_FAILED:
        lua_pushfstring(L, "cannot read the file to send: %s", strerror(t->error));
        break;
    case SOURCE_CHANGED:
        lua_pushliteral(L, "the file to send became shorter");
        break;
    default:
        lua_pushliteral(L, "out of memory");
        break;
    }
    settle_failure(L, index, t, kind);
}

/* libcurl's sentence follows a colon: "Could not" becomes "could not", "OpenSSL" stays.
 */
static void uncapitalize(char *text)
{
    size_t upper = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t lower = strspn(text + upper, "abcdefghijklmnopqrstuvwxyz'");
    if (upper == 1 && lower > 0 && (text[1 + lower] == ' ' || !text[1 + lower]))
        text[0] = (char)(text[0] + 32);
}

static void settle(lua_State *L, int index, struct transfer *t, CURLcode code)
{
    if (t->verdict) {
        settle_verdict(L, index, t);
    } else if (code == CURLE_OK) {
        push_response(L, t);
        lua_setiuservalue(L, index, OUTCOME);
        t->settled = true;
    } else {
        const char *kind = kind_of(code, t);
        if (!t->reason[0])
            snprintf(t->reason, sizeof t->reason, "%s", curl_easy_strerror(code));
        uncapitalize(t->reason);
        lua_pushstring(L, t->reason);
        settle_failure(L, index, t, kind);
    }
}

/* Forgets that the transfer is under way and posts it. It stands at `index`, settled. */
static void finish(lua_State *L, int index, struct transfer *t)
{
    release(t);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
    lua_pushnil(L);
    lua_rawsetp(L, -2, t);
    lua_pop(L, 1);
    host_loop_post(L, index);
}

/* Settles and posts what has ended on the client's multi handle. */
static void read_messages(lua_State *L, struct client *c)
{
    int left;
    CURLMsg *m;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        if (m->msg != CURLMSG_DONE) continue;
        CURLcode code = m->data.result;
        struct transfer *t = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
        lua_rawgetp(L, -1, t);
        settle(L, lua_gettop(L), t, code);
        finish(L, lua_gettop(L), t);
        lua_pop(L, 2);
    }
}

static void act(lua_State *L, struct client *c, curl_socket_t fd, int events)
{
    int running;
    c->L = L;
    curl_multi_socket_action(c->multi, fd, events, &running);
    read_messages(L, c);
}

static void timer_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct client *c = (struct client *)((char *)w - offsetof(struct client, timer));
    (void)revents;
    act(L, c, CURL_SOCKET_TIMEOUT, 0);
}

/* A broken socket counts as ready for what was awaited: reading it then names the reason,
 * while CURL_CSELECT_ERR alone would give only "poll returned error". */
static void socket_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct socket *s = (struct socket *)((char *)w - offsetof(struct socket, watch));
    if (revents & (POLLERR | POLLHUP | POLLNVAL)) revents |= w->events;
    act(L, s->client, w->fd,
        (revents & POLLIN ? CURL_CSELECT_IN : 0) |
            (revents & POLLOUT ? CURL_CSELECT_OUT : 0));
}

/* -- setting up a transfer: the request table is at 2, the transfer at 3
 * --------------------- */

enum { CLIENT_AT = 1, REQUEST, THIS };

static bool is_token(const char *text)
{
    if (!*text) return false;
    for (; *text; text++)
        if (*text <= ' ' || *text >= 127 || strchr("()<>@,;:\\\"/[]?={}", *text))
            return false;
    return true;
}

/* The string field `name` of the table at `index`; NULL when absent. Borrowed from the
 * table. */
static const char *field(lua_State *L, int index, const char *name, size_t *size)
{
    const char *text = NULL;
    int type = lua_getfield(L, index, name);
    if (type == LUA_TSTRING)
        text = lua_tolstring(L, -1, size);
    else if (type != LUA_TNIL)
        luaL_error(L, "%s must be a string, not a %s", name, lua_typename(L, type));
    lua_pop(L, 1);
    return text;
}

static double seconds_field(lua_State *L, int index, const char *name, double otherwise)
{
    double seconds = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL) {
        seconds = lua_tonumber(L, -1);
        if (!(seconds > 0)) luaL_error(L, "%s must be a number of seconds above 0", name);
    }
    lua_pop(L, 1);
    return seconds;
}

/* libcurl's milliseconds; 0, for ever, when they are too many. */
static long milliseconds(double seconds)
{
    return seconds > INT_MAX / 1000 ? 0 : (long)ceil(seconds * 1000);
}

/* Keeps the string or userdata on the top of the stack for as long as the transfer; pops
 * it. */
static void keep(lua_State *L)
{
    lua_getiuservalue(L, THIS, KEPT);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

static const char *kept_field(lua_State *L, int index, const char *name, size_t *size)
{
    const char *text = field(L, index, name, size);
    if (!text) return NULL;
    lua_getfield(L, index, name);
    keep(L);
    return text;
}

static void check(lua_State *L, bool fine)
{
    if (!fine) luaL_error(L, "out of memory for a transfer");
}

static void add_line(lua_State *L, struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    check(L, longer);
    t->headers = longer;
}

/* An empty value needs libcurl's ";" form, since "Name:" removes a header. */
static void set_headers(lua_State *L, struct transfer *t, bool parts)
{
    bool typed = parts;
    if (lua_getfield(L, REQUEST, "headers") != LUA_TNIL) {
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
            size_t size;
            const char *value = luaL_tolstring(L, -1, &size);
            if (!is_token(name)) luaL_error(L, "\"%s\" is no header name", name);
            if (strlen(value) != size || strpbrk(value, "\r\n"))
                luaL_error(L, "header %s has a line end or zero byte in it", name);
            lua_pushfstring(L, size ? "%s: %s" : "%s;", name, value);
            add_line(L, t, lua_tostring(L, -1));
            lua_pop(L, 2);
            typed = typed || curl_strequal(name, "content-type");
        }
    }
    lua_pop(L, 1);
    if (!typed) add_line(L, t, "Content-Type:"); /* else libcurl calls a body a form */
    add_line(L, t, "Expect:");
    check(L, curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK);
}

/* Methods without a body still say "Content-Length: 0" when they usually have one. */
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
    check(L, curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK);
}

/* Makes room for `n` sources, closed ones. */
static void new_sources(lua_State *L, struct transfer *t, int n)
{
    t->sources = lua_newuserdatauv(L, (size_t)n * sizeof *t->sources, 0);
    for (int i = 0; i < n; i++)
        t->sources[i] = (struct source){.fd = -1, .transfer = t};
    t->n_sources = n;
    keep(L);
}

/* With `fresh` the body comes from a callback that cannot go back: libcurl, which would
 * send a body again by itself when a reused connection closes unanswered, then cannot. */
static void set_body(lua_State *L, struct transfer *t, bool fresh)
{
    size_t size;
    const char *body = kept_field(L, REQUEST, "body", &size);
    if (!body) return;
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    if (!fresh) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body);
        return;
    }
    new_sources(L, t, 1);
    t->sources[0].data = body;
    t->sources[0].size = (curl_off_t)size;
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, &t->sources[0]);
}

/* Opens what the part at `index` consists of. False: the transfer failed. */
static bool open_source(lua_State *L, struct transfer *t, int index, struct source *s)
{
    size_t size = 0;
    const char *path = kept_field(L, index, "file", NULL);
    s->data = kept_field(L, index, "data", &size);
    s->size = (curl_off_t)size;
    if (!path == !s->data) luaL_error(L, "a part needs one of data and file");
    if (!path) return true;

    struct stat st;
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd >= 0 && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        s->size = st.st_size;
        return true;
    }
    lua_pushfstring(L, "cannot read %s: %s", path,
                    s->fd < 0 ? strerror(errno) : "not a regular file");
    settle_failure(L, THIS, t, s->fd < 0 && errno == ENOENT ? HOST_MISSING : HOST_IO);
    return false;
}

/* parts at the top of the stack. False: the transfer failed. */
static bool set_parts(lua_State *L, struct transfer *t, bool fresh)
{
    int parts = lua_gettop(L), n = (int)lua_rawlen(L, parts);
    if (n == 0) luaL_error(L, "no parts");
    new_sources(L, t, n);
    check(L, (t->mime = curl_mime_init(t->easy)));
    for (int i = 0; i < n; i++, lua_pop(L, 1)) {
        struct source *s = &t->sources[i];
        if (lua_rawgeti(L, parts, i + 1) != LUA_TTABLE)
            luaL_error(L, "part %d: no table", i + 1);
        int index = lua_gettop(L);
        const char *name = field(L, index, "name", NULL);
        const char *filename = field(L, index, "filename", NULL);
        const char *type = field(L, index, "type", NULL);
        if (!name) luaL_error(L, "part %d has no name", i + 1);
        if (!open_source(L, t, index, s)) return false;
        curl_mimepart *part = curl_mime_addpart(t->mime);
        check(L, part);
        bool fine = curl_mime_name(part, name) == CURLE_OK;
        fine = fine && (!filename || curl_mime_filename(part, filename) == CURLE_OK);
        fine = fine && (!type || curl_mime_type(part, type) == CURLE_OK);
        check(L, fine);
        curl_mime_data_cb(part, s->size, on_send, fresh ? NULL : on_seek, NULL, s);
    }
    check(L, curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime) == CURLE_OK);
    return true;
}

/* Is the host this machine? Such a connection never goes through a proxy. */
static bool is_loopback(const char *host)
{
    return curl_strequal(host, "localhost") || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0;
}

/* Pushes "METHOD scheme://host:port/path" and tells whether the host is this machine. A
 * URL that cannot be read gives "METHOD" alone. */
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

/* False: the URL is bad, the transfer failed. */
static bool set_url(lua_State *L, struct transfer *t, const char *method)
{
    const char *url = field(L, REQUEST, "url", NULL);
    CURLU *u = curl_url();
    check(L, u);
    CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, 0);
    if (push_label(L, method, u)) curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    lua_setiuservalue(L, THIS, LABEL);
    if (bad) {
        lua_pushfstring(L, "not a usable URL: %s", curl_url_strerror(bad));
        settle_failure(L, THIS, t, HOST_PARSE);
        return false;
    }
    check(L, curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK);
    return true;
}

/* False: the file cannot be written, the transfer failed. */
static bool set_save(lua_State *L, struct transfer *t)
{
    t->save = kept_field(L, REQUEST, "save", NULL);
    if (!t->save) return true;
    t->save_fd = open(t->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (t->save_fd >= 0) return true;
    int error = errno;
    lua_pushfstring(L, "cannot write %s: %s", t->save, strerror(error));
    settle_failure(L, THIS, t, error == ENOENT ? HOST_MISSING : HOST_IO);
    return false;
}

static void set_client_options(lua_State *L, struct client *c, CURL *easy)
{
    lua_getiuservalue(L, CLIENT_AT, 1);
    int options = lua_gettop(L);
    const char *ca_file = field(L, options, "ca_file", NULL);
    const char *user_agent = field(L, options, "user_agent", NULL);
    if (ca_file) { /* instead of the system's, not beside it */
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (user_agent) curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
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
    double stall = seconds_field(L, REQUEST, "stall", 30);
    double timeout = seconds_field(L, REQUEST, "timeout", 60);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, milliseconds(timeout));
    if (stall < INT_MAX) {
        curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)ceil(stall));
    }
    lua_getfield(L, REQUEST, "limit");
    t->limit = luaL_optinteger(L, -1, t->save ? LUA_MAXINTEGER : 64 << 20);
    if (t->limit < 0) luaL_error(L, "limit must not be below 0");
    lua_pop(L, 1);
}

/* A fresh connection speaks HTTP/1.1: it is for large uploads, which HTTP/2 windows slow
 * down, and a stream that HTTP/2 refuses is another thing that libcurl would send again.
 */
static void set_fresh(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

/* Everything about the request. False: the transfer failed already. */
static bool prepare(lua_State *L, struct client *c, struct transfer *t)
{
    const char *method = field(L, REQUEST, "method", NULL);
    lua_getfield(L, REQUEST, "fresh");
    bool fresh = lua_toboolean(L, -1);
    bool body = lua_getfield(L, REQUEST, "body") != LUA_TNIL;
    bool parts = lua_getfield(L, REQUEST, "parts") != LUA_TNIL;

    set_safety(t->easy);
    set_callbacks(t);
    set_client_options(L, c, t->easy);
    if (!set_url(L, t, method) || !set_save(L, t)) return false;
    set_limits(L, t);
    if (fresh) set_fresh(t);
    if (parts && !set_parts(L, t, fresh)) return false;
    set_body(L, t, fresh);
    set_method(L, t, method, body || parts);
    set_headers(L, t, parts);
    return true;
}

static void check_request(lua_State *L)
{
    luaL_checktype(L, REQUEST, LUA_TTABLE);
    const char *method = field(L, REQUEST, "method", NULL);
    luaL_argcheck(L, method && is_token(method), REQUEST, "no method");
    luaL_argcheck(L, field(L, REQUEST, "url", NULL), REQUEST, "no url");
    int headers = lua_getfield(L, REQUEST, "headers");
    luaL_argcheck(L, headers == LUA_TNIL || headers == LUA_TTABLE, REQUEST,
                  "headers is no table");
    int parts = lua_getfield(L, REQUEST, "parts");
    luaL_argcheck(L, parts == LUA_TNIL || parts == LUA_TTABLE, REQUEST,
                  "parts is no table");
    luaL_argcheck(L, parts == LUA_TNIL || !field(L, REQUEST, "body", NULL), REQUEST,
                  "both body and parts");
    lua_settop(L, REQUEST);
}

static struct client *check_client(lua_State *L)
{
    struct client *c = luaL_checkudata(L, 1, CLIENT);
    luaL_argcheck(L, c->multi, 1, "closed");
    return c;
}

/* -- Lua functions
 * ----------------------------------------------------------------------------- */

/* client:start(request) -> transfer
 * Fails later: result() of the transfer says why. */
static int client_start(lua_State *L)
{
    struct client *c = check_client(L);
    check_request(L);

    struct transfer *t = lua_newuserdatauv(L, sizeof *t, USER_VALUES);
    memset(t, 0, sizeof *t);
    t->save_fd = -1;
    luaL_setmetatable(L, TRANSFER);
    lua_pushvalue(L, CLIENT_AT);
    lua_setiuservalue(L, THIS, OWNER);
    lua_newtable(L);
    lua_setiuservalue(L, THIS, KEPT);
    check(L, (t->easy = curl_easy_init()));
    if (!prepare(L, c, t)) {
        finish(L, THIS, t);
        lua_settop(L, THIS);
        return 1;
    }

    lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
    lua_pushvalue(L, THIS);
    lua_rawsetp(L, -2, t);
    lua_settop(L, THIS);
    c->L = L;
    CURLMcode bad = curl_multi_add_handle(c->multi, t->easy);
    if (bad)
        return luaL_error(L, "cannot start a transfer: %s", curl_multi_strerror(bad));
    t->client = c;
    t->next = c->transfers;
    t->back = &c->transfers;
    if (t->next) t->next->back = &t->next;
    c->transfers = t;
    return 1;
}

/* Ends the transfer at `index`, if it is under way. */
static void abandon(lua_State *L, int index, struct transfer *t)
{
    if (t->client) {
        t->client->L = L;
        if (!t->settled) {
            lua_pushliteral(L, "given up");
            settle_failure(L, index, t, HOST_CLOSED);
        }
        finish(L, index, t);
    }
    release(t);
}

/* client:close()
 * Transfers under way end as "closed". */
static int client_close(lua_State *L)
{
    struct client *c = luaL_checkudata(L, 1, CLIENT);
    if (!c->multi) return 0;
    c->L = L;
    while (c->transfers) {
        struct transfer *t = c->transfers;
        lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
        lua_rawgetp(L, -1, t);
        abandon(L, lua_gettop(L), t);
        lua_pop(L, 2);
    }
    host_loop_remove(&c->timer);
    curl_multi_cleanup(c->multi); /* closes the kept connections */
    c->multi = NULL;
    while (c->sockets)
        free_socket(c->sockets);
    return 0;
}

/* transfer:done() -> boolean */
static int transfer_done(lua_State *L)
{
    struct transfer *t = luaL_checkudata(L, 1, TRANSFER);
    lua_pushboolean(L, t->settled);
    return 1;
}

/* transfer:result() -> response | nil, message, kind */
static int transfer_result(lua_State *L)
{
    struct transfer *t = luaL_checkudata(L, 1, TRANSFER);
    luaL_argcheck(L, t->settled, 1, "the transfer is not done");
    if (t->kind) lua_pushnil(L);
    lua_getiuservalue(L, 1, OUTCOME);
    if (!t->kind) return 1;
    lua_pushstring(L, t->kind);
    return 3;
}

/* transfer:sent() -> boolean
 * False only when no byte of the request can have reached the other side. */
static int transfer_sent(lua_State *L)
{
    struct transfer *t = luaL_checkudata(L, 1, TRANSFER);
    lua_pushboolean(L, t->sent);
    return 1;
}

/* transfer:close() */
static int transfer_close(lua_State *L)
{
    struct transfer *t = luaL_checkudata(L, 1, TRANSFER);
    abandon(L, 1, t);
    return 0;
}

/* new([options]) -> client */
static int http_new(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    double connect_timeout = seconds_field(L, 1, "connect_timeout", 30);
    field(L, 1, "ca_file", NULL);
    field(L, 1, "user_agent", NULL);

    struct client *c = lua_newuserdatauv(L, sizeof *c, 1);
    memset(c, 0, sizeof *c);
    luaL_setmetatable(L, CLIENT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    c->L = L;
    c->connect_timeout = connect_timeout;
    c->timer = (struct host_watch){.fd = -1, .deadline = HUGE_VAL, .ready = timer_ready};
    check(L, (c->multi = curl_multi_init()));
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    host_loop_add(L, &c->timer);
    return 1;
}

/* escape(text) -> text with all but the unreserved characters percent-encoded */
static int http_escape(lua_State *L)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t size;
    const unsigned char *text = (const unsigned char *)luaL_checklstring(L, 1, &size);
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                     c == '~';
        if (!plain) {
            luaL_addchar(&b, '%');
            luaL_addchar(&b, hex[c >> 4]);
            c = (unsigned char)hex[c & 15];
        }
        luaL_addchar(&b, (char)c);
    }
    luaL_pushresult(&b);
    return 1;
}

/* Runs when the state closes, after the clients: it was made before them. */
static int global_gc(lua_State *L)
{
    (void)L;
    curl_global_cleanup();
    return 0;
}

static const luaL_Reg functions[] = {
    {"new",    http_new   },
    {"escape", http_escape},
    {NULL,     NULL       }
};

static const luaL_Reg client_methods[] = {
    {"start", client_start},
    {"close", client_close},
    {NULL,    NULL        }
};

static const luaL_Reg client_metamethods[] = {
    {"__gc",    client_close},
    {"__close", client_close},
    {NULL,      NULL        }
};

static const luaL_Reg transfer_methods[] = {
    {"done",   transfer_done  },
    {"result", transfer_result},
    {"sent",   transfer_sent  },
    {"close",  transfer_close },
    {NULL,     NULL           }
};

static const luaL_Reg transfer_metamethods[] = {
    {"__gc",    transfer_close},
    {"__close", transfer_close},
    {NULL,      NULL          }
};

static const luaL_Reg global_metamethods[] = {
    {"__gc", global_gc},
    {NULL,   NULL     }
};

int luaopen_host_http(lua_State *L)
{
    host_newtype(L, CLIENT, client_methods, client_metamethods);
    host_newtype(L, TRANSFER, transfer_methods, transfer_metamethods);
    host_newtype(L, GLOBAL, NULL, global_metamethods);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return luaL_error(L, "cannot initialise libcurl");
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, GLOBAL);
    luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &active);
    luaL_newlib(L, functions);
    return 1;
}
