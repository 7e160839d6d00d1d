/* The spool of host.index: records in an unlinked file (spool.c). */
#ifndef HOST_INDEX_SPOOL_H
#define HOST_INDEX_SPOOL_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPOOL_FIELDS = 8, SPOOL_BUFFER = 8 * 1024 };
#define SPOOL_LIMIT (UINT64_C(1) << 40)

struct spool {
    int fd; /* -1: closed */
    int fields;
    uint64_t written; /* bytes that are in the file; the rest is in buffer */
    size_t buffered;
    char *read; /* a record read back */
    size_t read_capacity;
    char buffer[SPOOL_BUFFER];
};

/* A value; bytes NULL: absent. */
struct field {
    const char *bytes;
    size_t size;
};

/* A record read back. Borrowed until another record is read or added. */
struct record {
    uint64_t offset;
    lua_Integer position;
    struct field fields[SPOOL_FIELDS];
};

/* All return errno. Opening creates a new file; on failure the spool stays closed. No
 * record is at offset 0. A failed append adds nothing; it returns EFBIG at the limit. */
int host_spool_open(struct spool *s, const char *path, int fields);
int host_spool_append(struct spool *s, lua_Integer position, const struct field *fields,
                      uint64_t *offset);
int host_spool_read(struct spool *s, uint64_t offset, struct record *r);
void host_spool_close(struct spool *s);

#endif
