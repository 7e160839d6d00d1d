/* A shard of host.index: a hash table of 8-byte slots (shard.c). A zeroed shard is empty.
 *
 * A slot is the record's offset, shifted left by SHARD_TAG_BITS, and the tag, bits of the
 * key's hash, which determine its position: growing reads nothing but slots. Robin Hood
 * hashing orders slots by home position, so a search for a missing key ends early. */
#ifndef HOST_INDEX_SHARD_H
#define HOST_INDEX_SHARD_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARD_TAG_BITS = 24 };
#define SHARD_TAG_MASK ((1u << SHARD_TAG_BITS) - 1)

struct shard {
    uint64_t *slots; /* 0: empty, since no record is at offset 0 */
    uint32_t capacity, used;
};

/* The home position of a slot, or of a tag alone. */
static inline uint32_t shard_home(const struct shard *h, uint64_t slot)
{
    return (uint32_t)((slot & SHARD_TAG_MASK) * h->capacity >> SHARD_TAG_BITS);
}

/* The distance of the slot at `at` from its home. */
static inline uint32_t shard_distance(const struct shard *h, uint64_t slot, uint32_t at)
{
    uint32_t from = shard_home(h, slot);
    return at >= from ? at - from : at + h->capacity - from;
}

/* Reserves room for `more` slots; false if out of memory. */
bool host_shard_reserve(struct shard *h, uint32_t more);

/* Adds a slot, for which room is reserved. */
void host_shard_insert(struct shard *h, uint64_t slot);

/* Empties the shard and frees its memory. */
void host_shard_free(struct shard *h);

#endif
