/* host.loop, signals - counted by a handler, posted by the loop.
 *
 * The handles share a userdata in the registry, created with the first of them. */

#include "loop/loop.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SIGNAL "host.loop.signal"

static const struct {
    const char *name;
    int number;
    int flags;
    bool stops; /* asks the program to end */
} kinds[] = {
    {"INT",   SIGINT,   0,          true }, /* no SA_RESTART: a slow read must return */
    {"TERM",  SIGTERM,  0,          true },
    {"HUP",   SIGHUP,   0,          true },
    {"WINCH", SIGWINCH, SA_RESTART, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds, LAST_WORDS = 1024 };

/* The only mutable variables of the file: a signal handler gets nothing but a number, so
 * its data cannot live in a Lua state. It increments a count and wakes the poll. */
static volatile sig_atomic_t arrived[KINDS];
static volatile sig_atomic_t wake_fd = -1;
static volatile sig_atomic_t unheard; /* time of a stop not yet counted; 0: none */
static char last_words[LAST_WORDS];

struct signal_watch {
    int which;                         /* index into kinds */
    int taken;                         /* arrived[which] at the last count() */
    struct signal_watch *next, **back; /* back is NULL when closed */
};

struct signals {
    struct signal_watch *handlers;
    int users[KINDS]; /* open handles of each kind */
    struct sigaction before[KINDS];
    struct host_watch wake; /* reading end of the pipe, while a signal is watched */
    int pipe[2];
};

/* Its address is their registry key. */
static const char key = 0;

/* NULL until a signal is watched. */
static struct signals *find_signals(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
    struct signals *all = lua_touserdata(L, -1);
    lua_pop(L, 1); /* the registry holds it */
    return all;
}

static struct signals *get_signals(lua_State *L)
{
    struct signals *all = find_signals(L);
    if (all) return all;
    all = lua_newuserdatauv(L, sizeof *all, 0);
    memset(all, 0, sizeof *all);
    all->pipe[0] = all->pipe[1] = -1;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    return all;
}

/* A Lua function that never returns blocks signal handling. So a second stop, at least
 * half a second after one that was not counted, ends the program here. */
static void stop_unheard(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sig_atomic_t tenths = (sig_atomic_t)(now.tv_sec * 10 + now.tv_nsec / 100000000) + 1;
    if (!unheard) {
        unheard = tenths;
    } else if (tenths - unheard >= 5) {
        if (write(STDERR_FILENO, last_words, strnlen(last_words, LAST_WORDS)) < 0) {
            /* nothing else to do */
        }
        _exit(128 + SIGINT);
    }
}

static void on_signal(int number)
{
    int saved = errno;
    for (int i = 0; i < KINDS; i++) {
        if (kinds[i].number != number) continue;
        arrived[i]++;
        if (kinds[i].stops) stop_unheard();
    }
    if (wake_fd >= 0 && write((int)wake_fd, "", 1) < 0) {
        /* a full pipe wakes the poll, too */
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
    for (struct signal_watch *s = find_signals(L)->handlers; s; s = s->next)
        if (arrived[s->which] != s->taken) host_loop_notify(L, s);
}

static void prepare_end(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void open_pipe(lua_State *L, struct signals *all)
{
    if (all->pipe[0] >= 0) return;
    if (pipe(all->pipe) != 0) luaL_error(L, "cannot create a pipe: %s", strerror(errno));
    prepare_end(all->pipe[0]);
    prepare_end(all->pipe[1]);
    all->wake = (struct host_watch){
        .fd = all->pipe[0], .events = POLLIN, .deadline = HUGE_VAL, .ready = wake_ready};
    wake_fd = all->pipe[1];
    host_loop_add(L, &all->wake);
}

static void close_pipe(struct signals *all)
{
    host_loop_remove(&all->wake);
    if (wake_fd == all->pipe[1]) wake_fd = -1;
    close(all->pipe[0]);
    close(all->pipe[1]);
    all->pipe[0] = all->pipe[1] = -1;
}

/* Under nohup, the program must survive its terminal: an ignored HUP stays ignored. INT
 * and TERM are handled even if ignored, because shells ignore INT in background jobs. */
static void install(struct signals *all, int which)
{
    if (all->users[which]++ > 0) return;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = kinds[which].flags};
    sigemptyset(&action.sa_mask);
    sigaction(kinds[which].number, NULL, &all->before[which]);
    if (kinds[which].number == SIGHUP && all->before[which].sa_handler == SIG_IGN) return;
    sigaction(kinds[which].number, &action, NULL);
}

/* signal(name) -> signal
 * name: "INT", "TERM", "HUP" or "WINCH". */
static int loop_signal(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int which = 0;
    while (which < KINDS && strcmp(kinds[which].name, name) != 0)
        which++;
    luaL_argcheck(L, which < KINDS, 1, "no such signal");

    struct signal_watch *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, SIGNAL);
    s->which = which;
    s->taken = arrived[which];

    host_loop_own(L, s);
    struct signals *all = get_signals(L);
    open_pipe(L, all);
    s->next = all->handlers;
    s->back = &all->handlers;
    if (s->next) s->next->back = &s->next;
    all->handlers = s;
    install(all, which);
    return 1;
}

/* signal:count() -> arrivals since the last call */
static int signal_count(lua_State *L)
{
    struct signal_watch *s = luaL_checkudata(L, 1, SIGNAL);
    luaL_argcheck(L, s->back, 1, "closed");
    int now = arrived[s->which];
    lua_pushinteger(L, now - s->taken);
    s->taken = now;
    if (kinds[s->which].stops) unheard = 0;
    return 1;
}

/* last_words(text)
 * The text for stderr when a second stop ends the program outside the loop. */
static int loop_last_words(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (size >= LAST_WORDS) size = 0; /* a truncated command would mislead */
    memcpy(last_words, text, size);
    last_words[size] = '\0';
    return 0;
}

/* signal:close()
 * The last handle of a signal restores its previous action. */
static int signal_close(lua_State *L)
{
    struct signal_watch *s = luaL_checkudata(L, 1, SIGNAL);
    if (!s->back) return 0;
    *s->back = s->next;
    if (s->next) s->next->back = s->back;
    s->back = NULL;

    struct signals *all = find_signals(L);
    if (--all->users[s->which] == 0)
        sigaction(kinds[s->which].number, &all->before[s->which], NULL);
    if (!all->handlers) close_pipe(all);
    return 0;
}

bool host_loop_signalled(lua_State *L)
{
    const struct signals *all = find_signals(L);
    for (struct signal_watch *s = all ? all->handlers : NULL; s; s = s->next)
        if (kinds[s->which].stops && arrived[s->which] != s->taken) return true;
    return false;
}

static const luaL_Reg functions[] = {
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

void host_loop_signal_open(lua_State *L)
{
    host_newtype(L, SIGNAL, methods, metamethods);
    luaL_setfuncs(L, functions, 0);
}
