/* The coroutine library of a recipe. It knows which coroutine runs, hands the hook of a
 * late call on, and passes a wait of an inner coroutine through to the program. */

#include "sandbox/sandbox.h"

#include <lauxlib.h>

enum { WRAPS = 1 }; /* lua_KContext of a call of a wrapped coroutine */

/* Their addresses are registry keys of sets of coroutines: tasks, and those that a wait
 * has been passed through, which only its reply resumes. */
static const char tasks_key = 0, waiting_key = 0;

static void push_set(lua_State *L, const char *key)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

static void put(lua_State *L, const char *key, int thread, bool is_in)
{
    thread = lua_absindex(L, thread);
    push_set(L, key);
    lua_pushvalue(L, thread);
    if (is_in)
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Whether the thread on top of the stack is in the set; pops it. */
static bool pop_is_in(lua_State *L, const char *key)
{
    push_set(L, key);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    bool is_in = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return is_in;
}

void host_coroutine_own(lua_State *L, int thread, bool is_task)
{
    put(L, &tasks_key, thread, is_task);
}

/* The main thread and tasks are the program's. */
static bool runs_for_program(lua_State *L)
{
    if (lua_pushthread(L)) {
        lua_pop(L, 1);
        return true;
    }
    return pop_is_in(L, &tasks_key);
}

static lua_State *check_thread(lua_State *L)
{
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "coroutine");
    return thread;
}

/* A coroutine that the recipe made, for a function that changes it. */
static lua_State *check_own(lua_State *L)
{
    lua_State *thread = check_thread(L);

    lua_pushvalue(L, 1);
    bool is_task = pop_is_in(L, &tasks_key);
    if (is_task || thread == host_sandbox_of(L)->inner)
        luaL_argerror(L, 1, "a coroutine that the recipe did not make");
    return thread;
}

int host_coroutine_run(struct host_sandbox *s, lua_State *from, lua_State *thread, int n,
                       int *results)
{
    lua_State *before = s->running;
    bool passable = s->passable;

    /* The program resumes its tasks from the main thread. */
    if (from != s->inner) s->passable = passable && lua_isyieldable(from);
    host_budget_hand_on(s, thread);
    s->running = thread;
    int status = lua_resume(thread, from, n, results);
    s->running = before;
    s->passable = passable;
    if (before) host_budget_hand_on(s, before);
    return status;
}

enum state { SUSPENDED, RUNNING, NORMAL, DEAD };
static const char *const state_names[] = {"suspended", "running", "normal", "dead"};

static enum state state_of(lua_State *L, int index)
{
    lua_State *thread = lua_tothread(L, index);
    lua_Debug ar;

    if (thread == L) return RUNNING;
    lua_pushvalue(L, index);
    if (pop_is_in(L, &waiting_key)) return NORMAL;
    switch (lua_status(thread)) {
    case LUA_YIELD:
        return SUSPENDED;
    case LUA_OK:
        if (lua_getstack(thread, 0, &ar)) return NORMAL;
        return lua_gettop(thread) == 0 ? DEAD : SUSPENDED;
    default:
        return DEAD;
    }
}

/* lua_resetthread, which runs what is to be closed. */
static int reset(lua_State *L, struct host_sandbox *s, lua_State *thread)
{
    lua_State *before = s->running;

    (void)L;
    s->running = thread;
    host_budget_hand_on(s, thread);
    int status = lua_resetthread(thread);
    s->running = before;
    host_budget_hand_on(s, before);
    return status;
}

/* Moves the error on top of `thread` here: raised, or as false and the error. */
static int failed(lua_State *L, struct host_sandbox *s, lua_State *thread, bool raises)
{
    lua_xmove(thread, L, 1);
    if (raises || s->budget.ending != HOST_ENDING_NONE) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* Notes where `thread`, whose error is on its top, has failed. */
static void note_stack(lua_State *L, lua_State *thread)
{
    if (!lua_checkstack(L, 1) || !lua_checkstack(thread, 1)) return;
    lua_pushvalue(thread, -1);
    lua_xmove(thread, L, 1);
    host_stack_note(L, thread, 0, -1);
    lua_pop(L, 1);
}

static int go_on(lua_State *L, int status, lua_KContext kind);

/* Resumes the coroutine at 1 with the values above it. A wait in it is the program's: it
 * yields once more, from here, and the reply resumes it. */
static int resume(lua_State *L, lua_KContext kind)
{
    struct host_sandbox *s = host_sandbox_of(L);
    lua_State *thread = lua_tothread(L, 1);
    int n = lua_gettop(L) - 1, results = 0;

    if (!lua_checkstack(thread, n + 1))
        return luaL_error(L, "too many arguments to resume");
    lua_xmove(L, thread, n);
    int status = host_coroutine_run(s, L, thread, n, &results);
    if (status > LUA_YIELD) {
        if (s->budget.ending == HOST_ENDING_NONE && !s->memory->exhausted)
            note_stack(L, thread);
        if (kind == WRAPS) reset(L, s, thread);
        return failed(L, s, thread, kind == WRAPS);
    }
    luaL_checkstack(L, results + 1, "too many results to resume");
    if (status == LUA_YIELD && (s->waiting || s->preempted)) {
        put(L, &waiting_key, 1, true);
        lua_xmove(thread, L, results);
        return lua_yieldk(L, results, kind, go_on);
    }
    if (kind != WRAPS) lua_pushboolean(L, 1);
    lua_xmove(thread, L, results);
    return results + (kind != WRAPS);
}

/* The program has replied to a wait in the coroutine at 1. */
static int go_on(lua_State *L, int status, lua_KContext kind)
{
    (void)status;
    put(L, &waiting_key, 1, false);
    return resume(L, kind);
}

/* Pushes why the coroutine at 1 cannot be resumed; false if it can. */
static bool is_stuck(lua_State *L)
{
    enum state state = state_of(L, 1);

    if (state == SUSPENDED) return false;
    if (state == DEAD)
        lua_pushliteral(L, "cannot resume dead coroutine");
    else
        lua_pushliteral(L, "cannot resume non-suspended coroutine");
    return true;
}

/* resume(thread, ...) -> true, values... | false, error */
static int coroutine_resume(lua_State *L)
{
    check_own(L);
    if (is_stuck(L)) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    return resume(L, 0);
}

static int wrapped(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (is_stuck(L)) return lua_error(L);
    return resume(L, WRAPS);
}

/* create(fn) -> thread */
static int coroutine_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    return 1;
}

/* wrap(fn) -> function */
static int coroutine_wrap(lua_State *L)
{
    coroutine_create(L);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

/* yield(...) -> what the next resume passes */
static int coroutine_yield(lua_State *L)
{
    if (runs_for_program(L))
        return luaL_error(L,
                          "coroutine.yield outside a coroutine that the recipe created");
    return lua_yield(L, lua_gettop(L));
}

/* close(thread) -> true | false, error */
static int coroutine_close(lua_State *L)
{
    struct host_sandbox *s = host_sandbox_of(L);
    lua_State *thread = check_own(L);
    enum state state = state_of(L, 1);

    if (state != SUSPENDED && state != DEAD)
        return luaL_error(L, "cannot close a %s coroutine", state_names[state]);
    if (reset(L, s, thread) != LUA_OK) return failed(L, s, thread, false);
    lua_pushboolean(L, 1);
    return 1;
}

/* status(thread) -> "suspended" | "running" | "normal" | "dead" */
static int coroutine_status(lua_State *L)
{
    check_thread(L);
    lua_pushstring(L, state_names[state_of(L, 1)]);
    return 1;
}

/* isyieldable() -> boolean */
static int coroutine_isyieldable(lua_State *L)
{
    lua_pushboolean(L, lua_isyieldable(L) && !runs_for_program(L));
    return 1;
}

/* running() -> thread, whether the program made it */
static int coroutine_running(lua_State *L)
{
    bool programs = runs_for_program(L);
    lua_pushthread(L);
    lua_pushboolean(L, programs);
    return 2;
}

static const luaL_Reg functions[] = {
    {"close",       coroutine_close      },
    {"create",      coroutine_create     },
    {"isyieldable", coroutine_isyieldable},
    {"resume",      coroutine_resume     },
    {"running",     coroutine_running    },
    {"status",      coroutine_status     },
    {"wrap",        coroutine_wrap       },
    {"yield",       coroutine_yield      },
    {NULL,          NULL                 }
};

void host_coroutine_open(lua_State *L)
{
    luaL_newlib(L, functions);
}
