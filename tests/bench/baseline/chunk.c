/* Packs users into arrays of at most 500,000 bytes. A full one becomes a file, durably:
 * written under another name, synced, renamed, and the folder synced. So do the places of
 * its users, compressed, which the stage keeps in its journal. */

#include "baseline.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    LIMIT = 500000,
    LEVEL = 1,
    PLACE_ROOM = 48
}; /* PLACE_ROOM: bytes without the name */

struct buffer {
    char *bytes;
    size_t size, room;
};

static struct {
    int chunks, places; /* folders */
    FILE *sums;
    struct buffer text;  /* "[1,2": the closing bracket is added on output */
    struct buffer lines; /* of places: position, tab, name of the source, line */
    struct buffer packed;
    long held;
    struct chunks done;
} packer;

static char *room(struct buffer *b, size_t more)
{
    if (b->size + more > b->room) {
        b->room = (b->size + more) * 2;
        b->bytes = realloc(b->bytes, b->room);
        if (!b->bytes) die("out of memory for", "a chunk");
    }
    return b->bytes + b->size;
}

static int make_folder(const char *folder, const char *name)
{
    const char *path = path_in(folder, name);
    int fd = mkdir(path, 0700) == 0 ? open(path, O_RDONLY | O_DIRECTORY) : -1;
    if (fd < 0) die("cannot create", path);
    return fd;
}

void chunk_open(const char *folder)
{
    packer.chunks = make_folder(folder, "chunks");
    packer.places = make_folder(folder, "places");
    packer.sums = fopen(path_in(folder, "sums"), "w");
    if (!packer.sums) die("cannot write to", folder);
    *room(&packer.text, LIMIT) = '[';
    packer.text.size = 1;
}

/* -- files -- */

static void write_file(int folder, const char *name, const char *bytes, size_t size)
{
    char temporary[48];
    snprintf(temporary, sizeof temporary, "%s.tmp", name);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) die("cannot create", temporary);
    write_all(fd, bytes, size, temporary);
    if (fsync(fd) != 0 || close(fd) != 0) die("cannot write", temporary);
    if (renameat(folder, temporary, folder, name) != 0 || fsync(folder) != 0)
        die("cannot rename", temporary);
}

static void write_sum(const char *name)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(packer.text.bytes, packer.text.size, digest, &length, EVP_sha256(),
                    NULL))
        die("SHA-256 is not available for", name);
    for (unsigned i = 0; i < length; i++)
        fprintf(packer.sums, "%02x", digest[i]);
    fprintf(packer.sums, "  chunks/%s\n", name);
}

static void write_places(void)
{
    char name[32];
    const struct buffer *lines = &packer.lines;
    size_t bound = ZSTD_compressBound(lines->size);
    char *out = room(&packer.packed, bound);
    size_t size = ZSTD_compress(out, bound, lines->bytes, lines->size, LEVEL);
    if (ZSTD_isError(size)) die("cannot compress", "places");
    snprintf(name, sizeof name, "%06ld.zst", packer.done.files);
    write_file(packer.places, name, out, size);
}

static void flush(void)
{
    char name[32];
    struct buffer *text = &packer.text;

    snprintf(name, sizeof name, "%06ld.json", ++packer.done.files);
    *room(text, 1) = ']';
    text->size++;
    write_file(packer.chunks, name, text->bytes, text->size);
    write_sum(name);
    write_places();
    packer.done.users += packer.held;
    packer.done.bytes += (long)text->size;
    text->size = 1;
    packer.lines.size = 0;
    packer.held = 0;
}

/* -- users -- */

static void add_place(struct place at)
{
    size_t most = strlen(at.name) + PLACE_ROOM;
    int size = snprintf(room(&packer.lines, most), most, "%ld\t%s:%ld\n", at.position,
                        at.name, at.line);
    packer.lines.size += (size_t)size;
}

bool chunk_add(const struct user *u, size_t text_size, struct place at)
{
    struct buffer *text = &packer.text;
    bool is_first = packer.held == 0;
    char *start = room(text, 6 * text_size + USER_ROOM) + !is_first;
    size_t size = (size_t)(user_write(u, start) - start);

    if (size + 2 > LIMIT) return false;
    if (text->size + !is_first + size + 1 > LIMIT) {
        /* The closing bracket is written where the comma would be. */
        flush();
        memmove(text->bytes + text->size, start, size);
    } else if (!is_first) {
        text->bytes[text->size++] = ',';
    }
    text->size += size;
    packer.held++;
    add_place(at);
    return true;
}

struct chunks chunk_close(void)
{
    if (packer.held) flush();
    if (fclose(packer.sums) != 0) die("cannot write", "sums");
    return packer.done;
}
