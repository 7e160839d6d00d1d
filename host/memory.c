/* Small blocks for Lua, cut from slabs and reused by size.
 *
 * Each source record becomes about thirty short-lived objects. Lua passes the size of
 * what it frees, so a block needs no header and goes directly to the free list of its
 * size, where malloc would search, split and merge. Slabs are freed only at the end:
 * the blocks of one record serve the next. */

#include "memory.h"

#include <stdint.h>
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

struct blocks {
    struct host_memory memory; /* first, so that it is found at the same address */
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

static void *from_slab(struct blocks *m, size_t size)
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

static void *take(struct blocks *m, size_t size)
{
    if (size > largest) return malloc(size);
    size_t list = list_of(size);
    struct free_block *block = m->free[list];
    if (!block) return from_slab(m, list * STEP);
    m->free[list] = block->next;
    return block;
}

static void give_back(struct blocks *m, void *block, size_t size)
{
    if (size > largest) {
        free(block);
        return;
    }
    struct free_block *freed = block;
    freed->next = m->free[list_of(size)];
    m->free[list_of(size)] = freed;
}

/* A block of another size, with the same first bytes. */
static void *resize(struct blocks *m, void *block, size_t old, size_t size)
{
    if (old > largest && size > largest) return realloc(block, size);
    if (old <= largest && size <= largest && list_of(old) == list_of(size)) return block;
    void *moved = take(m, size);
    if (!moved) return NULL;
    memcpy(moved, block, old < size ? old : size);
    give_back(m, block, old);
    return moved;
}

static void *refuse(struct blocks *m)
{
    m->memory.exhausted = true;
    return NULL;
}

/* Runs some sixty times for each record: the two most frequent cases come first. */
void *host_memory_alloc(void *ud, void *block, size_t old, size_t size)
{
    struct blocks *m = ud;

    if (!block) { /* `old` is then a type */
        if (size > m->memory.room) return refuse(m);
        block = size ? take(m, size) : NULL;
        if (block) m->memory.room -= size;
        return block;
    }
    if (size == 0) {
        if (old) give_back(m, block, old);
        m->memory.room += old;
        return NULL;
    }
    if (size > old && size - old > m->memory.room) return refuse(m);
    block = resize(m, block, old, size);
    if (block) m->memory.room += old - size;
    return block;
}

struct host_memory *host_memory_new(void)
{
    struct blocks *m = calloc(1, sizeof *m);

    if (!m) return NULL;
    m->memory.room = SIZE_MAX;
    return &m->memory;
}

void host_memory_free(struct host_memory *memory)
{
    struct blocks *m = (struct blocks *)memory;

    while (m && m->slabs) {
        struct slab *slab = m->slabs;
        m->slabs = slab->next;
        free(slab);
    }
    free(m);
}
