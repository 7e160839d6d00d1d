/* A growing block of bytes: doubled when it is full. */

#include "bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *host_bytes_room(struct host_bytes *b, size_t n)
{
    if (n > b->capacity - b->size) {
        if (n > SIZE_MAX / 4 || b->size > SIZE_MAX / 4) return NULL;
        size_t capacity = b->size + n;
        if (capacity < b->capacity * 2) capacity = b->capacity * 2;
        char *grown = realloc(b->data, capacity);
        if (!grown) return NULL;
        b->data = grown;
        b->capacity = capacity;
    }
    return b->data + b->size;
}

bool host_bytes_add(struct host_bytes *b, const char *data, size_t n)
{
    if (n == 0) return true;
    char *room = host_bytes_room(b, n);
    if (!room) return false;
    memcpy(room, data, n);
    b->size += n;
    return true;
}

void host_bytes_free(struct host_bytes *b)
{
    free(b->data);
    *b = (struct host_bytes){0};
}
