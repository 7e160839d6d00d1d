/* host.process - child processes on the one loop, and this process's surroundings.
 *
 * What a child says is read ahead into a buffer of fixed size, and no further until Lua
 * takes it, so that a talkative child waits instead of filling memory. */

#include "bytes.h"
#include "host.h"
#include "loop.h"
#include "process_start.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#define CHILD "host.process.child"

#define LOOK_AGAIN 0.02 /* seconds; where the end of a child has no descriptor */

extern char **environ;

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
    struct host_watch end; /* its pidfd, or a deadline */
    struct output outputs[2];
    struct host_watch input; /* fd is -1 when finished, or no pipe */
    bool has_input, finishing;
    struct host_bytes queue; /* the pipe has taken the first `sent` bytes */
    size_t sent;
};

/* -- what it says -- */

static void end_output(struct output *o)
{
    host_loop_remove(&o->watch);
    if (o->fd >= 0) close(o->fd);
    o->fd = o->watch.fd = -1;
}

/* Reads ahead as far as there is room. */
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
    host_loop_tell(L, o->child);
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

/* -- what it is told -- */

static void end_input(struct child *c)
{
    host_loop_remove(&c->input);
    if (c->input.fd >= 0) close(c->input.fd);
    c->input.fd = -1;
    host_bytes_free(&c->queue);
    c->sent = 0;
}

/* Writes what the pipe takes; a child that closed its end loses the rest. */
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

/* Takes what is to be written, behind what still waits; false when memory is out. */
static bool enqueue(struct child *c, const char *data, size_t size)
{
    if (c->sent) {
        c->queue.size -= c->sent;
        memmove(c->queue.data, c->queue.data + c->sent, c->queue.size);
        c->sent = 0;
    }
    return host_bytes_add(&c->queue, data, size);
}

/* -- how it ends -- */

/* Fetches the exit status of a child that has ended; true when that is news. */
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
    c->status = got < 0               ? 255 /* somebody else took it */
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
        host_loop_tell(L, c);
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

/* -- starting it -- */

static const char *check_text(lua_State *L, int index, const char *what)
{
    size_t size;
    const char *text =
        lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &size) : NULL;
    if (!text || strlen(text) != size)
        luaL_error(L, "%s must be a string without a zero byte", what);
    return text;
}

/* Pushes a block that holds the words of the list at stack index 1 for exec. */
static char **push_argv(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t n = lua_rawlen(L, 1);
    luaL_argcheck(L, n > 0, 1, "an empty list");
    const char **argv = lua_newuserdatauv(L, (n + 1) * sizeof *argv, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        argv[i] = check_text(L, -1, "a word of the command"); /* kept alive by the list */
        lua_pop(L, 1);
    }
    argv[n] = NULL;
    return (char **)(uintptr_t)argv;
}

/* Whether the table at `index` has the name of "name=value". */
static bool overrides(lua_State *L, int index, const char *entry)
{
    lua_pushlstring(L, entry, strcspn(entry, "="));
    bool has = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
    return has;
}

/* Pushes two values that hold our environment with the table on top laid over it. */
static char **push_env(lua_State *L)
{
    int over = lua_gettop(L);
    size_t ours = 0, added = 0, n = 0;
    while (environ[ours])
        ours++;
    for (lua_pushnil(L); lua_next(L, over); lua_pop(L, 1))
        added++;
    lua_createtable(L, (int)added, 0);
    const char **env = lua_newuserdatauv(L, (ours + added + 1) * sizeof *env, 0);
    for (size_t i = 0; i < ours; i++)
        if (!overrides(L, over, environ[i])) env[n++] = environ[i];
    for (lua_pushnil(L); lua_next(L, over); n++) { /* texts env name value */
        const char *name = check_text(L, -2, "a name in 'env'");
        if (!*name || strchr(name, '='))
            luaL_error(L, "'%s' cannot be a name in 'env'", name);
        env[n] = lua_pushfstring(L, "%s=%s", name, check_text(L, -1, "a value in 'env'"));
        lua_rawseti(L, -5, (lua_Integer)n + 1);
        lua_pop(L, 1);
    }
    env[n] = NULL;
    return (char **)(uintptr_t)env;
}

static enum process_stream stream_option(lua_State *L, const char *name, int otherwise)
{
    static const char *const names[] = {"inherit", "null", "pipe", NULL};
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        otherwise = luaL_checkoption(L, -1, NULL, names);
    lua_pop(L, 1);
    return (enum process_stream)otherwise;
}

/* Reads the arguments; what the plan borrows stays on the stack. */
static void read_plan(lua_State *L, struct process_plan *plan)
{
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    *plan = (struct process_plan){
        .streams = {stream_option(L, "stdin", PROCESS_NULL),
                    stream_option(L, "stdout", PROCESS_PIPE),
                    stream_option(L, "stderr", PROCESS_INHERIT)},
        .follow = host_flag(L, 2, "follow", false),
        .group = host_flag(L, 2, "group", false),
    };
    plan->argv = push_argv(L);
    if (lua_getfield(L, 2, "directory") != LUA_TNIL)
        plan->directory = check_text(L, -1, "'directory'");
    if (lua_getfield(L, 2, "env") != LUA_TNIL) {
        luaL_argcheck(L, lua_istable(L, -1), 2, "'env' must be a table");
        plan->env = push_env(L);
    }
}

static struct child *new_child(lua_State *L)
{
    struct child *c = lua_newuserdatauv(L, sizeof *c, 0);
    memset(c, 0, sizeof *c);
    c->ended = true;
    c->input.fd = c->end.fd = c->outputs[0].fd = c->outputs[1].fd = -1;
    luaL_setmetatable(L, CHILD);
    host_loop_own(L, c);
    return c;
}

/* spawn(argv, options?) -> child | nil, message, kind
 * "missing" when there is no such program. */
static int process_spawn(lua_State *L)
{
    struct process_plan plan;
    struct process_started started;
    read_plan(L, &plan);
    struct child *c = new_child(L);

    if (!process_start(&plan, &started)) {
        if (started.step == PROCESS_DIRECTORY)
            return host_fail_errno(L, started.error, "changing to", plan.directory);
        return host_fail_errno(L, started.error, "starting", plan.argv[0]);
    }
    c->pid = started.pid;
    c->ended = false;
    c->has_input = started.ends[0] >= 0;
    c->input = (struct host_watch){.fd = started.ends[0],
                                   .events = POLLOUT,
                                   .deadline = HUGE_VAL,
                                   .ready = input_ready};
    begin_output(L, c, 0, started.ends[1]);
    begin_output(L, c, 1, started.ends[2]);
    watch_end(L, c);
    return 1;
}

/* -- the child, as Lua sees it -- */

static struct child *check_child(lua_State *L)
{
    struct child *c = luaL_checkudata(L, 1, CHILD);
    luaL_argcheck(L, !c->closed, 1, "closed");
    return c;
}

/* child:read(stream?) -> data | "" | nil
 * "" when there is nothing now, nil at the end. */
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

/* child:write(data) -> true | nil, message, "closed" */
static int child_write(lua_State *L)
{
    struct child *c = check_child(L);
    size_t size;
    const char *data = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, c->has_input && !c->finishing, 1, "stdin is not an open pipe");
    if (c->input.fd >= 0 && !enqueue(c, data, size))
        return luaL_error(L, "out of memory for what a child is to read");
    flush(L, c);
    if (c->input.fd < 0)
        return host_fail(L, HOST_CLOSED, "writing to process %d: it reads no more",
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
 * 128 + signal for a killed one. */
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

/* child:close() */
static int child_close(lua_State *L)
{
    struct child *c = luaL_checkudata(L, 1, CHILD);
    if (c->closed) return 0;
    c->closed = true;
    if (!c->ended) {
        kill(c->pid, SIGKILL);
        reap(c, 0);
    }
    end_input(c);
    end_output(&c->outputs[0]);
    end_output(&c->outputs[1]);
    return 0;
}

/* -- this process -- */

/* id() -> integer */
static int process_id(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* env(name) -> string | nil */
static int process_env(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

/* program() -> path */
static int process_program(lua_State *L)
{
    char path[PATH_MAX + 1];
#ifdef __APPLE__
    uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size) != 0)
        return luaL_error(L, "the path of this program is too long");
    lua_pushstring(L, path);
#else
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n < 0) return luaL_error(L, "reading /proc/self/exe: %s", strerror(errno));
    lua_pushlstring(L, path, (size_t)n);
#endif
    return 1;
}

/* Linux's own count, or 0. getrusage's also has the memory of whoever forked us. */
static long long peak_of_status(void)
{
    char line[256];
    long long kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "re");
    if (!f) return 0;
    while (!kilobytes && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = atoll(line + 6);
    fclose(f);
    return kilobytes * 1024;
}

/* peak_memory() -> bytes */
static int process_peak_memory(lua_State *L)
{
    struct rusage usage;
    lua_Integer peak = peak_of_status();
    if (peak == 0 && getrusage(RUSAGE_SELF, &usage) == 0) {
        peak = usage.ru_maxrss;
#ifndef __APPLE__
        peak *= 1024;
#endif
    }
    lua_pushinteger(L, peak);
    return 1;
}

static const luaL_Reg functions[] = {
    {"spawn",       process_spawn      },
    {"id",          process_id         },
    {"env",         process_env        },
    {"program",     process_program    },
    {"peak_memory", process_peak_memory},
    {NULL,          NULL               }
};

static const luaL_Reg methods[] = {
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

int luaopen_host_process(lua_State *L)
{
    host_newtype(L, CHILD, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
