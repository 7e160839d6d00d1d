/* A shard of host.index: a hash table of slots of 8 bytes (shard.c). One that is
 * all zeros is empty.
 *
 * A slot is where a record is, shifted left by SHARD_TAG_BITS, and the tag, bits of the
 * key's hash, from which its place follows: growing reads nothing but slots. Robin Hood
 * hashing keeps them in the order of their homes, so that a search for what is not there
 * ends early. */
#ifndef HOST_INDEX_SHARD_H
#define HOST_INDEX_SHARD_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARD_TAG_BITS = 24 };
#define SHARD_TAG_MASK ((1u << SHARD_TAG_BITS) - 1)

struct shard {
    uint64_t *slots; /* 0: empty, for no record is at offset 0 */
    uint32_t capacity, used;
};

/* Where a slot, or a tag alone, belongs. */
static inline uint32_t shard_home(const struct shard *h, uint64_t slot)
{
    return (uint32_t)((slot & SHARD_TAG_MASK) * h->capacity >> SHARD_TAG_BITS);
}

/* How far behind its home the slot at `at` is. */
static inline uint32_t shard_distance(const struct shard *h, uint64_t slot, uint32_t at)
{
    uint32_t from = shard_home(h, slot);
    return at >= from ? at - from : at + h->capacity - from;
}

/* Makes room for `more` slots; false when memory is out. */
bool host_shard_reserve(struct shard *h, uint32_t more);

/* Adds a slot, for which there is room. */
void host_shard_insert(struct shard *h, uint64_t slot);

/* Empties the shard and gives its memory back. */
void host_shard_free(struct shard *h);

#endif
