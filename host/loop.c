/* host.loop - the only wait: poll(2) over the descriptors and deadlines of the other
 * modules.
 *
 * The loop is a userdata in the registry, made on first use. Its user values are the list
 * of posted handles (what the next wait returns), the set of the same handles, and the
 * handles by their owner's address (weak: a forgotten handle closes). */

#include "loop.h"

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOP   "host.loop"
#define SIGNAL "host.loop.signal"

enum { QUEUE = 1, QUEUED, HANDLES, USER_VALUES = 3 };

static const struct {
    const char *name;
    int number;
    int flags;
    bool stops; /* asks the program to end */
} signals[] = {
    {"INT",   SIGINT,   0,          true }, /* no SA_RESTART: a slow read must return */
    {"TERM",  SIGTERM,  0,          true },
    {"HUP",   SIGHUP,   0,          true },
    {"WINCH", SIGWINCH, SA_RESTART, false},
};
enum { SIGNALS = sizeof signals / sizeof *signals, LAST_WORDS = 1024 };

/* The only mutable variables of the file: a signal handler is given nothing but a number,
 * so what it touches cannot live in a Lua state. It adds to a count and wakes the poll.
 */
static volatile sig_atomic_t arrived[SIGNALS];
static volatile sig_atomic_t wake_fd = -1;
static volatile sig_atomic_t
    unheard; /* when a stop came that nobody has counted; 0: none */
static char last_words[LAST_WORDS];

struct signal_watch {
    int which;                         /* index into signals */
    int taken;                         /* arrived[which] at the last count() */
    struct signal_watch *next, **back; /* back is NULL when closed */
};

struct loop {
    struct host_watch *first;   /* watched */
    struct host_watch *pending; /* polled, not yet dispatched */
    struct pollfd *fds;
    size_t capacity;
    struct signal_watch *handlers;
    int users[SIGNALS]; /* open handles of each signal */
    struct sigaction before[SIGNALS];
    struct host_watch
        wake; /* reading end of the signal pipe, while a signal is watched */
    int pipe[2];
    bool ended; /* the state closes; other finalizers may still come here */
};

/* Its address names the loop in the registry. */
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
    loop->pipe[0] = loop->pipe[1] = -1;
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

void host_loop_tell(lua_State *L, const void *owner)
{
    push_loop(L);
    lua_getiuservalue(L, -1, HANDLES);
    if (lua_rawgetp(L, -1, owner) == LUA_TUSERDATA) host_loop_post(L, -1);
    lua_pop(L, 3);
}

/* Pushes the list of posted handles and begins a new one. */
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

/* Lists every watch in fds; sets the earliest deadline; returns how many. Watches that an
 * earlier dispatch left behind (a `ready` raised) are taken back first. */
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

/* poll's milliseconds until `deadline`: rounded up, so that nothing is woken before its
 * time. */
static int timeout_until(double deadline)
{
    double ms = ceil((deadline - host_monotonic()) * 1000);
    return ms <= 0 ? 0 : ms >= INT_MAX / 2 ? INT_MAX / 2 : (int)ms;
}

/* Calls `ready` of each watch that has something. Watches move from pending to first one
 * by one, so a `ready` may remove any of them, itself included; those it adds wait their
 * turn. */
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

/* One poll and its consequences, not longer than until `deadline`. */
static void turn(lua_State *L, struct loop *loop, double deadline)
{
    size_t n = list_watches(L, loop, &deadline);
    bool asleep = deadline == HUGE_VAL;
    for (size_t i = 0; asleep && i < n; i++)
        asleep = loop->fds[i].fd < 0;
    if (asleep) luaL_error(L, "waiting for ever with nothing to wait for");

    int got = poll(loop->fds, (nfds_t)n, timeout_until(deadline));
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        luaL_error(L, "cannot poll: %s", strerror(errno));
    if (got < 0) /* what revents holds is not defined */
        for (size_t i = 0; i < n; i++)
            loop->fds[i].revents = 0;
    dispatch(L, loop, n);
}

/* wait(seconds) -> list of handles that were posted
 * math.huge: for ever, which raises when nothing is watched. */
static int loop_wait(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, !isnan(seconds), 1, "not a number of seconds");

    struct loop *loop = get_loop(L);
    if (loop->ended) luaL_error(L, "waiting while the program ends");
    double deadline = host_monotonic() + (seconds > 0 ? seconds : 0);
    do
        turn(L, loop, any_posted(L) ? 0 : deadline);
    while (!any_posted(L) && host_monotonic() < deadline);
    take_posted(L);
    return 1;
}

/* A Lua function that never returns keeps the program from its signals. So a stop that
 * follows, half a second or more later, one that nobody has counted ends the program
 * here. */
static void stop_unheard(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sig_atomic_t tenths = (sig_atomic_t)(now.tv_sec * 10 + now.tv_nsec / 100000000) + 1;
    if (!unheard) {
        unheard = tenths;
    } else if (tenths - unheard >= 5) {
        if (write(STDERR_FILENO, last_words, strnlen(last_words, LAST_WORDS)) < 0) {
            /* nobody listens */
        }
        _exit(128 + SIGINT);
    }
}

static void on_signal(int number)
{
    int saved = errno;
    for (int i = 0; i < SIGNALS; i++) {
        if (signals[i].number != number) continue;
        arrived[i]++;
        if (signals[i].stops) stop_unheard();
    }
    if (wake_fd >= 0 && write((int)wake_fd, "", 1) < 0) {
        /* a full pipe wakes as well */
    }
    errno = saved;
}

/* The pipe has bytes: posts every signal handle with something to count. */
static void wake_ready(lua_State *L, struct host_watch *w, short revents)
{
    char scratch[64];
    (void)revents;
    while (read(w->fd, scratch, sizeof scratch) > 0)
        ;
    for (struct signal_watch *s = get_loop(L)->handlers; s; s = s->next)
        if (arrived[s->which] != s->taken) host_loop_tell(L, s);
}

static void prepare_end(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void open_pipe(lua_State *L, struct loop *loop)
{
    if (loop->pipe[0] >= 0) return;
    if (pipe(loop->pipe) != 0) luaL_error(L, "cannot make a pipe: %s", strerror(errno));
    prepare_end(loop->pipe[0]);
    prepare_end(loop->pipe[1]);
    loop->wake = (struct host_watch){
        .fd = loop->pipe[0], .events = POLLIN, .deadline = HUGE_VAL, .ready = wake_ready};
    wake_fd = loop->pipe[1];
    host_loop_add(L, &loop->wake);
}

static void close_pipe(struct loop *loop)
{
    host_loop_remove(&loop->wake);
    if (wake_fd == loop->pipe[1]) wake_fd = -1;
    close(loop->pipe[0]);
    close(loop->pipe[1]);
    loop->pipe[0] = loop->pipe[1] = -1;
}

/* Who started us under nohup does not want us to end with the terminal: an ignored HUP
 * stays ignored. INT and TERM are taken over even so, for shells ignore INT in background
 * jobs. */
static void install(struct loop *loop, int which)
{
    if (loop->users[which]++ > 0) return;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = signals[which].flags};
    sigemptyset(&action.sa_mask);
    sigaction(signals[which].number, NULL, &loop->before[which]);
    if (signals[which].number == SIGHUP && loop->before[which].sa_handler == SIG_IGN)
        return;
    sigaction(signals[which].number, &action, NULL);
}

/* signal(name) -> signal
 * name: "INT", "TERM", "HUP" or "WINCH". */
static int loop_signal(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int which = 0;
    while (which < SIGNALS && strcmp(signals[which].name, name) != 0)
        which++;
    luaL_argcheck(L, which < SIGNALS, 1, "no such signal");

    struct signal_watch *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, SIGNAL);
    s->which = which;
    s->taken = arrived[which];

    host_loop_own(L, s);
    struct loop *loop = get_loop(L);
    open_pipe(L, loop);
    s->next = loop->handlers;
    s->back = &loop->handlers;
    if (s->next) s->next->back = &s->next;
    loop->handlers = s;
    install(loop, which);
    return 1;
}

/* signal:count() -> how often it came since the last call */
static int signal_count(lua_State *L)
{
    struct signal_watch *s = luaL_checkudata(L, 1, SIGNAL);
    luaL_argcheck(L, s->back, 1, "closed");
    int now = arrived[s->which];
    lua_pushinteger(L, now - s->taken);
    s->taken = now;
    if (signals[s->which].stops) unheard = 0;
    return 1;
}

/* last_words(text)
 * What stderr gets when a second stop ends the program outside the loop. */
static int loop_last_words(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (size >= LAST_WORDS) size = 0; /* half a command misleads */
    memcpy(last_words, text, size);
    last_words[size] = '\0';
    return 0;
}

/* signal:close()
 * The last handle of a signal gives it back what it did before. */
static int signal_close(lua_State *L)
{
    struct signal_watch *s = luaL_checkudata(L, 1, SIGNAL);
    if (!s->back) return 0;
    *s->back = s->next;
    if (s->next) s->next->back = s->back;
    s->back = NULL;

    struct loop *loop = get_loop(L);
    if (--loop->users[s->which] == 0)
        sigaction(signals[s->which].number, &loop->before[s->which], NULL);
    if (!loop->handlers) close_pipe(loop);
    return 0;
}

bool host_loop_signalled(lua_State *L)
{
    for (struct signal_watch *s = get_loop(L)->handlers; s; s = s->next)
        if (signals[s->which].stops && arrived[s->which] != s->taken) return true;
    return false;
}

static const luaL_Reg functions[] = {
    {"wait",       loop_wait      },
    {"signal",     loop_signal    },
    {"last_words", loop_last_words},
    {NULL,         NULL           }
};

static const luaL_Reg methods[] = {
    {"count", signal_count},
    {"close", signal_close},
    {NULL,    NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    signal_close},
    {"__close", signal_close},
    {NULL,      NULL        }
};

int luaopen_host_loop(lua_State *L)
{
    host_newtype(L, SIGNAL, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
