/* The allocator of a Lua state: the program's, and a recipe's, which has less
 * room. */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct host_memory {
    size_t room;    /* bytes that may still be allocated */
    bool exhausted; /* set when an allocation is refused for want of room */
};

/* With room without end; NULL if out of memory. */
struct host_memory *host_memory_new(void);

/* A lua_Alloc whose `ud` is a host_memory. */
void *host_memory_alloc(void *ud, void *block, size_t old, size_t size);

/* Frees everything; call after lua_close. */
void host_memory_free(struct host_memory *m);

#endif
