/* What the modules that own descriptors hand to the one wait (loop.c).
 *
 * A watch is a field of its owner's struct, zeroed before use. The owner adds it once and
 * changes fd, events and deadline in place; it must remove it before the memory goes and
 * before it closes fd. `ready` is called from inside loop.wait, with the Lua state, never
 * from a library's callback; it may push and pop but must leave the stack as it found it.
 * A deadline calls it once and is then HUGE_VAL until the owner sets another. When the
 * owner has something to tell Lua it calls host_loop_post with its own handle (the
 * userdata) on the stack: loop.wait returns it. */
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

/* Adds `w` to the loop of this Lua state. Nothing happens if it is there already. */
void host_loop_add(lua_State *L, struct host_watch *w);

/* Takes `w` out; may be called twice, also inside a `ready`. */
void host_loop_remove(struct host_watch *w);

/* Notes that the handle at `index` has something to say. The handle is kept alive until
 * loop.wait has returned it; posting it again before that changes nothing. */
void host_loop_post(lua_State *L, int index);

/* Makes the userdata on top of the stack the handle of `owner`, an address: what a
 * `ready` tells of, that knows only its struct. It is not kept alive. */
void host_loop_own(lua_State *L, const void *owner);

/* Posts the handle of `owner`, unless it is being collected. */
void host_loop_tell(lua_State *L, const void *owner);

/* True once a watched signal that asks the program to end (loop.signal, all but WINCH)
 * has arrived and was not yet taken: for loops in C that read a slow input and must stop.
 * Such a signal interrupts system calls (EINTR). */
bool host_loop_signalled(lua_State *L);

/* Adds signal and last_words to the table on top (signal.c). They need the loop, so
 * the list of modules adds them, not the loop. */
void host_loop_signal_open(lua_State *L);

#endif
