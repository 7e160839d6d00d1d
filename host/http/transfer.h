/* Shared by the files of host.http: the client, the transfer, and its setup. */
#ifndef HOST_HTTP_TRANSFER_H
#define HOST_HTTP_TRANSFER_H

#include "bytes.h"
#include "loop/loop.h"

#include <curl/curl.h>
#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

/* User values of a transfer. */
enum { OWNER = 1, KEPT, LABEL, OUTCOME, USER_VALUES = 4 };

/* The stack of client:start. */
enum { CLIENT_AT = 1, REQUEST, THIS };

struct client {
    CURLM *multi; /* NULL when closed */
    lua_State *L; /* of the current call, for the socket callback */
    struct host_watch timer;
    struct socket *sockets;
    struct transfer *transfers; /* active */
    double connect_timeout;
    bool http1; /* no HTTP/2 */
};

/* Bytes to send, from memory (kept by the transfer) or from a file. */
struct source {
    const char *data;
    int fd; /* -1: memory */
    curl_off_t size, position;
    struct transfer *transfer;
};

/* Why our own callbacks ended a transfer. */
enum verdict { NONE, TOO_LONG, NO_MEMORY, SAVE_FAILED, SOURCE_FAILED, SOURCE_CHANGED };

struct transfer {
    struct client *client; /* NULL unless active */
    struct transfer *next, **back;
    CURL *easy;
    curl_mime *mime;
    struct curl_slist *headers;
    struct source *sources; /* n_sources of them, in a kept userdata */
    int n_sources;
    struct host_bytes head, body;
    lua_Integer limit, received;
    const char *save; /* kept */
    int save_fd;
    enum verdict verdict;
    int error; /* errno of the verdict */
    bool settled, sent;
    bool announce;    /* post the handle once `sent` is true */
    bool head_ended;  /* its empty line was seen */
    const char *kind; /* of the failure; NULL for a response */
    char reason[CURL_ERROR_SIZE];
};

/* Sets all options of the easy handle for the transfer at THIS from the request at
 * REQUEST (request.c). False: the transfer has failed and has a reason. */
bool host_http_prepare(lua_State *L, struct client *c, struct transfer *t);

/* Set the body of the request, if there is one, or the parts on top of the stack
 * (body.c). False: as above. */
void host_http_set_body(lua_State *L, struct transfer *t, bool fresh);
bool host_http_set_parts(lua_State *L, struct transfer *t, bool fresh);

/* Keeps the string or userdata on top of the stack alive as long as the transfer; pops
 * it. */
void host_http_keep(lua_State *L);

/* Like host_field, kept alive as long as the transfer. */
const char *host_http_kept_field(lua_State *L, int index, const char *name, size_t *size);

/* The field as a number of seconds above 0, else `otherwise`. */
double host_http_seconds(lua_State *L, int index, const char *name, double otherwise);

/* Whether `text` is valid as a method or header name. */
bool host_http_is_token(const char *text);

/* Raises an out-of-memory error unless `fine`. */
void host_http_check(lua_State *L, bool fine);

/* Sets the outcome of the transfer at `index`: the response, or the failure that libcurl
 * or our callbacks found (result.c). */
void host_http_settle(lua_State *L, int index, struct transfer *t, CURLcode code);

/* Sets the outcome of the transfer at `index` to a failure with the reason on top of the
 * stack, which is popped. The message has method, host and path only: queries and headers
 * may hold secrets. */
void host_http_fail(lua_State *L, int index, struct transfer *t, const char *kind);

#endif
