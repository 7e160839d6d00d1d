/* A reader of csv.c, for the files that share it: records (record.c) and options
 * (options.c). */
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

/* A column by its name: Lua shares short strings, so their address is their identity. */
struct csv_column {
    const char *name; /* borrowed from CSV_COLUMNS; NULL: an empty slot */
    int number;       /* from 1 */
};

struct csv_reader {
    struct csv_scan scan;
    int columns;
    int least; /* fields that a row must have: up to the last column with a name */
    bool keep_empty;
    bool pad;
    lua_Integer row; /* how many times next was called */
    struct csv_word *nulls;
    int null_count;
    struct csv_column *slots; /* hashed by address */
    size_t mask;
    const char *place; /* what stands before the line in a place, borrowed; or NULL */
    size_t place_size;
};

/* Reads the options at stack index 2; what they allocate belongs to the reader. Raises.
 */
void host_csv_options(lua_State *L, struct csv_reader *r);

/* Makes the metatable of this reader's records from the names at the top of the stack,
 * which it takes away. `reader` is the stack index of the reader. */
void host_csv_record_type(lua_State *L, int reader);

/* Pushes the present row as a record; the reader is at stack index 1. */
void host_csv_push_record(lua_State *L, struct csv_reader *r);

/* Pushes text[0..size) of a field with escapes and, in quotes, doubled quotes resolved.
 */
void host_csv_push_unescaped(lua_State *L, const struct csv_scan *s, const char *text,
                             size_t size, bool quoted);

/* Takes outer blanks and tabs off. */
void host_csv_trim(const char **text, size_t *size);

#endif
