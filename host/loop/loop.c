/* host.loop - the only wait: poll(2) on the descriptors and deadlines of the other
 * modules. Signals, which wake it through a pipe, are in signal.c.
 *
 * The loop is a userdata in the registry, created on first use. Its user values are the
 * list of posted handles (the result of the next wait), the same handles as a set, and
 * the handles by their owner's address (weak, so that unused handles are collected). */

#include "loop/loop.h"

#include "clock.h"
#include "common.h"
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE = 1, QUEUED, HANDLES, USER_VALUES = 3 };

struct loop {
    struct host_watch *first;   /* watched */
    struct host_watch *pending; /* polled, not yet dispatched */
    struct pollfd *fds;
    size_t capacity;
    bool ended; /* the state is closing; other finalizers may still call */
};

/* Its address is the registry key of the loop. */
static const char key = 0;

static int loop_gc(lua_State *L)
{
    struct loop *loop = lua_touserdata(L, 1);
    free(loop->fds);
    loop->fds = NULL;
    loop->capacity = 0;
    loop->ended = true;
    return 0;
}

/* Pushes the loop of this state. */
static struct loop *push_loop(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TUSERDATA)
        return lua_touserdata(L, -1);
    lua_pop(L, 1);

    struct loop *loop = lua_newuserdatauv(L, sizeof *loop, USER_VALUES);
    memset(loop, 0, sizeof *loop);
    for (int i = 1; i <= USER_VALUES; i++) {
        lua_newtable(L);
        if (i == HANDLES) {
            lua_createtable(L, 0, 1);
            lua_pushliteral(L, "v");
            lua_setfield(L, -2, "__mode");
            lua_setmetatable(L, -2);
        }
        lua_setiuservalue(L, -2, i);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, loop_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    return loop;
}

static struct loop *get_loop(lua_State *L)
{
    struct loop *loop = push_loop(L);
    lua_pop(L, 1); /* the registry holds it */
    return loop;
}

static void link_watch(struct host_watch **list, struct host_watch *w)
{
    w->next = *list;
    w->back = list;
    if (w->next) w->next->back = &w->next;
    *list = w;
}

void host_loop_remove(struct host_watch *w)
{
    if (!w->back) return;
    *w->back = w->next;
    if (w->next) w->next->back = w->back;
    w->next = NULL;
    w->back = NULL;
}

void host_loop_add(lua_State *L, struct host_watch *w)
{
    struct loop *loop = get_loop(L);
    if (!w->back) link_watch(&loop->first, w);
}

void host_loop_post(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    push_loop(L);
    lua_getiuservalue(L, -1, QUEUED);
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_getiuservalue(L, -3, QUEUE); /* loop queued nil queue */
        lua_pushvalue(L, index);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pop(L, 1);
        lua_pushvalue(L, index);
        lua_pushboolean(L, true);
        lua_rawset(L, -4);
    }
    lua_pop(L, 3);
}

void host_loop_own(lua_State *L, const void *owner)
{
    push_loop(L);
    lua_getiuservalue(L, -1, HANDLES);
    lua_pushvalue(L, -3);
    lua_rawsetp(L, -2, owner);
    lua_pop(L, 2);
}

void host_loop_notify(lua_State *L, const void *owner)
{
    push_loop(L);
    lua_getiuservalue(L, -1, HANDLES);
    if (lua_rawgetp(L, -1, owner) == LUA_TUSERDATA) host_loop_post(L, -1);
    lua_pop(L, 3);
}

/* Pushes the list of posted handles and starts a new one. */
static void take_posted(lua_State *L)
{
    push_loop(L);
    lua_getiuservalue(L, -1, QUEUED);
    lua_getiuservalue(L, -2, QUEUE); /* loop queued queue */
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i > 0; i--) {
        lua_rawgeti(L, -1, i);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_newtable(L);
    lua_setiuservalue(L, -4, QUEUE);
    lua_insert(L, -3);
    lua_pop(L, 2);
}

static bool any_posted(lua_State *L)
{
    push_loop(L);
    lua_getiuservalue(L, -1, QUEUE);
    bool any = lua_rawlen(L, -1) > 0;
    lua_pop(L, 2);
    return any;
}

/* Lists every watch in fds; sets the earliest deadline; returns how many. First takes
 * back watches that an earlier dispatch left pending (a `ready` raised). */
static size_t list_watches(lua_State *L, struct loop *loop, double *earliest)
{
    size_t n = 0;
    while (loop->pending) {
        struct host_watch *w = loop->pending;
        host_loop_remove(w);
        link_watch(&loop->first, w);
    }
    for (struct host_watch *w = loop->first; w; w = w->next) {
        if (n == loop->capacity) {
            size_t capacity = n ? n * 2 : 16;
            struct pollfd *fds = realloc(loop->fds, capacity * sizeof *fds);
            if (!fds) luaL_error(L, "out of memory for %d watches", (int)capacity);
            loop->fds = fds;
            loop->capacity = capacity;
        }
        loop->fds[n++] = (struct pollfd){.fd = w->fd, .events = w->events};
        if (w->deadline < *earliest) *earliest = w->deadline;
    }
    return n;
}

/* poll's milliseconds until `deadline`, rounded up so that nothing wakes early. */
static int timeout_until(double deadline)
{
    double ms = ceil((deadline - host_monotonic()) * 1000);
    return ms <= 0 ? 0 : ms >= INT_MAX / 2 ? INT_MAX / 2 : (int)ms;
}

/* Calls `ready` of each watch with an event. Watches move from pending to first one by
 * one, so a `ready` may remove any of them, including its own; those it adds are polled
 * in the next turn. */
static void dispatch(lua_State *L, struct loop *loop, size_t n)
{
    size_t i = 0;
    for (struct host_watch *w = loop->first; w && i < n; w = w->next, i++)
        w->seen = loop->fds[i].revents;
    loop->pending = loop->first;
    loop->first = NULL;
    if (loop->pending) loop->pending->back = &loop->pending;

    double now = host_monotonic();
    while (loop->pending) {
        struct host_watch *w = loop->pending;
        host_loop_remove(w);
        link_watch(&loop->first, w);
        bool due = w->deadline <= now;
        if (due) w->deadline = HUGE_VAL;
        if (due || w->seen) w->ready(L, w, w->seen);
    }
}

/* One poll and its dispatch, until `deadline` at most. */
static void turn(lua_State *L, struct loop *loop, double deadline)
{
    size_t n = list_watches(L, loop, &deadline);
    bool asleep = deadline == HUGE_VAL;
    for (size_t i = 0; asleep && i < n; i++)
        asleep = loop->fds[i].fd < 0;
    if (asleep) luaL_error(L, "waiting forever with nothing to wait for");

    int got = poll(loop->fds, (nfds_t)n, timeout_until(deadline));
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        luaL_error(L, "cannot poll: %s", strerror(errno));
    if (got < 0) /* revents is undefined then */
        for (size_t i = 0; i < n; i++)
            loop->fds[i].revents = 0;
    dispatch(L, loop, n);
}

/* wait(seconds) -> list of handles that were posted
 * math.huge: forever; raises if nothing is watched. */
static int loop_wait(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, !isnan(seconds), 1, "not a number of seconds");

    struct loop *loop = get_loop(L);
    if (loop->ended) luaL_error(L, "waiting while the program exits");
    double deadline = host_monotonic() + (seconds > 0 ? seconds : 0);
    do
        turn(L, loop, any_posted(L) ? 0 : deadline);
    while (!any_posted(L) && host_monotonic() < deadline);
    take_posted(L);
    return 1;
}

static const luaL_Reg functions[] = {
    {"wait", loop_wait},
    {NULL,   NULL     }
};

int luaopen_host_loop(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
