/* A reader of host.dump: what is known of its table; shared by the files below dump.c. */
#ifndef HOST_DUMP_READER_H
#define HOST_DUMP_READER_H

#include "bytes.h"
#include "dump/scan.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

enum { /* user values of a reader, after those of scan.h */
       DUMP_INPUT = DUMP_KIND + 1,
       DUMP_OPTIONS, /* keeps the names that the reader borrows */
       DUMP_TABLES,  /* list of the tables seen, and a set of them */
       DUMP_DEFINED, /* list of the columns in CREATE TABLE */
       DUMP_FLAGS,   /* their flags, by name */
       DUMP_COLUMNS, /* list of the columns of the current rows */
       DUMP_USER_VALUES = DUMP_COLUMNS
};

enum { /* flags of a column */
       DUMP_BINARY = 1,
       DUMP_BYTEA = 2,     /* text such as \x00ff */
       DUMP_GENERATED = 4, /* may be left out of rows */
};

enum { DUMP_GO_ON = -1 }; /* of functions that return the number of results for Lua */

enum dump_phase {
    DUMP_BETWEEN, /* statements */
    DUMP_TUPLES,  /* of an INSERT: "(" is the current token, or what follows a tuple */
    DUMP_ROWS,    /* lines of COPY */
    DUMP_FINISHED
};

enum dump_columns { DUMP_NONE, DUMP_LISTED, DUMP_ALL, DUMP_STORED };

struct dump_name {
    char text[DUMP_TEXT];
    size_t size; /* as of a token */
};

struct dump_table {
    struct dump_name schema, name; /* schema.size 0: none was written */
};

struct dump_reader {
    struct dump_scan scan;
    const char *table, *schema; /* wanted; schema may be NULL. Of DUMP_OPTIONS */
    size_t table_size, schema_size;
    enum dump_phase phase;
    bool started;
    bool found;              /* the table */
    bool ahead;              /* the current token begins a statement */
    bool begun;              /* the current token is the "(" of a tuple */
    lua_Integer line;        /* where the statement begins */
    lua_Integer tuple_line;  /* of the last tuple */
    struct dump_name now;    /* the current schema or database */
    struct dump_name of;     /* the schema of the table found */
    struct dump_name coding; /* the encoding that the dump declares; size 0: none */
    enum dump_columns which; /* are in DUMP_COLUMNS */
    struct host_bytes listed, list; /* the names of the list in use, and of a new one */
    unsigned char *flags;           /* of the columns */
    int columns, defined, generated;
    bool has_list; /* the INSERT names its columns */
};

/* Pushes the failure of a text that ends too early: of reading it, if that failed. */
int host_dump_cut(lua_State *L, struct dump_reader *r);

/* host_fail with the place of the statement: "dump.sql:18: ". The reader is finished. */
int host_dump_fail(lua_State *L, struct dump_reader *r, const char *kind,
                   const char *message);

/* The same for COPY without the line \. at its end. */
int host_dump_cut_rows(lua_State *L, struct dump_reader *r);

/* -- names (columns.c) -- */

void host_dump_set_name(struct dump_name *to, const char *text, size_t size);
bool host_dump_is_name(const struct dump_name *a, const char *text, size_t size);
void host_dump_push_name(lua_State *L, const struct dump_name *name);

/* Whether the current token is one of the words; NULL is the last. */
bool host_dump_is_one_of(const struct dump_scan *s, const char *const *words);

/* Reads one part of a name, which is the current token. False: it is not one. */
bool host_dump_read_part(lua_State *L, struct dump_scan *s, struct dump_name *name);

/* -- columns (columns.c) -- */

/* Reads the columns of CREATE TABLE; "(" is the current token. */
void host_dump_define(lua_State *L, struct dump_reader *r);

/* Reads the list of names whose "(" is the current token. False: it has something else.
 */
bool host_dump_read_list(lua_State *L, struct dump_reader *r);

/* Uses the columns of the list that was read. */
void host_dump_use_list(lua_State *L, struct dump_reader *r);

/* Uses the columns of CREATE TABLE for rows of `count` values. */
void host_dump_use_defined(lua_State *L, struct dump_reader *r, int count);

/* Reads SET up to the end of the statement or of the input (settings.c). */
void host_dump_set(lua_State *L, struct dump_reader *r);

/* Reads a statement up to the first row of the table. The reader is at stack index 1.
 * Returns DUMP_GO_ON, or the number of results. */
int host_dump_statement(lua_State *L, struct dump_reader *r);

/* Push the record of a tuple's text, or of a COPY line, which has as many values as there
 * are columns. False: pushes what is wrong with it. */
bool host_dump_push_tuple(lua_State *L, const struct dump_reader *r, const char *text,
                          size_t size);
bool host_dump_push_row(lua_State *L, const struct dump_reader *r, const char *text,
                        size_t size);

#endif
