/* host.schema for modules of the host. */
#ifndef HOST_SCHEMA_SCHEMA_H
#define HOST_SCHEMA_SCHEMA_H

#include "bytes.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

struct host_validator;

/* A value on the stack, with what is known about it. */
struct host_value {
    int index;
    int kind;         /* Lua's type */
    const char *text; /* of a string */
    size_t size;
};

enum { HOST_SCHEMA_NOTED = 8 };

/* The members of a value that validator:note names, while it is written. */
struct host_noted {
    struct host_value at[HOST_SCHEMA_NOTED]; /* in the order of the names; nil: none */
    /* False: the value is not to be written. The stack must be left as it was. */
    bool (*accepts)(lua_State *L, struct host_noted *noted);
};

/* The validator at `index`; raises if it is not one. */
struct host_validator *host_schema_check(lua_State *L, int index);

/* Pushes the two tables that the next function needs, of the validator at `index`. */
void host_schema_push_tables(lua_State *L, int index);

/* Appends the JSON of the value at `index`, if it keeps the rules and its keys are known
 * from values that validator:check wrote. False, with nothing appended, in any other
 * case; a value that was not accepted is untouched. `tables`: stack index of the two
 * tables, which the order of members follows. Stack indices of noted members are those
 * during `accepts`. */
bool host_schema_write_noted(lua_State *L, struct host_validator *v, int index,
                             int tables, struct host_bytes *b, struct host_noted *noted);

#endif
