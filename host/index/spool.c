/* host.index, the spool - records that are appended and read back.
 *
 * A record is its length, the position, each field's size + 1 (0: absent), all as
 * varints, and the bytes of the fields. The last ones are in a buffer and are read from
 * there. */

#include "index/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_READ = 1024, VARINT = 10 };

int host_spool_open(struct spool *s, const char *path, int fields)
{
    memset(s, 0, sizeof *s);
    s->fields = fields;
    s->buffered = 1; /* no record is at offset 0 */
    unlink(path);
    s->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd < 0) return errno;
    unlink(path); /* the file disappears with the process, however it ends */
    return 0;
}

void host_spool_close(struct spool *s)
{
    free(s->read);
    s->read = NULL;
    s->read_capacity = 0;
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

static size_t put_varint(char *out, uint64_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (char)(value | 0x80);
    out[n++] = (char)value;
    return n;
}

static const char *get_varint(const char *p, uint64_t *value)
{
    unsigned shift = 0;
    *value = 0;
    for (; *p & 0x80; shift += 7)
        *value |= (uint64_t)(*p++ & 0x7f) << shift;
    *value |= (uint64_t)*p++ << shift;
    return p;
}

/* Returns errno. */
static int write_at(int fd, const char *bytes, size_t size, uint64_t offset)
{
    while (size) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        bytes += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* Returns errno; EIO if the spool ends early. */
static int read_at(int fd, char *bytes, size_t size, uint64_t offset)
{
    while (size) {
        ssize_t n = pread(fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n < 0 ? errno : EIO;
        bytes += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static int flush(struct spool *s)
{
    int error = write_at(s->fd, s->buffer, s->buffered, s->written);
    if (error) return error;
    s->written += s->buffered;
    s->buffered = 0;
    return 0;
}

int host_spool_append(struct spool *s, lua_Integer position, const struct field *fields,
                      uint64_t *offset)
{
    char head[VARINT * (SPOOL_FIELDS + 2)], length[VARINT];
    size_t head_size = put_varint(head, (uint64_t)position), size = 0;

    for (int i = 0; i < s->fields; i++) {
        head_size +=
            put_varint(head + head_size, fields[i].bytes ? fields[i].size + 1 : 0);
        size += fields[i].size;
    }
    size += head_size;
    size_t length_size = put_varint(length, size);
    int error = s->buffered + length_size + size > SPOOL_BUFFER ? flush(s) : 0;
    if (error) return error;
    *offset = s->written + s->buffered;
    if (*offset + length_size + size >= SPOOL_LIMIT) return EFBIG;

    bool fits = length_size + size <= SPOOL_BUFFER;
    const struct field parts[2] = {
        {length, length_size},
        {head,   head_size  }
    };
    uint64_t at = *offset;
    for (int i = -2; i < s->fields; i++) {
        struct field part = i < 0 ? parts[i + 2] : fields[i];
        if (!part.size) continue;
        if (fits)
            memcpy(s->buffer + (at - s->written), part.bytes, part.size);
        else if ((error = write_at(s->fd, part.bytes, part.size, at)))
            return error;
        at += part.size;
    }
    if (fits)
        s->buffered = (size_t)(at - s->written);
    else
        s->written = at;
    return 0;
}

/* Makes room to read `size` bytes; discards what was read before. */
static bool read_room(struct spool *s, size_t size)
{
    if (s->read_capacity >= size) return true;
    free(s->read);
    s->read = malloc(size);
    s->read_capacity = s->read ? size : 0;
    return s->read;
}

/* The bytes of the record at `offset`, from the buffer or the file. Returns errno. */
static int load(struct spool *s, uint64_t offset, const char **bytes)
{
    if (offset >= s->written) {
        *bytes = s->buffer + (offset - s->written);
        return 0;
    }
    uint64_t left = s->written - offset, size;
    size_t n = left < FIRST_READ ? (size_t)left : FIRST_READ;
    if (!read_room(s, FIRST_READ)) return ENOMEM;
    int error = read_at(s->fd, s->read, n, offset);
    if (error) return error;

    size_t whole = (size_t)(get_varint(s->read, &size) - s->read) + size;
    if (whole > n) {
        if (!read_room(s, whole)) return ENOMEM;
        error = read_at(s->fd, s->read, whole, offset);
    }
    *bytes = s->read;
    return error;
}

int host_spool_read(struct spool *s, uint64_t offset, struct record *r)
{
    const char *p;
    uint64_t value, sizes[SPOOL_FIELDS];
    int error = load(s, offset, &p);
    if (error) return error;

    r->offset = offset;
    p = get_varint(get_varint(p, &value), &value);
    r->position = (lua_Integer)value;
    for (int i = 0; i < s->fields; i++)
        p = get_varint(p, &sizes[i]);
    for (int i = 0; i < s->fields; i++) {
        r->fields[i] = (struct field){sizes[i] ? p : NULL, sizes[i] ? sizes[i] - 1 : 0};
        p += r->fields[i].size;
    }
    return 0;
}
