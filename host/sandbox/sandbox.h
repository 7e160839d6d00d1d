/* A Lua state of its own for a recipe, entered from the program's: shared by the files of
 * host.sandbox. "Inner" is the recipe's state, "outer" the program's.
 *
 * Each entry is a lua_pcall or a lua_resume of the state that is entered, so that neither
 * an error nor a yield of one state unwinds C frames of the other. */
#ifndef HOST_SANDBOX_SANDBOX_H
#define HOST_SANDBOX_SANDBOX_H

#include "bytes.h"
#include "index/index.h"
#include "memory.h"
#include "sandbox/budget.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

/* What ends the code of a recipe whatever it catches; in the order of host_ending_names.
 */
enum host_ending {
    HOST_ENDING_NONE,
    HOST_ENDING_STEPS,
    HOST_ENDING_TIME,
    HOST_ENDING_INTERRUPTED,
    HOST_ENDING_STOPPED
};

/* What bounds an entry: nothing but a signal; steps and time; or nothing, but it yields
 * now and then. */
enum host_bound { HOST_BOUND_SIGNAL, HOST_BOUND_CALL, HOST_BOUND_TASK };

struct host_budget {
    size_t most_steps; /* of a call, counted from when it was late */
    double most_cpu;   /* seconds of this thread, counted from the same moment */
    size_t steps;
    double cpu;   /* this thread's when the call was late */
    double turn;  /* monotonic: when the task was last resumed */
    double shown; /* monotonic: when the program last heard of the call */
    enum host_bound bound;
    enum host_ending ending;
    volatile int armed; /* the hook is set: the call was late */
};

struct host_watchdog;

enum { HOST_PLAIN_FIELDS = 4 };

/* A user without oddities, whose JSON is in the shared draft. All is borrowed until the
 * inner state is entered again. */
struct host_plain {
    const char *at; /* its place; ends with a zero byte */
    size_t at_size;
    const char *kind; /* of its password, or NULL */
    lua_Integer lost; /* the number of what it loses; 0: nothing */
    struct field fields[HOST_PLAIN_FIELDS];
};

struct host_sandbox {
    lua_State *inner; /* NULL once closed */
    lua_State *outer; /* the coroutine that entered; NULL outside of an entry */
    lua_State *volatile running; /* the coroutine of `inner` that runs */
    struct host_memory *memory;
    struct host_watchdog *watchdog;
    struct host_budget budget;
    void (*busy)(
        struct host_sandbox *); /* called now and then in an entry without bounds */
    const void *inner_mark, *outer_mark; /* the metatables of JSON lists */
    const struct host_bytes *draft;      /* what the recipe's state shares */
    const struct host_plain *plain; /* what the function `next` left, see host.step */
    size_t ceiling;                 /* bytes that the inner state may use */
    bool passable;           /* a wait of the running coroutine reaches the program */
    bool waiting, preempted; /* why a coroutine yields, unless the recipe itself yields */
};

/* User value of the sandbox's userdata: the program's function for asks. */
enum { HOST_SANDBOX_ASK = 1 };

/* The sandbox of an inner state; NULL for any other. */
static inline struct host_sandbox *host_sandbox_of(lua_State *L)
{
    return *(struct host_sandbox **)lua_getextraspace(L);
}

/* -- budget.c -- */

extern const char *const host_ending_names[];

/* Begins an entry; the budget that it returns belongs to the entry around it. */
struct host_budget host_budget_begin(struct host_sandbox *s, enum host_bound bound);
/* Ends it, and restores the one around it. */
void host_budget_end(struct host_sandbox *s, const struct host_budget *around);
/* The same entry goes on with a fresh budget. */
void host_budget_refresh(struct host_sandbox *s);
/* The program works for the recipe, which does not count: `paused` is what the first
 * function returned. */
double host_budget_pause(void);
void host_budget_resume(struct host_sandbox *s, double paused);
/* From here on every instruction of the recipe raises. */
void host_budget_stop(struct host_sandbox *s, lua_State *running,
                      enum host_ending ending);
/* Gives a coroutine that is about to run the hook that the state needs. */
void host_budget_hand_on(struct host_sandbox *s, lua_State *thread);
/* Called by the watchdog's signal, on the recipe's thread. */
void host_budget_late(struct host_sandbox *s);
/* Raises what ended the entry. */
int host_budget_raise(lua_State *L, struct host_sandbox *s);

/* -- watchdog.c -- */

/* Watches the entries of one sandbox; calls `on_late_entry` in a signal handler on the
 * thread that makes it. NULL with errno if there is no thread for it. */
struct host_watchdog *host_watchdog_new(void (*on_late_entry)(struct host_sandbox *));
void host_watchdog_free(struct host_watchdog *w);
/* An entry begins, goes on, or (NULL) ends. */
void host_watchdog_watch(struct host_watchdog *w, struct host_sandbox *s);

/* -- cross.c -- */

struct host_cross {
    const void *from_mark, *to_mark; /* of JSON lists */
    bool lenient; /* what cannot cross becomes a stand-in of its type */
    int depth;
    size_t nodes, bytes;
    char message[256]; /* of a refusal: the path and why */
};

struct host_cross host_cross_inward(const struct host_sandbox *s);
struct host_cross host_cross_outward(const struct host_sandbox *s, bool lenient);
/* Pushes a copy of the value at `index` onto `to`, which may raise for want of memory;
 * false, with nothing pushed and a message, if it cannot cross. Calls no metamethod. */
bool host_cross_copy(struct host_cross *c, lua_State *from, int index, lua_State *to);
/* Raises for an argument of the inner state that cannot cross. */
void host_cross_check(lua_State *L, int first, int last);

/* -- stack.c -- */

/* Notes the functions that run on the stack `of`, from `level` on, for the error at the
 * index `err` of L, unless it was noted already. */
void host_stack_note(lua_State *L, lua_State *of, int level, int err);
/* Pushes the list that was noted last, or nil, and forgets it. */
void host_stack_take(lua_State *L);

/* -- protect.c, coroutine.c, door.c: functions for the inner state -- */

/* Each pushes a table of functions. */
void host_protect_open(lua_State *L);
void host_coroutine_open(lua_State *L);
void host_door_open(lua_State *L);

/* A task is a coroutine that the program made: the recipe cannot resume or close it. */
void host_coroutine_own(lua_State *L, int thread, bool is_task);
/* lua_resume of `thread` from `from`, which it may yield through if that may yield. */
int host_coroutine_run(struct host_sandbox *s, lua_State *from, lua_State *thread, int n,
                       int *results);

/* -- sandbox.c: what happens inside next, for modules of the host -- */

/* An entry into the inner state, which lasts until it is ended. */
struct host_entry {
    struct host_sandbox *s;
    lua_State *outer, *around; /* who enters, and who had entered before */
    lua_State *running;
    struct host_budget budget;
    bool passable;
    int base; /* of the inner state's main thread */
};

/* The results of the inner function `next`: a plain user; or the values from `first` to
 * `last` of the inner stack; or, unless it happened, an error on top. */
struct host_event {
    struct host_entry entry;
    bool happened;
    const struct host_plain *plain; /* or NULL */
    int first, last;
};

/* The sandbox at `index`; raises for another value, or a closed one. */
struct host_sandbox *host_sandbox_check(lua_State *L, int index);

/* The next event, for a function that has the sandbox at index 1. It must be ended, by
 * one of the two functions below. */
struct host_event host_sandbox_event(lua_State *L, struct host_sandbox *s);

/* Ends the event: pushes what sandbox:next returns, and copies the shared draft. Returns
 * how many values it pushed. */
int host_sandbox_hand_over(lua_State *L, struct host_event *event,
                           struct host_bytes *draft);

/* Ends the event, which nobody needs any longer. Pushes nothing. */
void host_sandbox_end_event(struct host_event *event);

#endif
