/* Shared by the files of json.reader: the window on the input (window.c), the path to the
 * records (pointer.c) and the records (record.c). */
#ifndef HOST_JSON_READER_H
#define HOST_JSON_READER_H

#include "file/file.h"
#include "json/asked.h"
#include "json/json.h"
#include "json/scan.h"

/* The user values of a reader; POINTER: list of steps. */
enum { INPUT = 1, POINTER, ASKED, USER_VALUES = ASKED };

enum phase {
    BETWEEN, /* documents */
    INSIDE,  /* the array whose elements are the records */
    OVER,
    FAILED
};

struct reader {
    struct host_input *in; /* user value 1 keeps it */
    struct host_bytes window;
    lua_Integer passed; /* bytes of the input before the window */
    struct json_scan scan;
    struct json_asked *asked; /* user value ASKED keeps it; or NULL */
    size_t limit;
    bool lines, lazy, pointed, open, started;
    bool detects; /* `lines` follows from how the text begins */
    bool keeping; /* the window must keep scan.base, not scan.p */
    bool arrays;  /* the documents are arrays of records */
    bool ended;   /* the input */
    bool running; /* inside next; after an error in it, the window is not reliable */
    bool current; /* the text from scan.base to scan.p is that of the last record */
    enum phase phase;
    int depth;          /* of the array's elements */
    size_t line_at;     /* lines: where the next line begins in the window */
    lua_Integer number; /* of the next record (0-based); with `lines`, line (1-based) */
    lua_Integer place;  /* of the current record: as `number` */
    uint64_t serial;    /* of the current record */
};

enum { ONE_TOKEN = -1 };               /* for host_json_drive */
enum { AT_END = -1, UNREADABLE = -2 }; /* of host_json_peek */

/* Moves the start of the window to `from` and reads more at its end. Returns 1, 0 at the
 * end of the input, or -1 with a failure pushed. Invalidates pointers into the window. */
int host_json_slide(lua_State *L, struct reader *r, size_t from);

/* Starts reading, skipping a byte order mark. Returns false with a failure pushed. */
bool host_json_start(lua_State *L, struct reader *r);

/* Scans one token, or until the value at `depth` has ended, reading as needed. Returns
 * false with a failure pushed. */
bool host_json_drive(lua_State *L, struct reader *r, int depth);

/* The next byte that is not white space, not consumed. UNREADABLE: a failure is pushed.
 */
int host_json_peek(lua_State *L, struct reader *r);

/* Pushes the failure of the scan at p. Returns false. */
bool host_json_broken(lua_State *L, struct reader *r);

/* Pushes the failure of a record over the limit. Returns false. */
bool host_json_too_long(lua_State *L, struct reader *r);

/* Allocates room for more members. */
void host_json_grow_members(lua_State *L, struct json_scan *s);

/* Pushes the list of steps of `pointer`, which is argument `arg`. */
void host_json_push_steps(lua_State *L, int arg, const char *pointer);

/* Follows the pointer from the document at p and enters the array it leads to; the reader
 * is at stack index 1. Returns false with a failure pushed. */
bool host_json_descend(lua_State *L, struct reader *r);

/* Skips what follows the array in its document. Returns false with a failure pushed. */
bool host_json_leave(lua_State *L, struct reader *r);

/* Records member offsets from here on, if an object begins at p and records are lazy. */
void host_json_begin_record(struct reader *r);

/* Pushes the record that was scanned from base to p: lazy, or decoded. The reader is at
 * stack index 1. */
void host_json_push_record(lua_State *L, struct reader *r);

/* Creates the metatable of lazy records. */
void host_json_record_type(lua_State *L);

#endif
