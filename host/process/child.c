/* host.process, the child - its output, its input, its end.
 *
 * Output is read ahead into a fixed-size buffer, and no further until Lua takes it, so
 * that a child with much output blocks instead of filling memory. */

#include "process/child.h"

#include "bytes.h"
#include "clock.h"
#include "common.h"
#include "loop/loop.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD "host.process.child"

#define LOOK_AGAIN 0.02 /* seconds; where there is no pidfd */

enum { GLANCE = 100 }; /* milliseconds between two looks for a signal */

struct output {
    struct host_watch watch; /* fd is -1 while the buffer is full */
    struct child *child;
    int fd; /* -1: at the end, or no pipe */
    bool is_pipe;
    size_t size;
    char data[64 * 1024];
};

struct child {
    pid_t pid;
    bool ended, closed;
    int status;
    double grace;          /* seconds between SIGINT and SIGKILL when it is closed */
    struct host_watch end; /* its pidfd, or a deadline */
    struct output outputs[2];
    struct host_watch input; /* fd is -1 when finished, or no pipe */
    bool has_input, finishing;
    struct host_bytes queue; /* the pipe has taken the first `sent` bytes */
    size_t sent;
};

/* -- output -- */

static void end_output(struct output *o)
{
    host_loop_remove(&o->watch);
    if (o->fd >= 0) close(o->fd);
    o->fd = o->watch.fd = -1;
}

/* Reads ahead as much as fits. */
static void fill(struct output *o)
{
    while (o->fd >= 0 && o->size < sizeof o->data) {
        ssize_t n = read(o->fd, o->data + o->size, sizeof o->data - o->size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (n <= 0)
            end_output(o);
        else
            o->size += (size_t)n;
    }
    if (o->fd >= 0) o->watch.fd = o->size < sizeof o->data ? o->fd : -1;
}

static void output_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct output *o =
        (struct output *)(void *)((char *)w - offsetof(struct output, watch));
    (void)revents;
    fill(o);
    host_loop_notify(L, o->child);
}

static void begin_output(lua_State *L, struct child *c, int which, int fd)
{
    struct output *o = &c->outputs[which];
    o->child = c;
    o->fd = fd;
    o->is_pipe = fd >= 0;
    o->watch = (struct host_watch){
        .fd = fd, .events = POLLIN, .deadline = HUGE_VAL, .ready = output_ready};
    if (fd >= 0) host_loop_add(L, &o->watch);
}

/* -- input -- */

static void end_input(struct child *c)
{
    host_loop_remove(&c->input);
    if (c->input.fd >= 0) close(c->input.fd);
    c->input.fd = -1;
    host_bytes_free(&c->queue);
    c->sent = 0;
}

/* Writes what the pipe accepts; drops the rest if the child closed its end. */
static void flush(lua_State *L, struct child *c)
{
    while (c->input.fd >= 0 && c->sent < c->queue.size) {
        ssize_t n = write(c->input.fd, c->queue.data + c->sent, c->queue.size - c->sent);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            host_loop_add(L, &c->input);
            return;
        }
        if (n < 0) {
            end_input(c);
            return;
        }
        c->sent += (size_t)n;
    }
    host_loop_remove(&c->input);
    c->sent = c->queue.size = 0;
    if (c->finishing) end_input(c);
}

static void input_ready(lua_State *L, struct host_watch *w, short revents)
{
    (void)revents;
    flush(L, (struct child *)(void *)((char *)w - offsetof(struct child, input)));
}

/* Queues data for writing; false if out of memory. */
static bool enqueue(struct child *c, const char *data, size_t size)
{
    if (c->sent) {
        c->queue.size -= c->sent;
        memmove(c->queue.data, c->queue.data + c->sent, c->queue.size);
        c->sent = 0;
    }
    return host_bytes_add(&c->queue, data, size);
}

/* -- end -- */

/* Reaps the child if it has ended; true the first time. */
static bool reap(struct child *c, int flags)
{
    int status;
    pid_t got;
    if (c->ended) return false;
    do
        got = waitpid(c->pid, &status, flags);
    while (got < 0 && errno == EINTR);
    if (got == 0) return false;
    c->ended = true;
    c->status = got < 0               ? 255 /* reaped elsewhere */
                : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                      : WEXITSTATUS(status);
    host_loop_remove(&c->end);
    if (c->end.fd >= 0) close(c->end.fd);
    c->end.fd = -1;
    return true;
}

static void end_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct child *c = (struct child *)(void *)((char *)w - offsetof(struct child, end));
    (void)revents;
    if (reap(c, WNOHANG))
        host_loop_notify(L, c);
    else if (w->fd < 0)
        w->deadline = host_monotonic() + LOOK_AGAIN;
}

/* A descriptor that is readable when the process has ended, or -1. */
static int open_end(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

static void watch_end(lua_State *L, struct child *c)
{
    c->end = (struct host_watch){.fd = open_end(c->pid),
                                 .events = POLLIN,
                                 .deadline = HUGE_VAL,
                                 .ready = end_ready};
    if (c->end.fd < 0) c->end.deadline = host_monotonic() + LOOK_AGAIN;
    host_loop_add(L, &c->end);
}

/* -- start -- */

struct child *host_process_new_child(lua_State *L)
{
    struct child *c = lua_newuserdatauv(L, sizeof *c, 0);
    memset(c, 0, sizeof *c);
    c->ended = true;
    c->input.fd = c->end.fd = c->outputs[0].fd = c->outputs[1].fd = -1;
    luaL_setmetatable(L, CHILD);
    host_loop_own(L, c);
    return c;
}

void host_process_follow(lua_State *L, struct child *c,
                         const struct process_started *started, double grace)
{
    c->pid = started->pid;
    c->grace = grace;
    c->ended = false;
    c->has_input = started->ends[0] >= 0;
    c->input = (struct host_watch){.fd = started->ends[0],
                                   .events = POLLOUT,
                                   .deadline = HUGE_VAL,
                                   .ready = input_ready};
    begin_output(L, c, 0, started->ends[1]);
    begin_output(L, c, 1, started->ends[2]);
    watch_end(L, c);
}

/* -- methods -- */

static struct child *check_child(lua_State *L)
{
    struct child *c = luaL_checkudata(L, 1, CHILD);
    luaL_argcheck(L, !c->closed, 1, "closed");
    return c;
}

/* child:read(stream?) -> data | "" | nil
 * "" if there is nothing yet, nil at the end. */
static int child_read(lua_State *L)
{
    static const char *const names[] = {"stdout", "stderr", NULL};
    struct child *c = check_child(L);
    struct output *o = &c->outputs[luaL_checkoption(L, 2, "stdout", names)];
    luaL_argcheck(L, o->is_pipe, 2, "is not a pipe");
    if (o->size == 0) fill(o);
    if (o->size == 0 && o->fd < 0) return 0;
    lua_pushlstring(L, o->data, o->size);
    o->size = 0;
    o->watch.fd = o->fd;
    return 1;
}

/* What `await` waits for: a stream each, where the stream has room or the queue bytes,
 * and the end. */
static void list_descriptors(const struct child *c, struct pollfd fds[4])
{
    for (int i = 0; i < 2; i++) {
        const struct output *o = &c->outputs[i];
        fds[i] = (struct pollfd){.fd = o->size < sizeof o->data ? o->fd : -1,
                                 .events = POLLIN};
    }
    fds[2] = (struct pollfd){.fd = c->sent < c->queue.size ? c->input.fd : -1,
                             .events = POLLOUT};
    fds[3] = (struct pollfd){.fd = c->ended ? -1 : c->end.fd, .events = POLLIN};
}

/* Whether anything has changed since the caller looked. */
static bool take_changes(lua_State *L, struct child *c, const struct pollfd fds[4])
{
    bool changed = false;
    for (int i = 0; i < 2; i++)
        if (fds[i].fd >= 0 && fds[i].revents) {
            fill(&c->outputs[i]);
            changed = true;
        }
    if (fds[2].fd >= 0 && fds[2].revents) flush(L, c);
    return reap(c, WNOHANG) || changed;
}

/* Whether nothing more can come of the child. */
static bool is_over(const struct child *c)
{
    return c->ended && c->outputs[0].fd < 0 && c->outputs[1].fd < 0;
}

/* child:await(seconds) -> boolean | nil, message, "interrupted"
 * Blocks until more of the output can be read or the child has ended; false if the time
 * was too short. A watched signal ends the wait. For code that cannot yield to the loop.
 */
static int child_await(lua_State *L)
{
    struct child *c = check_child(L);
    double until = host_monotonic() + luaL_checknumber(L, 2);
    bool changed = c->outputs[0].size > 0 || c->outputs[1].size > 0 || is_over(c);

    while (!changed) {
        struct pollfd fds[4];
        double left = (until - host_monotonic()) * 1000;
        list_descriptors(c, fds);
        bool blind = !c->ended && c->end.fd < 0;
        double glance = blind ? LOOK_AGAIN * 1000 : GLANCE;
        poll(fds, 4, (int)fmax(0, ceil(fmin(left, glance))));
        if (host_loop_signalled(L))
            return host_fail(L, HOST_INTERRUPTED, "waiting for process %d: interrupted",
                             (int)c->pid);
        changed = take_changes(L, c, fds);
        if (left <= 0) break;
    }
    lua_pushboolean(L, changed);
    return 1;
}

/* child:write(data) -> true | nil, message, "closed" */
static int child_write(lua_State *L)
{
    struct child *c = check_child(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, c->has_input && !c->finishing, 1, "stdin is not an open pipe");
    if (c->input.fd >= 0 && !enqueue(c, data, size))
        return luaL_error(L, "out of memory for the input of a child");
    flush(L, c);
    if (c->input.fd < 0)
        return host_fail(L, HOST_CLOSED, "writing to process %d: it has closed its input",
                         (int)c->pid);
    lua_pushboolean(L, 1);
    return 1;
}

/* child:finish() */
static int child_finish(lua_State *L)
{
    struct child *c = check_child(L);
    luaL_argcheck(L, c->has_input, 1, "stdin is not a pipe");
    c->finishing = true;
    flush(L, c);
    return 0;
}

/* child:status() -> integer | nil
 * 128 + signal if it was killed. */
static int child_status(lua_State *L)
{
    struct child *c = check_child(L);
    if (reap(c, WNOHANG)) host_loop_post(L, 1);
    if (!c->ended) return 0;
    lua_pushinteger(L, c->status);
    return 1;
}

/* child:kill(signal?) */
static int child_kill(lua_State *L)
{
    static const char *const names[] = {"TERM", "KILL", "INT", "HUP", NULL};
    static const int numbers[] = {SIGTERM, SIGKILL, SIGINT, SIGHUP};
    struct child *c = check_child(L);
    int which = luaL_checkoption(L, 2, "TERM", names);
    if (!c->ended) kill(c->pid, numbers[which]);
    return 0;
}

/* child:id() -> integer */
static int child_id(lua_State *L)
{
    lua_pushinteger(L, check_child(L)->pid);
    return 1;
}

/* Asks the child to end, and discards its output meanwhile, which it may wait to write.
 */
static void interrupt(struct child *c)
{
    double until = host_monotonic() + c->grace;

    end_input(c);
    kill(c->pid, SIGINT);
    while (!reap(c, WNOHANG) && host_monotonic() < until) {
        struct pollfd fds[4];
        list_descriptors(c, fds);
        poll(fds, 4, (int)(LOOK_AGAIN * 1000));
        for (int i = 0; i < 2; i++) {
            fill(&c->outputs[i]);
            c->outputs[i].size = 0;
        }
    }
}

/* child:close() */
static int child_close(lua_State *L)
{
    struct child *c = luaL_checkudata(L, 1, CHILD);
    if (c->closed) return 0;
    c->closed = true;
    if (!c->ended && c->grace > 0) interrupt(c);
    if (!c->ended) {
        kill(c->pid, SIGKILL);
        reap(c, 0);
    }
    end_input(c);
    end_output(&c->outputs[0]);
    end_output(&c->outputs[1]);
    return 0;
}

static const luaL_Reg methods[] = {
    {"await",  child_await },
    {"read",   child_read  },
    {"write",  child_write },
    {"finish", child_finish},
    {"status", child_status},
    {"kill",   child_kill  },
    {"id",     child_id    },
    {"close",  child_close },
    {NULL,     NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    child_close},
    {"__close", child_close},
    {NULL,      NULL       }
};

void host_process_child_type(lua_State *L)
{
    host_newtype(L, CHILD, methods, metamethods);
}
