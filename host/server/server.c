/* host.server - HTTP/1.1 requests in, responses out, on the one loop.
 *
 * libmicrohttpd does not poll itself: its epoll descriptor and its timeouts are a watch.
 * Its callbacks fill exchanges (exchange.c). A complete exchange is queued and its
 * connection suspended until Lua responds to the request or drops it (request.c). */

#include "server/exchange.h"

#include "clock.h"
#include "common.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER "host.server.listener"

#define DEFAULT_LIMIT (16 * 1024 * 1024)
enum {
    CONNECTION_MEMORY = 128 * 1024, /* also bounds the headers of a request */
    TURNS = 16                      /* of libmicrohttpd before other watches are served */
};

/* Without epoll, libmicrohttpd's sockets are watched one by one. */
struct socket_watch {
    struct host_watch watch;
    struct listener *listener;
};

struct listener {
    struct MHD_Daemon *daemon; /* NULL: closed */
    struct host_watch watch;   /* the epoll descriptor, and the next timeout */
    struct socket_watch *sockets;
    int socket_count;
    int port;
    struct exchanges exchanges;
};

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

/* Without epoll: watches each of libmicrohttpd's sockets. */
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
    if (l->exchanges.first) host_loop_notify(L, l);
}

static void listener_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct listener *l =
        (struct listener *)(void *)((char *)w - offsetof(struct listener, watch));
    (void)revents;
    work(L, l);
}

struct options {
    const char *address, *port, *cert, *key;
    lua_Integer limit;
    double timeout, opening;
};

static double number_option(lua_State *L, const char *name, double otherwise,
                            double least, double most)
{
    if (lua_getfield(L, 1, name) == LUA_TNIL) return otherwise;
    double value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
    if (!(value >= least && value <= most))
        luaL_error(L, "%s must be a number from %f to %f", name, least, most);
    return value;
}

static struct options read_options(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    struct options o; /* borrows from the table, and the port from the stack */
    o.address = host_field(L, 1, "address", NULL);
    o.cert = host_field(L, 1, "cert", NULL);
    o.key = host_field(L, 1, "key", NULL);
    if (!o.address) o.address = "127.0.0.1";
    o.limit = (lua_Integer)number_option(L, "limit", DEFAULT_LIMIT, 0, 1e15);
    o.timeout = ceil(number_option(L, "timeout", 60, 0.001, UINT_MAX));
    o.opening = ceil(number_option(L, "opening", o.timeout, 0.001, UINT_MAX));
    o.port = lua_pushfstring(L, "%d", (int)number_option(L, "port", 0, 0, 65535));
    if (!o.cert != !o.key) luaL_error(L, "cert and key must be given together");
    return o;
}

/* A bound socket, or -1 with *error set. libmicrohttpd could bind, too, but does not
 * report why it failed. */
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

/* Starts libmicrohttpd on a bound socket, which it then owns. */
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
    struct exchanges *among = &l->exchanges;
    l->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, host_server_request, among, MHD_OPTION_EXTERNAL_LOGGER,
        host_server_log, among, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
        host_server_target, among, MHD_OPTION_NOTIFY_COMPLETED, host_server_completed,
        among, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->opening,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_ARRAY,
        tls, MHD_OPTION_END);
    if (!l->daemon) {
        if (fcntl(fd, F_GETFD) >= 0) close(fd); /* some failures close the socket */
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
    l->exchanges.last = &l->exchanges.first;
    l->exchanges.watch = &l->watch;
    l->watch.ready = listener_ready;
    l->watch.fd = -1;
    l->watch.events = POLLIN;
    luaL_setmetatable(L, LISTENER);
    host_loop_own(L, l);
    return l;
}

/* listen(options?) -> listener | nil, message, kind
 * "busy" if the port is in use, "tls" if certificate and key do not match. */
static int server_listen(lua_State *L)
{
    struct options o = read_options(L);
    struct listener *l = new_listener(L);
    lua_pushstring(L, o.cert); /* libmicrohttpd borrows both */
    lua_setiuservalue(L, -2, 1);
    lua_pushstring(L, o.key);
    lua_setiuservalue(L, -2, 2);
    l->exchanges.limit = o.limit;
    l->exchanges.timeout = (unsigned)o.timeout;

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
        return host_fail(
            L, o.cert ? HOST_TLS : HOST_NETWORK, "serving on %s port %s: %s", o.address,
            o.port, *l->exchanges.log ? l->exchanges.log : "cannot start libmicrohttpd");
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

/* listener:accept() -> request | nil */
static int listener_accept(lua_State *L)
{
    struct listener *l = check_listener(L);
    if (!l->exchanges.first) return 0;
    host_server_push_request(L, &l->exchanges);
    /* a caller that accepts one per wait gets them all */
    if (l->exchanges.first) host_loop_post(L, 1);
    return 1;
}

/* listener:close()
 * Drops waiting requests. */
static int listener_close(lua_State *L)
{
    struct listener *l = luaL_checkudata(L, 1, LISTENER);
    if (!l->daemon) return 0;
    host_loop_remove(&l->watch);
    forget_sockets(l);
    host_server_drop_all(&l->exchanges);
    struct MHD_Daemon *daemon = l->daemon;
    l->daemon = NULL;
    MHD_stop_daemon(daemon);
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

int luaopen_host_server(lua_State *L)
{
    host_newtype(L, LISTENER, methods, metamethods);
    host_server_request_type(L);
    luaL_newlib(L, functions);
    return 1;
}
