/* host.http - transfers on one libcurl multi handle: start, wait, result.
 *
 * libcurl says which sockets and which deadline it waits for; each is a watch of the
 * loop. Every action ends by reading the finished messages, so a finished transfer never
 * waits for the next event. libcurl's callbacks touch C memory only; Lua is notified
 * afterwards. An active transfer is referenced by the registry table at &active, and
 * references its client. */

#include "http/transfer.h"

#include "clock.h"
#include "common.h"
#include "host.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT   "host.http.client"
#define TRANSFER "host.http.transfer"
#define GLOBAL   "host.http.global"

struct socket {
    struct host_watch watch;
    struct client *client;
    struct socket *next, **back;
};

/* Its address is the registry key of the table of active transfers. */
static const char active = 0;

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

/* Releases what an active transfer needs. Safe to call twice. */
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
    host_bytes_free(&t->head);
    host_bytes_free(&t->body);
}

/* Removes the transfer from the active ones. */
static void forget(lua_State *L, struct transfer *t)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
    lua_pushnil(L);
    lua_rawsetp(L, -2, t);
    lua_pop(L, 1);
}

/* Ends and posts the settled transfer at `index`. */
static void finish(lua_State *L, int index, struct transfer *t)
{
    release(t);
    lua_pushnil(L); /* a body may be large, and the handle may outlive it */
    lua_setiuservalue(L, index, KEPT);
    forget(L, t);
    host_loop_post(L, index);
}

/* Settles and posts the finished transfers of the client's multi handle. */
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
        host_http_settle(L, lua_gettop(L), t, code);
        finish(L, lua_gettop(L), t);
        lua_pop(L, 2);
    }
}

/* Posts the transfers that have begun to be sent, of those that asked for it. */
static void announce_sent(lua_State *L, struct client *c)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &active);
    for (struct transfer *t = c->transfers; t; t = t->next) {
        if (!t->sent || !t->announce) continue;
        t->announce = false;
        lua_rawgetp(L, -1, t);
        host_loop_post(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void act(lua_State *L, struct client *c, curl_socket_t fd, int events)
{
    int running;
    c->L = L;
    curl_multi_socket_action(c->multi, fd, events, &running);
    read_messages(L, c);
    announce_sent(L, c);
}

static void timer_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct client *c = (struct client *)((char *)w - offsetof(struct client, timer));
    (void)revents;
    act(L, c, CURL_SOCKET_TIMEOUT, 0);
}

/* Reports a broken socket as ready for what was awaited: reading it then yields the
 * reason, while CURL_CSELECT_ERR alone gives only "poll returned error". */
static void socket_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct socket *s = (struct socket *)((char *)w - offsetof(struct socket, watch));
    if (revents & (POLLERR | POLLHUP | POLLNVAL)) revents |= w->events;
    act(L, s->client, w->fd,
        (revents & POLLIN ? CURL_CSELECT_IN : 0) |
            (revents & POLLOUT ? CURL_CSELECT_OUT : 0));
}

static void check_request(lua_State *L)
{
    luaL_checktype(L, REQUEST, LUA_TTABLE);
    const char *method = host_field(L, REQUEST, "method", NULL);
    luaL_argcheck(L, method && host_http_is_token(method), REQUEST, "no method");
    luaL_argcheck(L, host_field(L, REQUEST, "url", NULL), REQUEST, "no url");
    int headers = lua_getfield(L, REQUEST, "headers");
    luaL_argcheck(L, headers == LUA_TNIL || headers == LUA_TTABLE, REQUEST,
                  "headers must be a table");
    int parts = lua_getfield(L, REQUEST, "parts");
    luaL_argcheck(L, parts == LUA_TNIL || parts == LUA_TTABLE, REQUEST,
                  "parts must be a table");
    luaL_argcheck(L, parts == LUA_TNIL || !host_field(L, REQUEST, "body", NULL), REQUEST,
                  "both body and parts");
    lua_settop(L, REQUEST);
}

static struct client *check_client(lua_State *L)
{
    struct client *c = luaL_checkudata(L, 1, CLIENT);
    luaL_argcheck(L, c->multi, 1, "closed");
    return c;
}

/* client:start(request) -> transfer
 * Failures come later, from result() of the transfer. */
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
    host_http_check(L, (t->easy = curl_easy_init()));
    if (!host_http_prepare(L, c, t)) {
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
    if (bad) {
        forget(L, t);
        return luaL_error(L, "cannot start a transfer: %s", curl_multi_strerror(bad));
    }
    t->client = c;
    t->next = c->transfers;
    t->back = &c->transfers;
    if (t->next) t->next->back = &t->next;
    c->transfers = t;
    return 1;
}

/* Ends the transfer at `index`, if it is active. */
static void abandon(lua_State *L, int index, struct transfer *t)
{
    if (t->client) {
        t->client->L = L;
        if (!t->settled) {
            lua_pushliteral(L, "canceled");
            host_http_fail(L, index, t, HOST_CLOSED);
        }
        finish(L, index, t);
    }
    release(t);
}

/* client:close()
 * Active transfers end with kind "closed". */
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
    curl_multi_cleanup(c->multi); /* closes kept-alive connections */
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

/* transfer:result() -> response | nil, message, kind, reason
 * The message is the reason behind method, host and path; queries and headers hold
 * secrets. */
static int transfer_result(lua_State *L)
{
    struct transfer *t = luaL_checkudata(L, 1, TRANSFER);
    luaL_argcheck(L, t->settled, 1, "the transfer is not done");
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, OUTCOME);
    if (!t->kind) return 1;
    lua_getiuservalue(L, 1, LABEL); /* transfer reason label */
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, 3), lua_tostring(L, 2));
    lua_pushstring(L, t->kind);
    lua_pushvalue(L, 2);
    return 4;
}

/* transfer:sent() -> boolean
 * False only if no byte of the request can have reached the server. */
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

/* new(options?) -> client */
static int http_new(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    double connect_timeout = host_http_seconds(L, 1, "connect_timeout", 30);
    host_field(L, 1, "ca_file", NULL);
    host_field(L, 1, "user_agent", NULL);

    struct client *c = lua_newuserdatauv(L, sizeof *c, 1);
    memset(c, 0, sizeof *c);
    luaL_setmetatable(L, CLIENT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    c->L = L;
    c->connect_timeout = connect_timeout;
    c->http1 = host_flag(L, 1, "http1", false);
    c->timer = (struct host_watch){.fd = -1, .deadline = HUGE_VAL, .ready = timer_ready};
    host_http_check(L, (c->multi = curl_multi_init()));
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

/* Runs when the state closes, after the clients, since it was created before them. */
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
