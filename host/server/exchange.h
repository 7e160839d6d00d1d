/* Shared by the files of host.server: the exchange, one request and its response.
 *
 * An exchange has two owners that may release it in any order: libmicrohttpd, in its
 * completion callback, and the request in Lua. The last one frees it. */
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
    bool requested; /* referenced by a request in Lua */
    bool begun;     /* method, path, headers and query are set */
    bool too_large;
    bool starved;                           /* out of memory for a part of it */
    lua_Integer received;                   /* bytes of body */
    struct host_bytes method, path, target; /* zero-terminated; target as received */
    struct host_bytes headers, query;       /* name, zero, value, zero, repeated */
    struct host_bytes body;
    struct exchange *next_in_line; /* queue of the complete ones that Lua has not taken */
    struct exchange *next, **back; /* list of all with a connection */
};

/* All exchanges of a listener: the argument of libmicrohttpd's callbacks. */
struct exchanges {
    struct host_watch *watch; /* the listener's */
    lua_Integer limit;        /* bytes of a body */
    unsigned timeout;         /* seconds, of a connection that has sent a request */
    struct exchange *all;
    struct exchange *first, **last; /* the queue of complete ones */
    char log[160];                  /* libmicrohttpd's last log message */
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

/* Takes the first complete exchange from the queue, for a request in Lua; or NULL. */
struct exchange *host_server_take(struct exchanges *among);

/* Releases the exchange from its request in Lua; libmicrohttpd resumes it with `state`.
 */
void host_server_release(struct exchange *x, enum state state);

/* Drops every waiting exchange, taken or not: libmicrohttpd aborts if it stops with
 * suspended connections. */
void host_server_drop_all(struct exchanges *among);

/* Whether the client is still connected. Suspended connections are not polled, so this
 * checks. */
bool host_server_client_is_there(const struct exchange *x);

/* Pushes a request for the next exchange of the queue, which must not be empty
 * (request.c). */
void host_server_push_request(lua_State *L, struct exchanges *among);

/* Creates the metatable of requests. */
void host_server_request_type(lua_State *L);

#endif
