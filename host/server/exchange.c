/* Builds a queue of complete exchanges from libmicrohttpd's callbacks. Does not touch
 * Lua. */

#include "server/exchange.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0 /* elsewhere POLLHUP tells it */
#endif

static void append(struct exchange *x, struct host_bytes *to, const char *data,
                   size_t size)
{
    if (!host_bytes_add(to, data, size)) x->starved = true;
}

static void append_string(struct exchange *x, struct host_bytes *to, const char *s)
{
    append(x, to, s, strlen(s) + 1);
}

static void free_exchange(struct exchange *x)
{
    struct host_bytes *parts[] = {&x->method,  &x->path,  &x->target,
                                  &x->headers, &x->query, &x->body};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        host_bytes_free(parts[i]);
    if (x->response) MHD_destroy_response(x->response);
    free(x);
}

static void enqueue(struct exchanges *among, struct exchange *x)
{
    x->next_in_line = NULL;
    *among->last = x;
    among->last = &x->next_in_line;
}

static struct exchange *dequeue(struct exchanges *among)
{
    struct exchange *x = among->first;
    if (!x) return NULL;
    among->first = x->next_in_line;
    if (!among->first) among->last = &among->first;
    return x;
}

/* Removes `x` from the queue if its connection ends before Lua took it. */
static void leave_line(struct exchanges *among, struct exchange *x)
{
    struct exchange **at = &among->first;
    while (*at && *at != x)
        at = &(*at)->next_in_line;
    if (!*at) return;
    *at = x->next_in_line;
    if (among->last == &x->next_in_line) among->last = at;
}

void host_server_log(void *cls, const char *format, va_list args)
{
    struct exchanges *among = cls;
    vsnprintf(among->log, sizeof among->log, format, args);
    among->log[strcspn(among->log, "\r\n")] = '\0';
}

/* The request line has arrived: an exchange begins. */
void *host_server_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct exchanges *among = cls;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    append_string(x, &x->target, target);
    x->connection = connection;
    x->among = among;
    x->next = among->all;
    x->back = &among->all;
    if (x->next) x->next->back = &x->next;
    among->all = x;
    return x;
}

static enum MHD_Result on_pair(void *cls, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    struct exchange *x = cls;
    struct host_bytes *to = kind == MHD_HEADER_KIND ? &x->headers : &x->query;
    append_string(x, to, name);
    append_string(x, to, value ? value : "");
    return MHD_YES;
}

/* The headers have arrived. */
static enum MHD_Result begin(struct exchange *x, const char *method, const char *path)
{
    x->begun = true;
    append_string(x, &x->method, method);
    append_string(x, &x->path, path);
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_pair, x);
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, on_pair, x);
    if (x->starved) return MHD_NO;

    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);
    long long promised = length ? atoll(length) : 0;
    x->too_large = promised > x->among->limit;
    if (promised > 0 && !x->too_large) host_bytes_room(&x->body, (size_t)promised);
    return MHD_YES;
}

/* A part of the body has arrived. */
static enum MHD_Result receive(struct exchange *x, const char *data, size_t size)
{
    x->received += (lua_Integer)size;
    if (x->received > x->among->limit) x->too_large = true;
    if (x->too_large)
        host_bytes_free(&x->body);
    else
        append(x, &x->body, data, size);
    return x->starved ? MHD_NO : MHD_YES;
}

enum MHD_Result host_server_request(void *cls, struct MHD_Connection *connection,
                                    const char *path, const char *method,
                                    const char *version, const char *data, size_t *size,
                                    void **context)
{
    struct exchanges *among = cls;
    struct exchange *x = *context;
    (void)version;
    if (!x) return MHD_NO; /* out of memory */
    if (!x->begun) {
        MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                  among->timeout);
        return begin(x, method, path);
    }
    if (*size > 0) {
        size_t n = *size;
        *size = 0;
        return receive(x, data, n);
    }
    if (x->state == RECEIVING) {
        x->state = WAITING;
        enqueue(among, x);
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    if (x->state != ANSWERED) return MHD_NO; /* closes the connection */
    enum MHD_Result queued = MHD_queue_response(connection, x->status, x->response);
    MHD_destroy_response(x->response);
    x->response = NULL;
    return queued;
}

/* The exchange has ended, successfully or not. */
void host_server_completed(void *cls, struct MHD_Connection *connection, void **context,
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
    x->among = NULL;
    x->connection = NULL;
    if (!x->requested) free_exchange(x);
}

/* Lets libmicrohttpd resume a suspended exchange with the given state. */
static void resume(struct exchange *x, enum state state)
{
    x->state = state;
    MHD_resume_connection(x->connection);
    x->among->watch->deadline = 0; /* at the next wait */
}

struct exchange *host_server_take(struct exchanges *among)
{
    struct exchange *x = dequeue(among);
    if (x) x->requested = true;
    return x;
}

void host_server_release(struct exchange *x, enum state state)
{
    x->requested = false;
    if (!x->among)
        free_exchange(x);
    else if (x->state == WAITING)
        resume(x, state);
}

void host_server_drop_all(struct exchanges *among)
{
    for (struct exchange *x = among->all; x; x = x->next)
        if (x->state == WAITING) resume(x, DROPPED);
}

bool host_server_client_is_there(const struct exchange *x)
{
    if (!x->among || x->state != WAITING) return false;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info) return false;
    struct pollfd p = {.fd = info->connect_fd, .events = POLLIN | POLLRDHUP};
    if (poll(&p, 1, 0) <= 0) return true;
    return !(p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}
