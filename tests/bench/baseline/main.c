/* baseline FILE FOLDER: stages the CSV file into a new folder and prints users, chunks
 * and bytes. Exit status 1 if a record is rejected. */

#include "baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *name; /* of the source, in places */
    FILE *skipped, *rejected;
    long position, rejections;
    int columns[USER_COLUMNS], count;
    char *scratch;
    size_t room;
} stage;

_Noreturn void die(const char *what, const char *which)
{
    fprintf(stderr, "baseline: %s %s%s%s\n", what, which, errno ? ": " : "",
            errno ? strerror(errno) : "");
    exit(2);
}

const char *path_in(const char *folder, const char *name)
{
    static char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        die("a path is too long:", folder);
    return path;
}

void write_all(int fd, const char *bytes, size_t size, const char *path)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno != EINTR) die("cannot write", path);
        if (n > 0) bytes += n, size -= (size_t)n;
    }
}

static FILE *create(const char *folder, const char *name)
{
    FILE *f = fopen(path_in(folder, name), "w");
    if (!f) die("cannot create", name);
    return f;
}

static void finish(FILE *f, const char *name)
{
    if (fflush(f) != 0 || fsync(fileno(f)) != 0 || fclose(f) != 0)
        die("cannot write", name);
}

static void note(FILE *f, const struct csv *c, const char *reason)
{
    fprintf(f, "{\"at\":\"%s:%ld\",\"position\":%ld,\"reason\":\"%s\"}\n", stage.name,
            c->line, stage.position, reason);
}

static void reject(const struct csv *c, const char *reason)
{
    stage.rejections++;
    note(stage.rejected, c, reason);
}

/* Makes room for a copy of each field of the row. */
static size_t prepare(const struct csv *c)
{
    size_t size = c->next - c->row;
    if (2 * size > stage.room) {
        stage.room = 4 * size;
        stage.scratch = realloc(stage.scratch, stage.room);
        if (!stage.scratch) die("out of memory for a row of", c->path);
    }
    return size;
}

static void take(const struct csv *c)
{
    struct user u;

    if (c->count != stage.count || !csv_is_utf8(c)) {
        reject(c, c->count != stage.count ? "a ragged row" : "not UTF-8");
        return;
    }
    size_t size = prepare(c);
    user_read(&u, c, stage.columns, stage.scratch);
    if (!u.columns[USER_EMAIL].bytes) {
        note(stage.skipped, c, "no e-mail address");
        return;
    }
    const char *fault = user_fault(&u);
    if (!fault && !index_add(stage.position, u.columns[USER_EMAIL], u.user_id))
        fault = "a duplicate";
    struct place at = {stage.position, c->line, stage.name};
    if (!fault && !chunk_add(&u, 2 * size, at)) fault = "too large";
    if (fault) reject(c, fault);
}

int main(int argc, char **argv)
{
    static struct csv c;

    if (argc != 3) {
        fprintf(stderr, "usage: baseline FILE FOLDER\n");
        return 2;
    }
    const char *slash = strrchr(argv[1], '/'), *folder = argv[2];
    stage.name = slash ? slash + 1 : argv[1];
    csv_open(&c, argv[1]);
    if (mkdir(folder, 0700) != 0) die("cannot create", folder);
    stage.skipped = create(folder, "skipped.ndjson");
    stage.rejected = create(folder, "rejected.ndjson");
    index_open(folder);
    chunk_open(folder);
    if (!csv_next(&c)) die("there is no header in", c.path);
    user_find_columns(&c, stage.columns);
    stage.count = c.count;
    while (csv_next(&c)) {
        stage.position++;
        take(&c);
    }
    finish(stage.skipped, "skipped.ndjson");
    finish(stage.rejected, "rejected.ndjson");
    struct chunks done = chunk_close();
    printf("%ld users, %ld chunks, %ld bytes\n", done.users, done.files, done.bytes);
    return stage.rejections > 0;
}
