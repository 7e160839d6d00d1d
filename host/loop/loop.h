/* Watches: how modules that own descriptors take part in the one wait (loop.c).
 *
 * A watch is a field of its owner's struct, zeroed before use. The owner adds it once and
 * changes fd, events and deadline in place; it must remove it before it frees the memory
 * or closes fd. `ready` is called from inside loop.wait, with the Lua state, never from a
 * library's callback; it may push and pop but must leave the stack as it found it. A
 * deadline calls it once and is then HUGE_VAL until the owner sets another. To notify
 * Lua, the owner calls host_loop_post with its handle (the userdata) on the stack:
 * loop.wait returns it. */
#ifndef HOST_LOOP_H
#define HOST_LOOP_H

#include <lua.h>

#include <stdbool.h>

struct host_watch {
    int fd;          /* -1: only the deadline counts */
    short events;    /* POLLIN, POLLOUT */
    double deadline; /* seconds of host_monotonic(); HUGE_VAL for none */
    void (*ready)(lua_State *L, struct host_watch *w, short revents);
    struct host_watch *next, **back; /* loop.c's, as the next one */
    short seen;
};

/* Adds `w` to the loop of this Lua state. No effect if it was added before. */
void host_loop_add(lua_State *L, struct host_watch *w);

/* Removes `w`; safe to call twice, also inside a `ready`. */
void host_loop_remove(struct host_watch *w);

/* Posts the handle at `index`: loop.wait returns it. It is kept alive until then; posting
 * it again before that has no effect. */
void host_loop_post(lua_State *L, int index);

/* Registers the userdata on top of the stack as the handle of `owner`, an address, for a
 * `ready` that knows only its struct. Does not keep it alive. */
void host_loop_own(lua_State *L, const void *owner);

/* Posts the handle of `owner`, unless it is being collected. */
void host_loop_notify(lua_State *L, const void *owner);

/* Whether a watched signal that asks the program to end (all but WINCH) has arrived and
 * was not yet counted: for loops in C that block on input. Such a signal interrupts
 * system calls (EINTR). */
bool host_loop_signalled(lua_State *L);

/* Adds signal and last_words to the table on top (signal.c). They depend on loop.c, so
 * the list of modules adds them. */
void host_loop_signal_open(lua_State *L);

#endif
