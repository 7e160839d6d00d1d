/* host.jobs - a heap of due polls: many jobs in flight, each returned when it is due.
 *
 * The name is what the host offers, job polling; the heap itself only knows times. It
 * is a binary heap of (time, ticket). Tickets increase, so equal times keep their
 * order. The values are in a table by ticket. Cancelling an entry removes its value at
 * once; its heap slot is removed when it reaches the top or when cancelled slots are
 * the majority. */

#include "common.h"
#include "host.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE "host.jobs.queue"

struct entry {
    double time;
    lua_Integer ticket;
};

struct queue {
    struct entry *heap;
    size_t size, capacity;
    size_t live;      /* entries not cancelled */
    lua_Integer last; /* ticket */
    bool collected;   /* a finalizer that still refers to it must not refill it */
};

static bool before(const struct entry *a, const struct entry *b)
{
    return a->time < b->time || (a->time == b->time && a->ticket < b->ticket);
}

static void sift_up(struct queue *q, size_t i)
{
    struct entry e = q->heap[i];
    for (; i > 0 && before(&e, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = e;
}

static void sift_down(struct queue *q, size_t i)
{
    struct entry e = q->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= q->size) break;
        if (child + 1 < q->size && before(&q->heap[child + 1], &q->heap[child])) child++;
        if (!before(&q->heap[child], &e)) break;
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = e;
}

static void drop_top(struct queue *q)
{
    q->heap[0] = q->heap[--q->size];
    if (q->size) sift_down(q, 0);
}

/* Whether the table on top of the stack has a value for the ticket. */
static bool is_live(lua_State *L, lua_Integer ticket)
{
    bool live = lua_rawgeti(L, -1, ticket) != LUA_TNIL;
    lua_pop(L, 1);
    return live;
}

/* Returns the first live entry; the values are on top of the stack. */
static struct entry *top(lua_State *L, struct queue *q)
{
    while (q->size && !is_live(L, q->heap[0].ticket))
        drop_top(q);
    return q->size ? q->heap : NULL;
}

/* Removes the cancelled entries from the heap. */
static void compact(lua_State *L, struct queue *q)
{
    size_t kept = 0;
    for (size_t i = 0; i < q->size; i++)
        if (is_live(L, q->heap[i].ticket)) q->heap[kept++] = q->heap[i];
    q->size = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sift_down(q, i);
}

static struct queue *check_queue(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    lua_getiuservalue(L, 1, 1);
    return q;
}

/* new() -> queue */
static int jobs_new(lua_State *L)
{
    struct queue *q = lua_newuserdatauv(L, sizeof *q, 1);
    memset(q, 0, sizeof *q);
    luaL_setmetatable(L, QUEUE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

/* queue:add(time, value) -> ticket
 * time: seconds, of the caller's clock. */
static int queue_add(lua_State *L)
{
    double time = luaL_checknumber(L, 2);
    luaL_argcheck(L, !isnan(time), 2, "not a time");
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "nil cannot be queued");
    lua_settop(L, 3);
    struct queue *q = check_queue(L); /* queue time value values */
    luaL_argcheck(L, !q->collected, 1, "closed");

    if (q->size == q->capacity) {
        size_t capacity = q->capacity ? q->capacity * 2 : 16;
        struct entry *heap = realloc(q->heap, capacity * sizeof *heap);
        if (!heap) return luaL_error(L, "out of memory for %d due times", (int)capacity);
        q->heap = heap;
        q->capacity = capacity;
    }
    lua_pushvalue(L, 3);
    lua_rawseti(L, -2, q->last + 1);
    q->heap[q->size] = (struct entry){time, ++q->last};
    q->live++;
    sift_up(q, q->size++);
    lua_pushinteger(L, q->last);
    return 1;
}

/* queue:cancel(ticket) -> boolean, false if it was already taken or cancelled */
static int queue_cancel(lua_State *L)
{
    lua_Integer ticket = luaL_checkinteger(L, 2);
    struct queue *q = check_queue(L);
    bool live = is_live(L, ticket);

    if (live) {
        lua_pushnil(L);
        lua_rawseti(L, -2, ticket);
        q->live--;
        if (q->size > 32 && q->size > 2 * q->live) compact(L, q);
    }
    lua_pushboolean(L, live);
    return 1;
}

/* queue:due(now) -> the earliest value due at `now`, or nil */
static int queue_due(lua_State *L)
{
    double now = luaL_checknumber(L, 2);
    struct queue *q = check_queue(L);
    struct entry *e = top(L, q);

    if (!e || e->time > now) return 0;
    lua_Integer ticket = e->ticket;
    drop_top(q);
    q->live--;
    lua_rawgeti(L, -1, ticket);
    lua_pushnil(L);
    lua_rawseti(L, -3, ticket);
    return 1;
}

/* queue:next() -> when the earliest entry is due, or nil */
static int queue_next(lua_State *L)
{
    struct queue *q = check_queue(L);
    struct entry *e = top(L, q);
    if (!e) return 0;
    lua_pushnumber(L, e->time);
    return 1;
}

/* #queue -> number of entries neither taken nor cancelled */
static int queue_len(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    lua_pushinteger(L, (lua_Integer)q->live);
    return 1;
}

static int queue_gc(lua_State *L)
{
    struct queue *q = luaL_checkudata(L, 1, QUEUE);
    free(q->heap);
    *q = (struct queue){.collected = true};
    return 0;
}

static const luaL_Reg functions[] = {
    {"new", jobs_new},
    {NULL,  NULL    }
};

static const luaL_Reg methods[] = {
    {"add",    queue_add   },
    {"cancel", queue_cancel},
    {"due",    queue_due   },
    {"next",   queue_next  },
    {NULL,     NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__len", queue_len},
    {"__gc",  queue_gc },
    {NULL,    NULL     }
};

int luaopen_host_jobs(lua_State *L)
{
    host_newtype(L, QUEUE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
