/* Splits a stream of delimited text into rows and rows into field offsets; csv.c turns
 * them into Lua values. */
#ifndef HOST_CSV_SCAN_H
#define HOST_CSV_SCAN_H

#include "encoding.h"
#include "file/file.h"

#include <lua.h>

#include <stdbool.h>
#include <stdint.h>

struct csv_field {
    uint32_t begin, end; /* offsets from the row's first byte; quotes are outside */
    bool quoted;
    bool escaped; /* holds doubled quotes or escapes */
};

struct csv_scan {
    struct host_input *input;     /* borrowed; NULL: closed */
    int delimiter, quote, escape; /* bytes; -1: none */
    int line_end;                 /* the last byte of one, known from `begun` on */
    bool is_told;                 /* the caller gave the delimiter */
    bool trim;
    bool exact; /* no byte order mark, no "sep=" line, no line end but a line feed */
    const struct host_encoding *encoding;
    struct host_decoder *decoder; /* NULL: it is one of Unicode */
    size_t limit;                 /* longest row in bytes */

    char *buffer;         /* UTF-8 */
    size_t capacity;      /* of buffer */
    size_t row, next;     /* where this row and the next one begin */
    size_t filled;        /* row <= next <= filled <= capacity */
    bool begun;           /* the byte order mark was checked */
    bool drained, at_end; /* no more input; no more bytes for the buffer */
    unsigned char *raw;   /* as read, if it must be converted */
    size_t raw_begin, raw_end;

    struct csv_field *fields; /* of this row */
    int count, room;
    size_t cursor;               /* start of the current field */
    size_t size;                 /* bytes of this row without its line end */
    lua_Integer line, next_line; /* 1-based */
    bool folded;                 /* the row may contain line ends */
    int stray;                   /* 1-based field with text after its quotes, or 0 */
};

enum csv_outcome { CSV_ROW, CSV_END, CSV_FAILED };

/* Advances to the next row and invalidates the previous one. CSV_FAILED has pushed nil,
 * message, kind; after an interruption it may be called again. */
enum csv_outcome host_csv_next(lua_State *L, struct csv_scan *s);

/* Frees what it holds; safe to call twice. */
void host_csv_release(struct csv_scan *s);

static inline bool host_csv_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The row's first byte; borrowed until the next call. */
static inline const char *host_csv_row(const struct csv_scan *s)
{
    return s->buffer + s->row;
}

#endif
