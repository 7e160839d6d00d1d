/* What the files of host.server share: the exchange, one request and its answer.
 *
 * An exchange has two owners that may go in any order: libmicrohttpd, until its
 * completion callback, and the request in Lua. The one that goes last frees it. */
#ifndef HOST_SERVER_EXCHANGE_H
#define HOST_SERVER_EXCHANGE_H

#include "bytes.h"
#include "loop/loop.h"

#include <lua.h>
#include <microhttpd.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define HOST_SERVER_REQUEST "host.server.request"

enum state { RECEIVING, WAITING, ANSWERED, DROPPED };

struct exchange {
    enum state state;
    struct exchanges *among;           /* NULL once the connection has ended */
    struct MHD_Connection *connection; /* suspended while WAITING */
    struct MHD_Response *response;     /* owned until it is queued */
    unsigned status;
    bool requested; /* a request in Lua holds it */
    bool begun;     /* method, path, headers and query are there */
    bool too_large;
    bool starved;                           /* memory was out for a part of it */
    lua_Integer received;                   /* bytes of body */
    struct host_bytes method, path, target; /* zero-terminated; target as received */
    struct host_bytes headers, query;       /* name, zero, value, zero, and again */
    struct host_bytes body;
    struct exchange *next_in_line; /* of the complete ones that Lua has not taken */
    struct exchange *next, **back; /* of all that have a connection */
};

/* All exchanges of a listener: what libmicrohttpd's callbacks are given. */
struct exchanges {
    struct host_watch *watch; /* the listener's */
    lua_Integer limit;        /* bytes of a body */
    struct exchange *all;
    struct exchange *first, **last; /* the complete ones, in line */
    char log[160];                  /* libmicrohttpd's last complaint */
};

/* libmicrohttpd's callbacks (exchange.c); `cls` is a struct exchanges. */
void host_server_log(void *cls, const char *format, va_list args);
void *host_server_target(void *cls, const char *target,
                         struct MHD_Connection *connection);
enum MHD_Result host_server_request(void *cls, struct MHD_Connection *connection,
                                    const char *path, const char *method,
                                    const char *version, const char *data, size_t *size,
                                    void **context);
void host_server_completed(void *cls, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode code);

/* Takes the first complete exchange out of the line, for a request in Lua; or NULL. */
struct exchange *host_server_take(struct exchanges *among);

/* The request in Lua is done with it: `state` says how libmicrohttpd goes on. */
void host_server_let_go(struct exchange *x, enum state state);

/* Drops every exchange that waits, taken or not: libmicrohttpd aborts when it stops with
 * suspended connections. */
void host_server_drop_all(struct exchanges *among);

/* Is the client still connected? A suspended connection is not polled: it has to be
 * asked. */
bool host_server_client_is_there(const struct exchange *x);

/* Pushes the request of the exchange that `among` has next, or nil (request.c). */
void host_server_push_request(lua_State *L, struct exchanges *among);

/* Makes the metatable of requests. */
void host_server_request_type(lua_State *L);

#endif
