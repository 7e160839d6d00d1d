/* The spool of host.index: records in a file without a name (spool.c). */
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

/* A value given or read; bytes NULL: absent. */
struct field {
    const char *bytes;
    size_t size;
};

/* A record read back. Borrowed until the next one is read or added. */
struct record {
    uint64_t offset;
    lua_Integer position;
    struct field fields[SPOOL_FIELDS];
};

/* All return errno. Opening makes the file anew; one that fails leaves the spool closed.
 * No record is at offset 0. What could not be added is not there: EFBIG where the limit
 * is. */
int host_spool_open(struct spool *s, const char *path, int fields);
int host_spool_append(struct spool *s, lua_Integer position, const struct field *fields,
                      uint64_t *offset);
int host_spool_read(struct spool *s, uint64_t offset, struct record *r);
void host_spool_close(struct spool *s);

#endif
