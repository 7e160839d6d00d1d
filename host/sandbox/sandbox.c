/* host.sandbox - a Lua state of its own for a recipe: what the program's state calls.
 *
 * Memory is counted by an allocator with a ceiling; time by budget.c. Values are copied
 * by cross.c. The Lua that runs inside first (boot) is the program's own; it
 * returns the functions that can be called by name. */

#include "sandbox/sandbox.h"

#include "bytes.h"
#include "common.h"
#include "embedded.h"
#include "host.h"
#include "json/json.h"

#include <errno.h>
#include <lualib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "host.sandbox.state"

enum { HEADROOM = 1 << 20 }; /* bytes */

/* Their addresses are registry keys of the inner state: functions by name, tasks by
 * number, the traceback of the last error of our own lines. */
static const char functions_key = 0, tasks_key = 0, trace_key = 0;

static struct host_sandbox *check_sandbox(lua_State *L)
{
    return host_sandbox_check(L, 1);
}

static size_t used_by(const struct host_sandbox *s)
{
    return s->ceiling - s->memory->room;
}

/* -- entries -- */

static struct host_entry begin(lua_State *L, struct host_sandbox *s,
                               enum host_bound bound)
{
    struct host_entry e = {
        s, L, s->outer, s->running, {0}, s->passable, lua_gettop(s->inner)};

    s->outer = L;
    s->running = s->inner;
    s->memory->exhausted = false;
    s->passable = bound == HOST_BOUND_TASK;
    e.budget = host_budget_begin(s, bound);
    if (!lua_checkstack(s->inner, LUA_MINSTACK)) s->memory->exhausted = true;
    return e;
}

static void end(struct host_entry *e)
{
    struct host_sandbox *s = e->s;

    lua_settop(s->inner, e->base);
    s->outer = e->around;
    s->running = e->running;
    s->passable = e->passable;
    s->waiting = s->preempted = false;
    host_budget_end(s, &e->budget);
    host_budget_hand_on(s, s->running ? s->running : s->inner);
}

struct message {
    struct host_sandbox *s;
    lua_State *outer;
    int first, last; /* the values to copy */
};

/* Copies the outer values of a message onto the inner stack. */
static int push_values(lua_State *inner, const struct message *m)
{
    struct host_cross c = host_cross_inward(m->s);

    luaL_checkstack(inner, m->last - m->first + 4, "too many values");
    for (int i = m->first; i <= m->last; i++)
        if (!host_cross_copy(&c, m->outer, i, inner))
            return luaL_error(inner, "%s", c.message);
    return m->last - m->first + 1;
}

/* Pushes the function that the outer value at `index` names. */
static void push_function(lua_State *inner, lua_State *outer, int index)
{
    lua_rawgetp(inner, LUA_REGISTRYINDEX, &functions_key);
    lua_pushstring(inner, lua_tostring(outer, index));
    lua_rawget(inner, -2);
    if (!lua_isfunction(inner, -1))
        luaL_error(inner, "no function %s inside", lua_tostring(outer, index));
    lua_remove(inner, -2);
}

/* call(message) -> results; protected, in the inner state */
static int call_inside(lua_State *inner)
{
    struct message *m = lua_touserdata(inner, 1);

    lua_settop(inner, 0);
    push_function(inner, m->outer, m->first - 1);
    lua_call(inner, push_values(inner, m), LUA_MULTRET);
    return lua_gettop(inner);
}

/* Notes what was running when the error was raised; and the traceback, if one of our own
 * lines raised it. Nothing once the budget or the memory has ended. */
static int trace(lua_State *inner)
{
    const char *text = lua_type(inner, 1) == LUA_TSTRING ? lua_tostring(inner, 1) : "";
    const struct host_sandbox *s = host_sandbox_of(inner);

    if (s->budget.ending != HOST_ENDING_NONE || s->memory->exhausted) return 1;
    host_stack_note(inner, inner, 1, 1);
    if (strncmp(text, "lualib/", 7) == 0) {
        luaL_traceback(inner, inner, text, 1);
        lua_rawsetp(inner, LUA_REGISTRYINDEX, &trace_key);
    }
    lua_settop(inner, 1);
    return 1;
}

/* describe(error, stack, trace) -> {message, kind, where, trace}; protected, by the
 * function of that name */
static int describe_inside(lua_State *inner)
{
    lua_rawgetp(inner, LUA_REGISTRYINDEX, &functions_key);
    lua_getfield(inner, -1, "describe");
    lua_pushvalue(inner, 1);
    host_stack_take(inner);
    lua_rawgetp(inner, LUA_REGISTRYINDEX, &trace_key);
    lua_pushnil(inner);
    lua_rawsetp(inner, LUA_REGISTRYINDEX, &trace_key);
    lua_call(inner, 3, 1);
    return 1;
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

/* Pushes the description of the error on top of the inner stack, as a table. */
static void push_described(lua_State *L, struct host_sandbox *s, enum host_ending ending)
{
    lua_State *inner = s->inner;
    struct host_cross c = host_cross_outward(s, true);

    lua_pushcfunction(inner, describe_inside);
    lua_insert(inner, -2);
    if (lua_pcall(inner, 1, 1, 0) != LUA_OK || !lua_istable(inner, -1) ||
        !host_cross_copy(&c, inner, -1, L)) {
        lua_newtable(L);
        set_text(L, "message", "an error that cannot be described");
        set_text(L, "kind", "fatal");
    }
    if (ending != HOST_ENDING_NONE) set_text(L, "ended", host_ending_names[ending]);
}

/* Pushes false and the description of the error on top of the inner stack. */
static int push_failure(lua_State *L, struct host_entry *e)
{
    struct host_sandbox *s = e->s;
    enum host_ending ending = s->budget.ending;
    bool exhausted = s->memory->exhausted;

    if (exhausted) lua_gc(s->inner, LUA_GCCOLLECT);
    size_t used = used_by(s);
    host_budget_refresh(s);
    s->budget.bound = HOST_BOUND_CALL;
    lua_pushboolean(L, 0);
    s->memory->room += HEADROOM; /* to describe an error that left no memory */
    push_described(L, s, ending);
    s->memory->room = s->memory->room > HEADROOM ? s->memory->room - HEADROOM : 0;
    if (exhausted) {
        lua_pushinteger(L, (lua_Integer)used);
        lua_setfield(L, -2, "used");
    }
    return 2;
}

/* Copies the inner values from `first` to `last` onto L; false with a message in c. */
static bool take_values(lua_State *L, struct host_cross *c, lua_State *inner, int first,
                        int last)
{
    luaL_checkstack(L, last - first + 4, "too many values");
    for (int i = first; i <= last; i++)
        if (!host_cross_copy(c, inner, i, L)) return false;
    return true;
}

static int refuse_values(lua_State *L, struct host_cross *c)
{
    lua_pushboolean(L, 0);
    lua_newtable(L);
    lua_pushfstring(L, "a value that is handed to the program %s", c->message);
    lua_setfield(L, -2, "message");
    set_text(L, "kind", "usage");
    return 2;
}

static int enter(lua_State *L, enum host_bound bound, bool lenient)
{
    struct host_sandbox *s = check_sandbox(L);
    luaL_checkstring(L, 2);
    int top = lua_gettop(L), n;
    struct message m = {s, L, 3, top};
    struct host_cross c = host_cross_outward(s, lenient);
    struct host_entry e = begin(L, s, bound);
    lua_State *inner = s->inner;

    lua_pushcfunction(inner, trace);
    lua_pushcfunction(inner, call_inside);
    lua_pushlightuserdata(inner, &m);
    if (lua_pcall(inner, 1, LUA_MULTRET, e.base + 1) != LUA_OK) {
        n = push_failure(L, &e);
    } else {
        n = lua_gettop(inner) - e.base; /* with `true` for the message handler */
        lua_pushboolean(L, 1);
        if (!take_values(L, &c, inner, e.base + 2, e.base + n)) n = refuse_values(L, &c);
    }
    end(&e);
    return n;
}

static void copy_draft(lua_State *L, const struct host_sandbox *s,
                       struct host_bytes *draft)
{
    draft->size = 0;
    if (!s->draft || s->draft->size == 0) return;
    memcpy(host_json_space(L, draft, s->draft->size), s->draft->data, s->draft->size);
    draft->size = s->draft->size;
}

/* next() -> results of the step (door.step), or else of the function of that name;
 * protected, in the inner state */
static int next_inside(lua_State *inner)
{
    if (lua_rawgetp(inner, LUA_REGISTRYINDEX, host_sandbox_of(inner)) == LUA_TNIL) {
        lua_rawgetp(inner, LUA_REGISTRYINDEX, &functions_key);
        lua_getfield(inner, -1, "next");
        lua_replace(inner, 1);
        lua_settop(inner, 1);
    }
    lua_call(inner, 0, LUA_MULTRET);
    return lua_gettop(inner);
}

struct host_event host_sandbox_event(lua_State *L, struct host_sandbox *s)
{
    struct host_event event = {.entry = begin(L, s, HOST_BOUND_CALL)};
    lua_State *inner = s->inner;

    s->plain = NULL;
    lua_pushcfunction(inner, trace);
    lua_pushcfunction(inner, next_inside);
    event.happened = lua_pcall(inner, 0, LUA_MULTRET, event.entry.base + 1) == LUA_OK;
    event.first = event.entry.base + 2;
    event.last = lua_gettop(inner);
    event.plain = event.happened ? s->plain : NULL;
    return event;
}

static int push_plain(lua_State *L, const struct host_plain *plain)
{
    luaL_checkstack(L, HOST_PLAIN_FIELDS + LUA_MINSTACK, NULL);
    int base = lua_gettop(L);

    lua_pushboolean(L, 1);
    lua_pushliteral(L, "user");
    lua_pushlstring(L, plain->at, plain->at_size);
    lua_pushboolean(L, 0); /* the first of its record */
    lua_pushstring(L, plain->kind);
    lua_pushinteger(L, 0);
    lua_pushboolean(L, 0); /* nothing is noted */
    lua_pushinteger(L, plain->lost);
    for (int i = 0; i < HOST_PLAIN_FIELDS; i++) {
        const struct field *field = &plain->fields[i];
        if (field->bytes)
            lua_pushlstring(L, field->bytes, field->size);
        else
            lua_pushnil(L);
    }
    return lua_gettop(L) - base;
}

int host_sandbox_hand_over(lua_State *L, struct host_event *event,
                           struct host_bytes *draft)
{
    struct host_sandbox *s = event->entry.s;
    struct host_cross c = host_cross_outward(s, false);
    int n;

    if (!event->happened) {
        n = push_failure(L, &event->entry);
    } else if (event->plain) {
        n = push_plain(L, event->plain);
    } else {
        n = event->last - event->first + 2;
        lua_pushboolean(L, 1);
        if (!take_values(L, &c, s->inner, event->first, event->last))
            n = refuse_values(L, &c);
    }
    end(&event->entry);
    copy_draft(L, s, draft);
    return n;
}

void host_sandbox_end_event(struct host_event *event)
{
    end(&event->entry);
}

struct host_sandbox *host_sandbox_check(lua_State *L, int index)
{
    struct host_sandbox *s = luaL_checkudata(L, index, TYPE);
    luaL_argcheck(L, s->inner, index, "the sandbox is closed");
    return s;
}

/* sandbox:next(draft) -> as call("next"); copies the text of the shared draft, too
 * Runs for every record. */
static int sandbox_next(lua_State *L)
{
    struct host_sandbox *s = host_self(L, TYPE);
    luaL_argcheck(L, s->inner, 1, "the sandbox is closed");
    struct host_bytes *draft = host_json_draft(L, 2, NULL);
    struct host_event event = host_sandbox_event(L, s);
    return host_sandbox_hand_over(L, &event, draft);
}

/* sandbox:call(name, ...) -> true, results... | false, description */
static int sandbox_call(lua_State *L)
{
    return enter(L, HOST_BOUND_CALL, false);
}

/* sandbox:show(name, ...) -> true, results... | false, description
 * In results, what cannot cross is a stand-in of its type. */
static int sandbox_show(lua_State *L)
{
    return enter(L, HOST_BOUND_CALL, true);
}

/* sandbox:run(name, ...) -> true, results... | false, description
 * Bounded by nothing but a signal. */
static int sandbox_run(lua_State *L)
{
    return enter(L, HOST_BOUND_SIGNAL, false);
}

/* -- tasks -- */

/* Makes the coroutine of a task; protected. Returns its number. */
static int open_inside(lua_State *inner)
{
    struct message *m = lua_touserdata(inner, 1);

    lua_settop(inner, 0);
    lua_rawgetp(inner, LUA_REGISTRYINDEX, &tasks_key);
    lua_Integer number = (lua_Integer)lua_rawlen(inner, 1) + 1;
    lua_State *thread = lua_newthread(inner);
    host_coroutine_own(inner, 2, true);
    push_function(inner, m->outer, m->first - 1);
    int n = push_values(inner, m);
    luaL_checkstack(thread, n + 1, "too many values");
    lua_xmove(inner, thread, n + 1);
    lua_rawseti(inner, 1, number);
    lua_pushinteger(inner, number);
    return 1;
}

/* sandbox:task(name, ...) -> number | false, description
 * A coroutine that calls the function; `resume` runs it. */
static int sandbox_task(lua_State *L)
{
    struct host_sandbox *s = check_sandbox(L);
    luaL_checkstring(L, 2);
    struct message m = {s, L, 3, lua_gettop(L)};
    struct host_entry e = begin(L, s, HOST_BOUND_CALL);
    int n = 1;

    lua_pushcfunction(s->inner, open_inside);
    lua_pushlightuserdata(s->inner, &m);
    if (lua_pcall(s->inner, 1, 1, 0) == LUA_OK)
        lua_pushinteger(L, lua_tointeger(s->inner, -1));
    else
        n = push_failure(L, &e);
    end(&e);
    return n;
}

/* Pushes the task's coroutine onto the inner stack, NULL if it has ended. */
static lua_State *push_task(struct host_sandbox *s, lua_Integer number)
{
    lua_rawgetp(s->inner, LUA_REGISTRYINDEX, &tasks_key);
    lua_rawgeti(s->inner, -1, number);
    lua_remove(s->inner, -2);
    return lua_tothread(s->inner, -1);
}

/* Puts false in the place of a task that has ended, so that its number is not reused. */
static void forget_task(struct host_sandbox *s, lua_Integer number)
{
    lua_rawgetp(s->inner, LUA_REGISTRYINDEX, &tasks_key);
    lua_pushboolean(s->inner, 0);
    lua_rawseti(s->inner, -2, number);
    lua_pop(s->inner, 1);
}

/* values(message) -> the values, on the inner stack; protected */
static int values_inside(lua_State *inner)
{
    struct message *m = lua_touserdata(inner, 1);

    lua_settop(inner, 0);
    return push_values(inner, m);
}

/* trace_task(thread, error): as `trace`, for a task; protected */
static int trace_task(lua_State *inner)
{
    const char *text = lua_type(inner, 2) == LUA_TSTRING ? lua_tostring(inner, 2) : "";

    host_stack_note(inner, lua_tothread(inner, 1), 0, 2);
    if (strncmp(text, "lualib/", 7) != 0) return 0;
    luaL_traceback(inner, lua_tothread(inner, 1), text, 0);
    lua_rawsetp(inner, LUA_REGISTRYINDEX, &trace_key);
    return 0;
}

/* Pushes the error of a task, whose stack is still as it was, on the inner stack. */
static void take_error(lua_State *inner, lua_State *thread)
{
    lua_xmove(thread, inner, 1);
    lua_pushcfunction(inner, trace_task);
    lua_pushthread(thread);
    lua_xmove(thread, inner, 1);
    lua_pushvalue(inner, -3);
    if (lua_pcall(inner, 2, 0, 0) != LUA_OK) lua_pop(inner, 1); /* without a trace */
}

/* The task waits, has ended or failed: pushes what the program is told. */
static int push_turn(lua_State *L, struct host_entry *e, lua_State *thread, int status,
                     int n)
{
    struct host_sandbox *s = e->s;
    struct host_cross c = host_cross_outward(s, false);
    bool preempted = s->preempted;

    if (status > LUA_YIELD) {
        lua_pushliteral(L, "failed");
        take_error(s->inner, thread);
        push_failure(L, e);
        lua_remove(L, -2);
        return 2;
    }
    if (status == LUA_YIELD && preempted) {
        lua_pop(thread, n);
        lua_pushliteral(L, "pass");
        return 1;
    }
    lua_pushstring(L, status == LUA_YIELD ? "wait" : "done");
    int top = lua_gettop(thread);
    bool taken = take_values(L, &c, thread, top - n + 1, top);
    lua_pop(thread, n);
    if (taken) return n + 1;
    lua_pushliteral(L, "failed");
    refuse_values(L, &c);
    lua_remove(L, -2);
    return 2;
}

static int resume_task(lua_State *L, bool stops)
{
    struct host_sandbox *s = check_sandbox(L);
    lua_Integer number = luaL_checkinteger(L, 2);
    struct message m = {s, L, 3, lua_gettop(L)};
    struct host_entry e = begin(L, s, HOST_BOUND_TASK);
    lua_State *inner = s->inner, *thread;
    int n = 0, status;

    lua_pushcfunction(inner, values_inside);
    lua_pushlightuserdata(inner, &m);
    if (lua_pcall(inner, 1, LUA_MULTRET, 0) != LUA_OK) {
        lua_pushliteral(L, "failed");
        push_failure(L, &e);
        lua_remove(L, -2);
        end(&e);
        return 2;
    }
    n = lua_gettop(inner) - e.base;
    thread = push_task(s, number);
    lua_pop(inner, 1); /* the registry holds it */
    if (!thread || !lua_checkstack(thread, n + 1)) {
        end(&e);
        return luaL_error(L, "the task %d has ended", (int)number);
    }
    lua_xmove(inner, thread, n);
    if (lua_status(thread) == LUA_OK) n = lua_gettop(thread) - 1; /* its first turn */
    if (stops) host_budget_stop(s, thread, HOST_ENDING_STOPPED);
    status = host_coroutine_run(s, inner, thread, n, &n);
    int pushed = push_turn(L, &e, thread, status, n);
    if (status != LUA_YIELD) forget_task(s, number);
    end(&e);
    return pushed;
}

/* sandbox:resume(task, ...) -> "done", results... | "wait", values... | "pass"
 *   | "failed", description
 * The values are those that the task waited for. "pass": it runs on at the next resume.
 */
static int sandbox_resume(lua_State *L)
{
    return resume_task(L, false);
}

/* sandbox:stop(task) -> as resume
 * Raises in the task what none of its functions can catch. */
static int sandbox_stop(lua_State *L)
{
    return resume_task(L, true);
}

/* -- the rest -- */

/* sandbox:draft(draft)
 * Copies the text of the draft that was shared inside. */
static int sandbox_draft(lua_State *L)
{
    struct host_sandbox *s = check_sandbox(L);
    struct host_bytes *draft = host_json_draft(L, 2, NULL);

    luaL_argcheck(L, s->draft, 1, "no draft is shared");
    copy_draft(L, s, draft);
    return 0;
}

/* sandbox:settle(bytes) -> bytes in use
 * After loading: the ceiling is `bytes` above what is then in use. */
static int sandbox_settle(lua_State *L)
{
    struct host_sandbox *s = check_sandbox(L);
    lua_Integer more = luaL_checkinteger(L, 2);

    luaL_argcheck(L, more > 0, 2, "a ceiling must leave room");
    lua_gc(s->inner, LUA_GCCOLLECT);
    s->ceiling = used_by(s) + (size_t)more;
    s->memory->room = (size_t)more;
    lua_pushinteger(L, (lua_Integer)used_by(s));
    return 1;
}

/* sandbox:memory() -> bytes in use */
static int sandbox_memory(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)used_by(check_sandbox(L)));
    return 1;
}

/* sandbox:close() */
static int sandbox_close(lua_State *L)
{
    struct host_sandbox *s = luaL_checkudata(L, 1, TYPE);

    if (s->outer) return luaL_error(L, "a sandbox cannot be closed from inside");
    host_watchdog_free(s->watchdog);
    s->watchdog = NULL;
    if (s->inner) lua_close(s->inner);
    s->inner = NULL;
    host_memory_free(s->memory);
    s->memory = NULL;
    return 0;
}

/* Asks the program "busy". Its function is in the entry that runs, as in door.c. */
static void ask_busy(struct host_sandbox *s)
{
    lua_State *outer = s->outer;
    int base = lua_gettop(outer);

    if (!lua_checkstack(outer, 4)) return;
    lua_getiuservalue(outer, 1, HOST_SANDBOX_ASK);
    lua_pushliteral(outer, "busy");
    if (lua_pcall(outer, 1, 0, 0) != LUA_OK) lua_settop(outer, base);
}

/* Pushes the chunk of the boot text, or without one of the module `name`. */
static void push_boot(lua_State *inner, const char *text, size_t size, const char *name)
{
    if (text) {
        if (luaL_loadbufferx(inner, text, size, name, "t") != LUA_OK) lua_error(inner);
    } else {
        if (!host_embedded_load(inner, name))
            luaL_error(inner, "the program has no module %s", name);
        lua_pop(inner, 1);
    }
}

/* boot(text, size, name) -> the functions that can be called; protected */
static int boot_inside(lua_State *inner)
{
    const char *text = lua_touserdata(inner, 1), *name = lua_touserdata(inner, 3);
    size_t size = (size_t)lua_tointeger(inner, 2);
    struct host_sandbox *s = host_sandbox_of(inner);

    lua_settop(inner, 0);
    lua_gc(inner, LUA_GCSTOP); /* what is loaded stays */
    luaL_openlibs(inner);
    lua_newtable(inner);
    lua_rawsetp(inner, LUA_REGISTRYINDEX, &tasks_key);
    lua_newtable(inner);
    host_json_mark(inner);
    lua_getmetatable(inner, 1);
    s->inner_mark = lua_topointer(inner, -1);
    lua_settop(inner, 0);
    push_boot(inner, text, size, name);
    host_door_open(inner);
    host_protect_open(inner);
    host_coroutine_open(inner);
    lua_call(inner, 3, 1);
    luaL_checktype(inner, -1, LUA_TTABLE);
    lua_rawsetp(inner, LUA_REGISTRYINDEX, &functions_key);
    lua_gc(inner, LUA_GCRESTART);
    lua_gc(inner, LUA_GCGEN, 0, 0); /* records die young; the modules stay */
    return 0;
}

static lua_Integer size_field(lua_State *L, const char *name)
{
    if (lua_getfield(L, 1, name) != LUA_TNUMBER || lua_tointeger(L, -1) <= 0)
        luaL_error(L, "%s must be a positive integer", name);
    lua_Integer value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

/* Runs the first Lua of the options at 2; raises its error. */
static void boot(lua_State *L, struct host_sandbox *s)
{
    size_t size = 0;
    const char *text = host_field(L, 2, "boot", &size);
    const char *name = host_field(L, 2, "name", NULL);

    if (!name) luaL_error(L, "name must be a string");
    struct host_entry e = begin(L, s, HOST_BOUND_SIGNAL);
    lua_State *inner = s->inner;
    lua_pushcfunction(inner, boot_inside);
    lua_pushlightuserdata(inner, (void *)(uintptr_t)text);
    lua_pushinteger(inner, (lua_Integer)size);
    lua_pushlightuserdata(inner, (void *)(uintptr_t)name);
    bool booted = lua_pcall(inner, 3, 0, 0) == LUA_OK;
    if (!booted) {
        const char *message = lua_tostring(inner, -1);
        lua_pushstring(L, message ? message : "the recipe's state cannot be made");
    }
    end(&e);
    if (!booted) lua_error(L);
}

/* new{ask, memory, steps, seconds, boot, name} -> sandbox | nil, message, kind
 * ask: the program's function for what the state asks. memory: bytes until `settle`.
 * steps, seconds: the budget of a call, counted once it is late. boot: the text of the
 * Lua that runs first, and name that of its chunk; without it, name is that of a module
 * of the program. */
static int sandbox_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer memory = size_field(L, "memory"), steps = size_field(L, "steps");
    lua_getfield(L, 1, "seconds");
    lua_Number seconds = luaL_checknumber(L, -1);
    lua_settop(L, 1);

    struct host_sandbox *s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, TYPE);
    lua_getfield(L, 1, "ask");
    luaL_argexpected(L, lua_isfunction(L, -1), 1, "an ask function");
    lua_setiuservalue(L, 2, HOST_SANDBOX_ASK);
    s->busy = ask_busy;
    s->budget.most_steps = (size_t)steps;
    s->budget.most_cpu = seconds;
    lua_newtable(L);
    host_json_mark(L);
    lua_getmetatable(L, -1);
    s->outer_mark = lua_topointer(L, -1);
    lua_settop(L, 2);

    s->memory = host_memory_new();
    s->ceiling = (size_t)memory;
    if (s->memory) s->memory->room = s->ceiling;
    s->inner = s->memory ? lua_newstate(host_memory_alloc, s->memory) : NULL;
    if (!s->inner) return host_fail(L, HOST_EXHAUSTED, "out of memory for a recipe");
    *(struct host_sandbox **)lua_getextraspace(s->inner) = s;
    s->watchdog = host_watchdog_new(host_budget_late);
    if (!s->watchdog)
        return host_fail_errno(L, errno, "starting the watch over", "a recipe");
    lua_insert(L, 1); /* as in each entry: the sandbox is the first value */
    boot(L, s);
    lua_settop(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"new", sandbox_new},
    {NULL,  NULL       }
};

static const luaL_Reg methods[] = {
    {"call",   sandbox_call  },
    {"close",  sandbox_close },
    {"draft",  sandbox_draft },
    {"memory", sandbox_memory},
    {"next",   sandbox_next  },
    {"resume", sandbox_resume},
    {"run",    sandbox_run   },
    {"settle", sandbox_settle},
    {"show",   sandbox_show  },
    {"stop",   sandbox_stop  },
    {"task",   sandbox_task  },
    {NULL,     NULL          }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    sandbox_close},
    {"__close", sandbox_close},
    {NULL,      NULL         }
};

int luaopen_host_sandbox(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
