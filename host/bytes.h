/* A growing block of bytes that raises nothing, so that callbacks of libraries can fill
 * it (bytes.c). One that is all zeros is empty. */
#ifndef HOST_BYTES_H
#define HOST_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct host_bytes {
    char *data; /* NULL until the first byte */
    size_t size, capacity;
};

/* Where `n` more bytes have room, behind the `size` that are there; NULL, and nothing has
 * changed, when memory is out. */
char *host_bytes_room(struct host_bytes *b, size_t n);

/* Appends; false, and nothing has changed, when memory is out. */
bool host_bytes_add(struct host_bytes *b, const char *data, size_t n);

/* Gives the memory back; the block is empty then. */
void host_bytes_free(struct host_bytes *b);

#endif
