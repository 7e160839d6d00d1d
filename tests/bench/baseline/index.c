/* The identifiers of all users: a record each in an unlinked file, and in memory 8 bytes
 * per identifier, half of them the record's offset, half a hash of the identifier. Equal
 * hashes prove nothing: the record is read back. */

#include "baseline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { FIRST_SLOTS = 1024, BUFFER = 64 * 1024, FIELDS = 2 };

/* Followed by the bytes of the fields. */
struct record {
    uint64_t position;
    uint16_t sizes[FIELDS];
};

static struct {
    const char *path;
    int fd;
    uint64_t seed, *slots;
    size_t capacity, used;
    size_t written, buffered; /* bytes of the file, and those that follow in the buffer */
    char buffer[BUFFER];
} all;

void index_open(const char *folder)
{
    all.path = strdup(path_in(folder, "identifiers"));
    all.fd = open(all.path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (all.fd < 0) die("cannot create", all.path);
    unlink(all.path);
    if (getentropy(&all.seed, sizeof all.seed) != 0) die("no seed for", all.path);
    all.buffered = 1; /* no record is at offset 0, which means an empty slot */
    all.capacity = FIRST_SLOTS;
    all.slots = calloc(all.capacity, sizeof *all.slots);
    if (!all.slots) die("out of memory for", all.path);
}

__extension__ typedef unsigned __int128 wide;

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash(int field, struct text t)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = (all.seed + (uint64_t)field) ^ t.size, word = 0;

    for (; t.size >= 8; t.bytes += 8, t.size -= 8) {
        memcpy(&word, t.bytes, 8);
        h = fold(h ^ word, odd);
    }
    word = 0;
    memcpy(&word, t.bytes, t.size);
    return (uint32_t)(fold(fold(h ^ word, odd) ^ all.seed, odd) >> 32);
}

static size_t home(uint32_t tag)
{
    return (size_t)((uint64_t)tag * all.capacity >> 32);
}

/* The bytes of the file from `offset` on. */
static void read_back(uint64_t offset, void *out, size_t size)
{
    if (offset >= all.written)
        memcpy(out, all.buffer + (offset - all.written), size);
    else if (pread(all.fd, out, size, (off_t)offset) != (ssize_t)size)
        die("cannot read", all.path);
}

static bool is_equal(uint64_t offset, int field, struct text t)
{
    struct record r;
    read_back(offset, &r, sizeof r);
    if (r.sizes[field] != t.size) return false;
    char *bytes = malloc(t.size);
    if (!bytes) die("out of memory for", all.path);
    read_back(offset + sizeof r + (field ? r.sizes[0] : 0), bytes, t.size);
    bool equal = memcmp(bytes, t.bytes, t.size) == 0;
    free(bytes);
    return equal;
}

static bool is_known(int field, struct text t, uint32_t tag)
{
    for (size_t at = home(tag); all.slots[at]; at = at + 1 == all.capacity ? 0 : at + 1)
        if ((uint32_t)all.slots[at] == tag && is_equal(all.slots[at] >> 32, field, t))
            return true;
    return false;
}

static void insert(uint64_t slot)
{
    size_t at = home((uint32_t)slot);
    while (all.slots[at])
        at = at + 1 == all.capacity ? 0 : at + 1;
    all.slots[at] = slot;
}

/* Keeps a quarter of the slots empty. */
static void reserve(size_t more)
{
    if (all.used + more <= all.capacity / 4 * 3) return;
    uint64_t *before = all.slots;
    size_t capacity = all.capacity;
    all.capacity *= 2;
    all.slots = calloc(all.capacity, sizeof *all.slots);
    if (!all.slots) die("out of memory for", all.path);
    for (size_t i = 0; i < capacity; i++)
        if (before[i]) insert(before[i]);
    free(before);
}

/* Returns the offset of the record. */
static uint64_t append(long position, const struct text *fields)
{
    struct record r = {.position = (uint64_t)position};
    size_t size = sizeof r;
    for (int i = 0; i < FIELDS; i++) {
        r.sizes[i] = (uint16_t)fields[i].size;
        size += fields[i].size;
    }
    if (all.buffered + size > BUFFER) {
        write_all(all.fd, all.buffer, all.buffered, all.path);
        all.written += all.buffered;
        all.buffered = 0;
    }
    uint64_t offset = all.written + all.buffered;
    if (offset > UINT32_MAX) die("too many identifiers in", all.path);
    char *out = all.buffer + all.buffered;
    memcpy(out, &r, sizeof r);
    out += sizeof r;
    for (int i = 0; i < FIELDS; i++) {
        if (fields[i].size) memcpy(out, fields[i].bytes, fields[i].size);
        out += fields[i].size;
    }
    all.buffered += size;
    return offset;
}

bool index_add(long position, struct text email, struct text user_id)
{
    const struct text fields[FIELDS] = {email, user_id};
    uint32_t tags[FIELDS] = {0};

    for (int i = 0; i < FIELDS; i++) {
        if (!fields[i].bytes) continue;
        tags[i] = hash(i, fields[i]);
        __builtin_prefetch(&all.slots[home(tags[i])]);
    }
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].bytes && is_known(i, fields[i], tags[i])) return false;
    reserve(FIELDS);
    uint64_t offset = append(position, fields);
    for (int i = 0; i < FIELDS; i++) {
        if (!fields[i].bytes) continue;
        insert(offset << 32 | tags[i]);
        all.used++;
    }
    return true;
}
