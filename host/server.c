/* host.server - HTTP/1.1 requests in, responses out, on the one loop.
 *
 * libmicrohttpd does no polling of its own: its epoll descriptor and its time-outs are a
 * watch. Its callbacks never touch Lua; they fill an exchange. A complete exchange is
 * queued, and its connection suspended until Lua has answered or dropped the request.
 *
 * An exchange has two owners that may go in any order: libmicrohttpd, until its
 * completion callback, and the request in Lua. The one that goes last frees it. */

#include "host.h"
#include "loop.h"
#include "server_form.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER "host.server.listener"
#define REQUEST  "host.server.request"

#ifndef POLLRDHUP
#define POLLRDHUP 0 /* elsewhere POLLHUP tells it */
#endif

#define DEFAULT_LIMIT (16 * 1024 * 1024)
enum {
    CONNECTION_MEMORY = 128 * 1024, /* also bounds the headers of a request */
    TURNS = 16                      /* of libmicrohttpd before the others get theirs */
};

/* A growing block of bytes; `failed` once memory was out. */
struct text {
    char *data;
    size_t size, capacity;
    bool failed;
};

enum state { RECEIVING, WAITING, ANSWERED, DROPPED };

struct exchange {
    enum state state;
    struct listener *listener;         /* NULL once the connection has ended */
    struct MHD_Connection *connection; /* suspended while WAITING */
    struct MHD_Response *response;     /* owned until it is queued */
    unsigned status;
    bool requested; /* a request in Lua holds it */
    bool begun;     /* method, path, headers and query are there */
    bool too_large;
    lua_Integer received;             /* bytes of body */
    struct text method, path, target; /* zero-terminated; target as received */
    struct text headers, query;       /* name, zero, value, zero, and again */
    struct text body;
    struct exchange *next_in_line; /* of the complete ones that Lua has not taken */
    struct exchange *next, **back; /* of all that have a connection */
};

/* Without epoll, libmicrohttpd's sockets are watched one by one. */
struct socket_watch {
    struct host_watch watch;
    struct listener *listener;
};

struct listener {
    struct MHD_Daemon *daemon; /* NULL: closed */
    struct host_watch watch;   /* the epoll descriptor, and the next time-out */
    struct socket_watch *sockets;
    int socket_count;
    lua_Integer limit;
    int port;
    struct exchange *exchanges;
    struct exchange *first, **last; /* complete ones, in line */
    char log[160];                  /* libmicrohttpd's last complaint */
};

static const char key = 0; /* names the weak table of listeners in the registry */

/* -- exchanges
 * ------------------------------------------------------------------------------ */

static void append(struct text *t, const char *data, size_t size)
{
    if (t->failed) return;
    if (t->capacity - t->size < size) {
        size_t capacity =
            t->capacity * 2 > t->size + size ? t->capacity * 2 : t->size + size;
        char *grown = realloc(t->data, capacity);
        if (!grown) {
            t->failed = true;
            return;
        }
        t->data = grown;
        t->capacity = capacity;
    }
    if (size) memcpy(t->data + t->size, data, size);
    t->size += size;
}

static void append_string(struct text *t, const char *s)
{
    append(t, s, strlen(s) + 1);
}

static void release_text(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

static void free_exchange(struct exchange *x)
{
    struct text *texts[] = {&x->method,  &x->path,  &x->target,
                            &x->headers, &x->query, &x->body};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        release_text(texts[i]);
    if (x->response) MHD_destroy_response(x->response);
    free(x);
}

static void enqueue(struct listener *l, struct exchange *x)
{
    x->next_in_line = NULL;
    *l->last = x;
    l->last = &x->next_in_line;
}

static struct exchange *dequeue(struct listener *l)
{
    struct exchange *x = l->first;
    if (!x) return NULL;
    l->first = x->next_in_line;
    if (!l->first) l->last = &l->first;
    return x;
}

/* Takes `x` out of the line when its connection ends before Lua took it. */
static void leave_line(struct listener *l, struct exchange *x)
{
    struct exchange **at = &l->first;
    while (*at && *at != x)
        at = &(*at)->next_in_line;
    if (!*at) return;
    *at = x->next_in_line;
    if (l->last == &x->next_in_line) l->last = at;
}

/* -- libmicrohttpd's callbacks
 * -------------------------------------------------------------- */

static void on_log(void *cls, const char *format, va_list args)
{
    struct listener *l = cls;
    vsnprintf(l->log, sizeof l->log, format, args);
    l->log[strcspn(l->log, "\r\n")] = '\0';
}

/* The request line has come: an exchange begins. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct listener *l = cls;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    append_string(&x->target, target);
    x->connection = connection;
    x->listener = l;
    x->next = l->exchanges;
    x->back = &l->exchanges;
    if (x->next) x->next->back = &x->next;
    l->exchanges = x;
    return x;
}

static enum MHD_Result on_pair(void *cls, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    (void)kind;
    append_string(cls, name);
    append_string(cls, value ? value : "");
    return MHD_YES;
}

/* The headers have come. */
static enum MHD_Result begin(struct exchange *x, const char *method, const char *path)
{
    x->begun = true;
    append_string(&x->method, method);
    append_string(&x->path, path);
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_pair, &x->headers);
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, on_pair, &x->query);
    if (x->target.failed || x->method.failed || x->path.failed || x->headers.failed ||
        x->query.failed)
        return MHD_NO;

    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);
    long long promised = length ? atoll(length) : 0;
    x->too_large = promised > x->listener->limit;
    if (promised > 0 && !x->too_large && (x->body.data = malloc((size_t)promised)))
        x->body.capacity = (size_t)promised;
    return MHD_YES;
}

/* Part of the body has come. */
static enum MHD_Result receive(struct exchange *x, const char *data, size_t size)
{
    x->received += (lua_Integer)size;
    if (x->received > x->listener->limit) x->too_large = true;
    if (x->too_large)
        release_text(&x->body);
    else
        append(&x->body, data, size);
    return x->body.failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *data, size_t *size,
                                  void **context)
{
    struct listener *l = cls;
    struct exchange *x = *context;
    (void)version;
    if (!x) return MHD_NO; /* out of memory */
    if (!x->begun) return begin(x, method, path);
    if (*size > 0) {
        size_t n = *size;
        *size = 0;
        return receive(x, data, n);
    }
    if (x->state == RECEIVING) {
        x->state = WAITING;
        enqueue(l, x);
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    if (x->state != ANSWERED) return MHD_NO; /* closes the connection */
    enum MHD_Result queued = MHD_queue_response(connection, x->status, x->response);
    MHD_destroy_response(x->response);
    x->response = NULL;
    return queued;
}

/* The exchange is over, well or not. */
static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;
    (void)connection;
    (void)code;
    if (!x) return;
    *context = NULL;
    if (!x->requested) leave_line(cls, x);
    *x->back = x->next;
    if (x->next) x->next->back = x->back;
    x->listener = NULL;
    x->connection = NULL;
    if (!x->requested) free_exchange(x);
}

/* -- on the loop
 * ---------------------------------------------------------------------------- */

/* Pushes the listener's userdata, or nil when it is being collected. */
static void push_listener(lua_State *L, struct listener *l)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
    lua_rawgetp(L, -1, l);
    lua_remove(L, -2);
}

static void forget_sockets(struct listener *l)
{
    for (int i = 0; i < l->socket_count; i++)
        host_loop_remove(&l->sockets[i].watch);
    free(l->sockets);
    l->sockets = NULL;
    l->socket_count = 0;
}

static void work(lua_State *L, struct listener *l);

static void socket_ready(lua_State *L, struct host_watch *w, short revents)
{
    (void)revents;
    work(L, ((struct socket_watch *)(void *)w)->listener);
}

/* Where there is no epoll: watches each of libmicrohttpd's sockets. */
static void watch_sockets(lua_State *L, struct listener *l)
{
    fd_set reads, writes, errors;
    int highest = -1;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&errors);
    forget_sockets(l);
    if (MHD_get_fdset(l->daemon, &reads, &writes, &errors, &highest) != MHD_YES) return;

    l->sockets = calloc((size_t)highest + 1, sizeof *l->sockets);
    if (!l->sockets) luaL_error(L, "out of memory for %d sockets", highest + 1);
    for (int fd = 0; fd <= highest; fd++) {
        int events =
            (FD_ISSET(fd, &reads) ? POLLIN : 0) | (FD_ISSET(fd, &writes) ? POLLOUT : 0);
        if (!events) continue;
        struct socket_watch *s = &l->sockets[l->socket_count++];
        s->listener = l;
        s->watch = (struct host_watch){.fd = fd,
                                       .events = (short)events,
                                       .deadline = HUGE_VAL,
                                       .ready = socket_ready};
        host_loop_add(L, &s->watch);
    }
}

/* Lets libmicrohttpd do what it can without blocking. */
static void work(lua_State *L, struct listener *l)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool timed = true;
    for (int turn = 0; turn < TURNS && timed && ms == 0; turn++) {
        MHD_run(l->daemon);
        timed = MHD_get_timeout(l->daemon, &ms) == MHD_YES;
    }
    l->watch.deadline = timed ? host_monotonic() + (double)ms / 1000 : HUGE_VAL;
    if (l->watch.fd < 0) watch_sockets(L, l);
    if (!l->first) return;
    push_listener(L, l);
    if (!lua_isnil(L, -1)) host_loop_post(L, -1);
    lua_pop(L, 1);
}

static void listener_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct listener *l =
        (struct listener *)(void *)((char *)w - offsetof(struct listener, watch));
    (void)revents;
    work(L, l);
}

/* Lets libmicrohttpd go on with a suspended exchange, whose state says how. */
static void resume(struct exchange *x)
{
    MHD_resume_connection(x->connection);
    x->listener->watch.deadline = 0; /* at the next wait */
}

/* -- listening
 * ------------------------------------------------------------------------------ */

struct options {
    const char *address, *port, *cert, *key;
    lua_Integer limit;
    double timeout;
};

/* Pushes the option (or its default), which stays on the stack and thereby alive. */
static const char *string_option(lua_State *L, const char *name, const char *otherwise)
{
    if (lua_getfield(L, 1, name) == LUA_TNIL) return otherwise;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "bad option '%s' (string expected)", name);
    return lua_tostring(L, -1);
}

static double number_option(lua_State *L, const char *name, double otherwise,
                            double least, double most)
{
    if (lua_getfield(L, 1, name) == LUA_TNIL) return otherwise;
    double value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
    if (!(value >= least && value <= most))
        luaL_error(L, "bad option '%s' (a number from %f to %f expected)", name, least,
                   most);
    return value;
}

static struct options read_options(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    struct options o;
    o.address = string_option(L, "address", "127.0.0.1");
    o.cert = string_option(L, "cert", NULL);
    o.key = string_option(L, "key", NULL);
    o.limit = (lua_Integer)number_option(L, "limit", DEFAULT_LIMIT, 0, 1e15);
    o.timeout = ceil(number_option(L, "timeout", 60, 0.001, UINT_MAX));
    o.port = lua_pushfstring(L, "%d", (int)number_option(L, "port", 0, 0, 65535));
    if (!o.cert != !o.key) luaL_error(L, "options 'cert' and 'key' go together");
    return o;
}

/* A bound socket, or -1 with *error set. libmicrohttpd could bind too, but would not say
 * why it failed. */
static int bind_socket(const struct addrinfo *a, int *error)
{
    int one = 1;
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    *error = errno;
    if (fd >= 0) close(fd);
    return -1;
}

static int bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    return address.ss_family == AF_INET6
               ? ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port)
               : ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

/* Starts libmicrohttpd on a bound socket, which is its own from here on. */
static void start_daemon(struct listener *l, const struct options *o, int fd)
{
    bool epoll = MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES;
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (epoll ? (unsigned)MHD_USE_EPOLL : 0) |
                     (o->cert ? (unsigned)MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {o->cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
         (void *)(uintptr_t)o->cert                                                        },
        {MHD_OPTION_HTTPS_MEM_KEY,                             0, (void *)(uintptr_t)o->key},
        {MHD_OPTION_END,                                       0, NULL                     },
    };
    l->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log, l,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, l,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)o->timeout, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (!l->daemon) {
        if (fcntl(fd, F_GETFD) >= 0)
            close(fd); /* it closes the socket on some ways out */
        return;
    }
    const union MHD_DaemonInfo *info =
        epoll ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    l->watch.fd = info ? info->epoll_fd : -1;
}

static struct listener *new_listener(lua_State *L)
{
    struct listener *l = lua_newuserdatauv(L, sizeof *l, 2);
    memset(l, 0, sizeof *l);
    l->last = &l->first;
    l->watch.ready = listener_ready;
    l->watch.fd = -1;
    l->watch.events = POLLIN;
    luaL_setmetatable(L, LISTENER);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, l);
    lua_pop(L, 1);
    return l;
}

/* listen(options?) -> listener | nil, message, kind
 * "busy" when the port is taken, "tls" when certificate and key are no pair. */
static int server_listen(lua_State *L)
{
    struct options o = read_options(L);
    struct listener *l = new_listener(L);
    lua_pushstring(L, o.cert); /* libmicrohttpd borrows both */
    lua_setiuservalue(L, -2, 1);
    lua_pushstring(L, o.key);
    lua_setiuservalue(L, -2, 2);
    l->limit = o.limit;

    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int wrong = getaddrinfo(o.address, o.port, &hints, &found), error = 0;
    if (wrong)
        return host_fail(L, HOST_NETWORK, "listening on %s: %s", o.address,
                         gai_strerror(wrong));
    int fd = bind_socket(found, &error);
    freeaddrinfo(found);
    if (fd < 0)
        return host_fail(L, error == EADDRINUSE ? HOST_BUSY : HOST_NETWORK,
                         "listening on %s port %s: %s", o.address, o.port,
                         strerror(error));
    l->port = bound_port(fd);
    start_daemon(l, &o, fd);
    if (!l->daemon)
        return host_fail(L, o.cert ? HOST_TLS : HOST_NETWORK, "serving on %s port %s: %s",
                         o.address, o.port,
                         *l->log ? l->log : "libmicrohttpd does not start");
    host_loop_add(L, &l->watch);
    if (l->watch.fd < 0) watch_sockets(L, l);
    return 1;
}

static struct listener *check_listener(lua_State *L)
{
    struct listener *l = luaL_checkudata(L, 1, LISTENER);
    luaL_argcheck(L, l->daemon, 1, "closed");
    return l;
}

/* listener:port() -> integer */
static int listener_port(lua_State *L)
{
    lua_pushinteger(L, check_listener(L)->port);
    return 1;
}

/* -- requests, as Lua sees them
 * ------------------------------------------------------------- */

static void lower_name(lua_State *L, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (; *name; name++)
        luaL_addchar(&b, (char)tolower((unsigned char)*name));
    luaL_pushresult(&b);
}

/* Sets the field `name` of the table on top to the pairs. Headers have names in lower
 * case, and equal ones are joined as HTTP says; of equal query parameters the last one
 * counts. */
static void set_pairs(lua_State *L, const char *name, const struct text *pairs,
                      bool headers)
{
    lua_newtable(L);
    for (size_t at = 0; at < pairs->size;) {
        const char *pair_name = pairs->data + at;
        const char *value = pair_name + strlen(pair_name) + 1;
        at += strlen(pair_name) + strlen(value) + 2;
        if (headers)
            lower_name(L, pair_name);
        else
            lua_pushstring(L, pair_name);
        lua_pushvalue(L, -1); /* table name name */
        if (headers && lua_rawget(L, -3) != LUA_TNIL) {
            lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
            lua_remove(L, -2);
        } else {
            lua_pop(L, 1); /* a nil, or the second name */
            lua_pushstring(L, value);
        }
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, name);
}

/* Sets body, parts and malformed in the table on top. */
static void set_body(lua_State *L, const struct exchange *x)
{
    lua_getfield(L, -1, "headers");
    lua_getfield(L, -1, "content-type");
    const char *type = lua_tostring(L, -1);
    bool form = type && host_form_is(type);
    lua_pushvalue(L, -3); /* request headers type request */

    lua_pushlstring(L, form || !x->body.data ? "" : x->body.data,
                    form ? 0 : x->body.size);
    lua_setfield(L, -2, "body");
    if (form && x->too_large) {
        lua_newtable(L);
        lua_setfield(L, -2, "parts");
    } else if (form && host_form_push(L, type, x->body.data, x->body.size)) {
        lua_setfield(L, -2, "parts");
    } else if (form) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "malformed");
    }
    lua_pop(L, 3);
}

static void push_fields(lua_State *L, const struct exchange *x)
{
    lua_createtable(L, 0, 10);
    lua_pushstring(L, x->method.data);
    lua_setfield(L, -2, "method");
    lua_pushstring(L, x->path.data);
    lua_setfield(L, -2, "path");
    lua_pushlstring(L, x->target.data, strcspn(x->target.data, "?"));
    lua_setfield(L, -2, "raw_path");
    lua_pushinteger(L, x->received);
    lua_setfield(L, -2, "size");
    lua_pushboolean(L, x->too_large);
    lua_setfield(L, -2, "too_large");
    set_pairs(L, "query", &x->query, false);
    set_pairs(L, "headers", &x->headers, true);
    set_body(L, x);
}

/* listener:accept() -> request | nil */
static int listener_accept(lua_State *L)
{
    struct listener *l = check_listener(L);
    if (!l->first) return 0;
    struct exchange **request = lua_newuserdatauv(L, sizeof *request, 1);
    *request = NULL;
    luaL_setmetatable(L, REQUEST);

    struct exchange *x = *request = dequeue(l);
    x->requested = true;
    push_fields(L, x);
    lua_setiuservalue(L, -2, 1);
    release_text(&x->body);
    if (l->first) host_loop_post(L, 1); /* a caller that takes one a wait gets them all */
    return 1;
}

/* listener:close()
 * Requests that wait are dropped. */
static int listener_close(lua_State *L)
{
    struct listener *l = luaL_checkudata(L, 1, LISTENER);
    if (!l->daemon) return 0;
    host_loop_remove(&l->watch);
    forget_sockets(l);
    for (struct exchange *x = l->exchanges; x; x = x->next) {
        if (x->state != WAITING) continue;
        x->state =
            DROPPED; /* libmicrohttpd aborts when it stops with suspended connections */
        MHD_resume_connection(x->connection);
    }
    struct MHD_Daemon *daemon = l->daemon;
    l->daemon = NULL;
    MHD_stop_daemon(daemon);
    return 0;
}

static struct exchange *check_request(lua_State *L)
{
    struct exchange **x = luaL_checkudata(L, 1, REQUEST);
    luaL_argcheck(L, *x, 1, "answered or dropped before");
    return *x;
}

/* request.name -> field or method; upvalue 1 is the table of methods. */
static int request_index(lua_State *L)
{
    luaL_checkudata(L, 1, REQUEST);
    lua_settop(L, 2);
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL) return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

/* Ends the request's part in its exchange: `state` says how libmicrohttpd goes on with
 * it. */
static void let_go(struct exchange **request, enum state state)
{
    struct exchange *x = *request;
    *request = NULL;
    x->requested = false;
    if (!x->listener) {
        free_exchange(x);
    } else if (x->state == WAITING) {
        x->state = state;
        resume(x);
    }
}

/* A suspended connection is not polled, so whether the client is still there has to be
 * asked. */
static bool client_is_there(const struct exchange *x)
{
    if (!x->listener || x->state != WAITING) return false;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info) return false;
    struct pollfd p = {.fd = info->connect_fd, .events = POLLIN | POLLRDHUP};
    if (poll(&p, 1, 0) <= 0) return true;
    return !(p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

/* Fills the response with the headers at stack index 3; false when one is refused. */
static bool add_headers(lua_State *L, struct MHD_Response *response)
{
    if (lua_isnoneornil(L, 3)) return true;
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        bool added = MHD_add_response_header(response, lua_tostring(L, -2),
                                             lua_tostring(L, -1)) == MHD_YES;
        lua_pop(L, 1);
        if (added) continue;
        lua_pop(L, 1);
        return false;
    }
    return true;
}

static void check_headers(lua_State *L)
{
    if (lua_isnoneornil(L, 3)) return;
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING,
                      3, "names and values must be strings");
        lua_pop(L, 1);
    }
}

/* request:respond(status, headers?, body?) -> boolean
 * False when the client has gone. */
static int request_respond(lua_State *L)
{
    struct exchange *x = check_request(L);
    lua_Integer status = luaL_checkinteger(L, 2);
    luaL_argcheck(L, status >= 200 && status <= 999, 2, "not a final status");
    check_headers(L);
    size_t size;
    const char *body = luaL_optlstring(L, 4, "", &size);

    bool there = client_is_there(x);
    if (there) {
        x->response = MHD_create_response_from_buffer(size, (void *)(uintptr_t)body,
                                                      MHD_RESPMEM_MUST_COPY);
        if (!x->response) return luaL_error(L, "out of memory for a response");
        x->status = (unsigned)status;
        if (!add_headers(L, x->response)) {
            MHD_destroy_response(x->response);
            x->response = NULL;
            return luaL_argerror(L, 3, "a header that cannot be sent");
        }
    }
    let_go(lua_touserdata(L, 1), there ? ANSWERED : DROPPED);
    lua_pushboolean(L, there);
    return 1;
}

/* request:drop()
 * Also what happens to a request that is forgotten. */
static int request_drop(lua_State *L)
{
    struct exchange **request = luaL_checkudata(L, 1, REQUEST);
    if (*request) let_go(request, DROPPED);
    return 0;
}

static const luaL_Reg functions[] = {
    {"listen", server_listen},
    {NULL,     NULL         }
};

static const luaL_Reg methods[] = {
    {"port",   listener_port  },
    {"accept", listener_accept},
    {"close",  listener_close },
    {NULL,     NULL           }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    listener_close},
    {"__close", listener_close},
    {NULL,      NULL          }
};

static const luaL_Reg request_methods[] = {
    {"respond", request_respond},
    {"drop",    request_drop   },
    {NULL,      NULL           }
};

static const luaL_Reg request_metamethods[] = {
    {"__gc",    request_drop},
    {"__close", request_drop},
    {NULL,      NULL        }
};

/* Makes the registry's table of listeners by address, which does not keep them alive. */
static void make_listeners(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
}

int luaopen_host_server(lua_State *L)
{
    make_listeners(L);
    host_newtype(L, LISTENER, methods, metamethods);
    host_newtype(L, REQUEST, request_methods, request_metamethods);
    luaL_getmetatable(L, REQUEST);
    lua_getfield(L, -1, "__index");
    lua_pushcclosure(L, request_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
