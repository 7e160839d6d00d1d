/* A shard of host.index: when 9/10 full, it grows by half. */

#include "index/shard.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LEAST_SLOTS = 8, PAGE = 4096, MAPPED = 32 * 1024 }; /* the last two: bytes */

void host_shard_insert(struct shard *h, uint64_t slot)
{
    uint32_t at = shard_home(h, slot), away = 0;

    for (; h->slots[at]; at = at + 1 == h->capacity ? 0 : at + 1, away++) {
        uint32_t other = shard_distance(h, h->slots[at], at);
        if (other >= away) continue;
        uint64_t poorer = h->slots[at];
        h->slots[at] = slot;
        slot = poorer;
        away = other;
    }
    h->slots[at] = slot;
    h->used++;
}

/* Larger shards are mapped, since malloc may keep the memory of outgrown ones. */
static uint64_t *allocate(uint32_t capacity)
{
    size_t size = capacity * sizeof(uint64_t);
    if (size < MAPPED) return calloc(capacity, sizeof(uint64_t));
    void *map =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

void host_shard_free(struct shard *h)
{
    size_t size = h->capacity * sizeof(uint64_t);
    if (size < MAPPED)
        free(h->slots);
    else
        munmap(h->slots, size);
    *h = (struct shard){0};
}

bool host_shard_reserve(struct shard *h, uint32_t more)
{
    if ((uint64_t)(h->used + more) * 10 <= (uint64_t)h->capacity * 9) return true;

    struct shard grown = {NULL, h->capacity + h->capacity / 2, 0};
    if (grown.capacity < LEAST_SLOTS) grown.capacity = LEAST_SLOTS;
    size_t size = grown.capacity * sizeof(uint64_t);
    if (size >= MAPPED) size = (size + PAGE - 1) / PAGE * PAGE;
    grown.capacity = (uint32_t)(size / sizeof(uint64_t));
    grown.slots = allocate(grown.capacity);
    if (!grown.slots) return false;
    for (uint32_t i = 0; i < h->capacity; i++)
        if (h->slots[i]) host_shard_insert(&grown, h->slots[i]);
    host_shard_free(h);
    *h = grown;
    return host_shard_reserve(h, more);
}
