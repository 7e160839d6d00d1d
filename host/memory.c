/* Small blocks for Lua, cut from slabs and reused by size.
 *
 * Each source record becomes about thirty short-lived objects. Lua passes the size of
 * what it frees, so a block needs no header and goes directly to the free list of its
 * size, where malloc would search, split and merge. Slabs are freed only at the end:
 * the blocks of one record serve the next. */

#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEP = 16,     /* bytes between two block sizes, and the alignment */
    LARGEST = 512, /* bytes; larger blocks come from malloc */
    SLAB = 64 * 1024,
    SIZES = LARGEST / STEP
};

struct free_block {
    struct free_block *next;
};

struct slab {
    struct slab *next;
    char pad[STEP - sizeof(struct slab *)]; /* aligns what follows */
    char bytes[];
};

struct host_memory {
    struct free_block *free[SIZES + 1]; /* free[1]: of 16 bytes */
    char *fresh, *end;                  /* of the newest slab: not yet handed out */
    struct slab *slabs;
};

/* A sanitizer must see each block as requested. gcc defines a macro for it, clang has a
 * feature test. */
#if defined __has_feature
#if __has_feature(address_sanitizer) && !defined __SANITIZE_ADDRESS__
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
static const size_t largest = 0;
#else
static const size_t largest = LARGEST;
#endif

static size_t list_of(size_t size)
{
    return (size + STEP - 1) / STEP;
}

static void *from_slab(struct host_memory *m, size_t size)
{
    if ((size_t)(m->end - m->fresh) < size) {
        struct slab *slab = malloc(sizeof *slab + SLAB);
        if (!slab) return NULL;
        slab->next = m->slabs;
        m->slabs = slab;
        m->fresh = slab->bytes;
        m->end = slab->bytes + SLAB;
    }
    char *block = m->fresh;
    m->fresh += size;
    return block;
}

static void *take(struct host_memory *m, size_t size)
{
    if (size > largest) return malloc(size);
    size_t list = list_of(size);
    struct free_block *block = m->free[list];
    if (!block) return from_slab(m, list * STEP);
    m->free[list] = block->next;
    return block;
}

static void give_back(struct host_memory *m, void *block, size_t size)
{
    if (size > largest) {
        free(block);
        return;
    }
    struct free_block *freed = block;
    freed->next = m->free[list_of(size)];
    m->free[list_of(size)] = freed;
}

void *host_memory_alloc(void *ud, void *block, size_t old, size_t size)
{
    struct host_memory *m = ud;

    if (!block) return size ? take(m, size) : NULL; /* `old` is then a type */
    if (size == 0) {
        if (old) give_back(m, block, old);
        return NULL;
    }
    if (old > largest && size > largest) return realloc(block, size);
    if (old <= largest && size <= largest && list_of(old) == list_of(size)) return block;
    void *moved = take(m, size);
    if (!moved) return NULL;
    memcpy(moved, block, old < size ? old : size);
    give_back(m, block, old);
    return moved;
}

struct host_memory *host_memory_new(void)
{
    return calloc(1, sizeof(struct host_memory));
}

void host_memory_free(struct host_memory *m)
{
    while (m && m->slabs) {
        struct slab *slab = m->slabs;
        m->slabs = slab->next;
        free(slab);
    }
    free(m);
}
