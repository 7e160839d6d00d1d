/* A reader of host.csv, shared by csv.c, record.c and options.c. */
#ifndef HOST_CSV_READER_H
#define HOST_CSV_READER_H

#include "csv/scan.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

enum { /* user values of a reader */
       CSV_INPUT = 1,
       CSV_COLUMNS,
       CSV_UNKNOWN,
       CSV_RECORD_TYPE,
       CSV_PLACE,
       CSV_USER_VALUES = CSV_PLACE
};

struct csv_word {
    char *text;
    size_t size;
};

/* A column by the address of its interned name (host_slot). */
struct csv_column {
    const char *name; /* borrowed from CSV_COLUMNS; NULL: an empty slot */
    int number;       /* from 1 */
};

struct csv_reader {
    struct csv_scan scan;
    int columns;
    int least; /* fields a row must have: up to the last named column */
    bool keep_empty;
    bool keep_guard; /* of ="00123" */
    bool pad;
    bool peeked;     /* the row after the header was scanned with it */
    lua_Integer row; /* number of calls of next */
    struct csv_word *nulls;
    int null_count;
    struct csv_column *slots; /* hashed by address */
    size_t mask;
    const char *place; /* prefix of places, borrowed; or NULL */
    size_t place_size;
};

/* Reads the options at stack index 2 into the reader, which owns what they allocate.
 * Raises on misuse. Returns 0; if the C library does not have the encoding, pushes nil,
 * message, kind and returns 3. */
int host_csv_options(lua_State *L, struct csv_reader *r);

/* Creates the metatable of this reader's records from the names on top of the stack and
 * pops them. `reader` is the stack index of the reader. */
void host_csv_record_type(lua_State *L, int reader);

/* Pushes the current row as a record; the reader is at stack index 1. */
void host_csv_push_record(lua_State *L, struct csv_reader *r);

/* Pushes text[0..size) of a field with escapes and doubled quotes resolved, and without
 * the guard of ="00123", which keeps spreadsheets from reading a number. */
void host_csv_push_text(lua_State *L, const struct csv_reader *r,
                        const struct csv_field *f, const char *text, size_t size);

/* Trims blanks and tabs at both ends. */
void host_csv_trim(const char **text, size_t *size);

#endif
