/* A growing block of bytes that never raises, so library callbacks can fill it
 * (bytes.c). A zeroed block is empty. */
#ifndef HOST_BYTES_H
#define HOST_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct host_bytes {
    char *data; /* NULL until the first byte */
    size_t size, capacity;
};

/* Makes room for `n` more bytes after the first `size` and returns it; NULL, with
 * nothing changed, if out of memory. */
char *host_bytes_room(struct host_bytes *b, size_t n);

/* Appends; false, with nothing changed, if out of memory. */
bool host_bytes_add(struct host_bytes *b, const char *data, size_t n);

/* Frees the memory; the block is then empty. */
void host_bytes_free(struct host_bytes *b);

#endif
