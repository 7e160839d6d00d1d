/* Shared by the files of host.sqlite. */
#ifndef HOST_SQLITE_PARTS_H
#define HOST_SQLITE_PARTS_H

#include "file/file.h"

#include <lua.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { /* user values of a database */
       VALUE_INPUT = 1,
       VALUE_BESIDE,  /* the function that opens what lies next to it */
       VALUE_RAISED,  /* the error that a callback raised */
       VALUE_FAILURE, /* message and kind of what BESIDE could not open */
       VALUE_FAILURE_KIND,
       VALUE_NAMES, /* of the columns of the rows */
       VALUE_PLACE,
       VALUE_ABSENT, /* the name that the last query looked for in vain */
       VALUE_COUNT = VALUE_ABSENT
};

/* The index of a database in WAL mode, which other processes share. */
struct host_sqlite_index {
    int fd;           /* -1: there is none */
    bool asked, live; /* looked for; in use by a process that writes */
    struct map *maps;
    size_t count;
};

struct database {
    sqlite3 *db; /* NULL: closed */
    sqlite3_vfs vfs;
    sqlite3_vfs *system; /* for temporary files, time and random numbers */
    struct host_input *in;
    int fd; /* its own, of the same open file */
    struct host_sqlite_index index;
    struct stat before;  /* of the file when the reading began */
    lua_Integer bytes;   /* read */
    double wait, waited; /* seconds, for a lock */

    lua_State *L; /* of the call that is running, in which callbacks may call Lua */
    int at;       /* stack index of the database there */
    bool raised, failed, interrupted;

    const char *absent; /* what ABSENT names: "table", "column", or NULL */
    sqlite3_stmt *rows;
    int ahead; /* SQLITE_ROW or SQLITE_DONE: the first step was made; else 0 */
    int columns;
    bool has_rowid;    /* the first column, which is not a field */
    bool over, broken; /* all rows were read; the reading failed */
    bool current;
    size_t limit;       /* bytes of a row */
    lua_Integer number; /* rows before the next one */
};

/* -- files.c -- */

/* Fills d->vfs: it opens the input and what belongs to it, and nothing else. */
void host_sqlite_files(struct database *d);

/* Whether the file was changed while no lock could keep others from it. */
bool host_sqlite_was_changed(struct database *d);

/* Frees what the files hold after the connection was closed. */
void host_sqlite_release(struct database *d);

/* -- functions.c -- */

/* Replaces functions of SQL that may take hours. Returns SQLite's code. */
int host_sqlite_functions(sqlite3 *db);

/* -- guard.c -- */

/* Sets a new connection up for a file and SQL that are not trusted, and begins to read.
 * Returns SQLite's code. */
int host_sqlite_guard(struct database *d);

/* Whether the call is to end: its budget is spent, or a signal says so. A callback whose
 * argument is the database. */
int host_sqlite_must_end(void *data);

/* Pushes nil, message, kind for the code of a call that failed and returns 3; raises what
 * a callback raised. */
int host_sqlite_fail(lua_State *L, struct database *d, int code);

/* Calls a function of Lua from a callback, as lua_pcall does; what it raises is kept and
 * raised once SQLite has returned. */
bool host_sqlite_call(struct database *d, int arguments, int results);

#endif
