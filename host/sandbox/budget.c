/* The budget of a recipe's call: a count hook that is set only once the call is late.
 *
 * While a count hook is set Lua enters it at every instruction, which makes a tight loop
 * twice as slow. So the watchdog's signal sets it after 100 ms, as lua.c does on Ctrl-C.
 * Once the budget is spent the hook fires at each instruction and raises each time: a
 * loop around pcall is hit itself. */

#include "sandbox/budget.h"

#include "clock.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

#include <lauxlib.h>
#include <time.h>

enum {
    EVERY = 100, /* instructions between two calls of the hook */
    LEVELS = 50  /* of the stack that are searched for a line */
};

static const double TURN = 0.02;  /* seconds that a task runs before others get a turn */
static const double SHOWN = 0.25; /* seconds between two signs of life */

const char *const host_ending_names[] = {"none", "steps", "time", "interrupted",
                                         "stopped"};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *words_of(enum host_ending ending)
{
    switch (ending) {
    case HOST_ENDING_STEPS:
        return "the call took too many instructions";
    case HOST_ENDING_TIME:
        return "the call took too much time";
    case HOST_ENDING_INTERRUPTED:
        return "interrupted";
    default:
        return "the run ends";
    }
}

/* Pushes the line of Lua that runs, or that called the functions in C that run. */
static void push_where(lua_State *L)
{
    lua_Debug ar;

    for (int level = 0; level < LEVELS && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0) continue;
        lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
        return;
    }
    lua_pushliteral(L, "");
}

int host_budget_raise(lua_State *L, struct host_sandbox *s)
{
    push_where(L);
    lua_pushstring(L, words_of(s->budget.ending));
    lua_concat(L, 2);
    return lua_error(L);
}

static void hook(lua_State *L, lua_Debug *ar);

void host_budget_stop(struct host_sandbox *s, lua_State *running, enum host_ending ending)
{
    s->budget.ending = ending;
    s->budget.armed = 1;
    lua_sethook(running, hook, LUA_MASKCOUNT, 1);
}

/* Tells the program that loading takes long: it shows progress. */
static void show(struct host_sandbox *s)
{
    double now = host_monotonic();
    if (s->budget.bound != HOST_BOUND_SIGNAL || now - s->budget.shown < SHOWN) return;
    s->budget.shown = now;
    s->busy(s);
}

/* Ends the call if its budget is spent, or if a signal asks the program to end. */
static void check(lua_State *L, struct host_sandbox *s)
{
    struct host_budget *b = &s->budget;
    enum host_ending ending = HOST_ENDING_NONE;

    if (b->bound != HOST_BOUND_TASK && s->outer && host_loop_signalled(s->outer))
        ending = HOST_ENDING_INTERRUPTED;
    else if (b->bound == HOST_BOUND_CALL && b->steps > b->most_steps)
        ending = HOST_ENDING_STEPS;
    else if (b->bound == HOST_BOUND_CALL && cpu_seconds() - b->cpu > b->most_cpu)
        ending = HOST_ENDING_TIME;
    if (ending == HOST_ENDING_NONE) {
        show(s);
        return;
    }
    host_budget_stop(s, L, ending);
    host_budget_raise(L, s);
}

static void hook(lua_State *L, lua_Debug *ar)
{
    struct host_sandbox *s = host_sandbox_of(L);

    (void)ar;
    if (s->budget.ending != HOST_ENDING_NONE) host_budget_raise(L, s);
    s->budget.steps += EVERY;
    check(L, s);
    if (s->budget.bound != HOST_BOUND_TASK || !s->passable || !lua_isyieldable(L)) return;
    if (host_monotonic() - s->budget.turn < TURN) return;
    s->preempted = true;
    lua_yield(L, 0);
}

void host_budget_spend(lua_State *L, size_t steps)
{
    struct host_sandbox *s = host_sandbox_of(L);

    if (!s) return;
    if (s->budget.ending != HOST_ENDING_NONE) host_budget_raise(L, s);
    if (!s->budget.armed) return;
    s->budget.steps += steps;
    check(L, s);
}

void host_budget_hand_on(struct host_sandbox *s, lua_State *thread)
{
    int every = s->budget.ending != HOST_ENDING_NONE ? 1 : s->budget.armed ? EVERY : 0;
    int has = lua_gethookmask(thread) ? lua_gethookcount(thread) : 0;

    /* Setting it anew would begin its count anew. */
    if (every == has) return;
    lua_sethook(thread, every ? hook : NULL, every ? LUA_MASKCOUNT : 0, every);
}

/* In a signal handler: only what lua_sethook and clock_gettime do. */
void host_budget_late(struct host_sandbox *s)
{
    lua_State *L = s->running;

    if (!L || s->budget.ending != HOST_ENDING_NONE) return;
    if (!s->budget.armed) {
        s->budget.steps = 0;
        s->budget.cpu = cpu_seconds();
        s->budget.armed = 1;
    }
    /* Not again: it would begin its count anew at each look of the watchdog. */
    if (!lua_gethookmask(L)) lua_sethook(L, hook, LUA_MASKCOUNT, EVERY);
}

void host_budget_refresh(struct host_sandbox *s)
{
    s->budget.armed = 0;
    s->budget.ending = HOST_ENDING_NONE;
    if (lua_gethookmask(s->running)) lua_sethook(s->running, NULL, 0, 0);
    host_watchdog_watch(s->watchdog, s);
}

double host_budget_pause(void)
{
    return cpu_seconds();
}

void host_budget_resume(struct host_sandbox *s, double paused)
{
    s->budget.cpu += cpu_seconds() - paused;
}

struct host_budget host_budget_begin(struct host_sandbox *s, enum host_bound bound)
{
    struct host_budget around = s->budget;

    s->budget.bound = bound;
    s->budget.armed = 0;
    s->budget.ending = HOST_ENDING_NONE;
    if (bound == HOST_BOUND_TASK) s->budget.turn = host_monotonic();
    host_watchdog_watch(s->watchdog, s);
    return around;
}

void host_budget_end(struct host_sandbox *s, const struct host_budget *around)
{
    s->budget = *around;
    host_watchdog_watch(s->watchdog, s->outer ? s : NULL);
}
