/* The stage in C, with the mapping of users.lua compiled in: what the same work costs
 * without a recipe. It makes the bytes that the stage makes, but has files in place of a
 * journal.
 *
 * A field whose bytes are NULL is absent. A failure of the machine, or a file that is not
 * such CSV, ends the program. */
#ifndef BASELINE_H
#define BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *bytes;
    size_t size;
};

_Noreturn void die(const char *what, const char *which);

/* The path FOLDER/NAME, until the next call. */
const char *path_in(const char *folder, const char *name);

/* Writes all of it, or ends the program. */
void write_all(int fd, const char *bytes, size_t size, const char *path);

/* -- csv.c: rows and their fields -- */

enum { MOST_COLUMNS = 256 };

struct csv_field {
    struct text text; /* within quotes, if there are any */
    bool quoted, escaped;
};

struct csv {
    int fd;
    const char *path;
    char *buffer;
    size_t row, next, filled; /* offsets; the row ends before `next` */
    long line, next_line;
    bool at_end;
    int count;
    struct csv_field fields[MOST_COLUMNS];
};

void csv_open(struct csv *c, const char *path);

/* Splits the next row, which is valid until the next call. False at the end. */
bool csv_next(struct csv *c);

/* Whether all of the row is UTF-8. */
bool csv_is_utf8(const struct csv *c);

/* The text of field `i`: trimmed, unescaped into `scratch`, absent if empty or a word for
 * null. Returns what follows in `scratch`. */
char *csv_text(const struct csv *c, int i, char *scratch, struct text *text);

/* -- user.c: the mapping, and Auth0's rules for what it makes -- */

enum user_column {
    USER_ID,
    USER_EMAIL,
    USER_CONFIRMED,
    USER_FIRST_NAME,
    USER_LAST_NAME,
    USER_PASSWORD,
    USER_PLAN,
    USER_ROLES,
    USER_CREATED_AT,
    USER_LOCALE,
    USER_CITY,
    USER_COUNTRY,
    USER_COLUMNS
};

struct user {
    struct text columns[USER_COLUMNS]; /* the address in lower case */
    struct text user_id; /* the id without the prefix that the server adds */
};

/* Where the columns of a user are, by the names of the header. */
void user_find_columns(const struct csv *header, int *columns);

/* Reads the columns of a row; `scratch` holds twice the row. */
void user_read(struct user *u, const struct csv *row, const int *columns, char *scratch);

/* Which rule is broken; NULL for none. */
const char *user_fault(const struct user *u);

/* Writes the user as JSON, of at most USER_ROOM bytes more than six times its text. */
enum { USER_ROOM = 512 };
char *user_write(const struct user *u, char *out);

/* -- index.c: the identifiers of all users, exactly -- */

/* Keeps the identifiers in a file of the folder, which is unlinked. */
void index_open(const char *folder);

/* Adds the user at a position. False: an earlier one has the address or the id. */
bool index_add(long position, struct text email, struct text user_id);

/* -- chunk.c: arrays of at most 500,000 bytes, as files -- */

struct chunks {
    long users, files, bytes;
};

/* Where a record is in the source. */
struct place {
    long position, line;
    const char *name; /* of the file */
};

/* FOLDER/chunks, FOLDER/places, and FOLDER/sums with the SHA-256 of each chunk. */
void chunk_open(const char *folder);

/* Adds a user of `text_size` bytes. False: it is too large for any chunk. */
bool chunk_add(const struct user *u, size_t text_size, struct place at);

struct chunks chunk_close(void);

#endif
