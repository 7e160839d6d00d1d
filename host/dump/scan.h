/* Reads the SQL of a dump as tokens through a window that slides over the input; nothing
 * of it is kept but what statement.c asks for. */
#ifndef HOST_DUMP_SCAN_H
#define HOST_DUMP_SCAN_H

#include "bytes.h"
#include "file/file.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUMP_MESSAGE = 1, DUMP_KIND }; /* user values of the reader, at stack index 1 */
enum { DUMP_TEXT = 1024, DUMP_DELIMITER = 16, DUMP_END = -1 };
#define DUMP_NOWHERE SIZE_MAX

enum dump_dialect { DUMP_UNKNOWN, DUMP_MYSQL, DUMP_POSTGRESQL, DUMP_SQLITE };

enum dump_kind {
    DUMP_OVER,      /* the end of the input, or a failure */
    DUMP_SEMICOLON, /* the end of a statement, in whatever way it is written */
    DUMP_WORD,
    DUMP_NAME,   /* in double quotes, backticks or brackets */
    DUMP_STRING, /* in single quotes */
    DUMP_MARK    /* another byte */
};

struct dump_scan {
    struct host_input *input; /* borrowed; NULL: closed */
    struct host_bytes window;
    size_t at;          /* the next byte */
    size_t kept;        /* where the kept bytes begin, or DUMP_NOWHERE */
    size_t limit;       /* most bytes to keep */
    bool over;          /* there were more: nothing is kept any longer */
    bool ended;         /* no more input */
    bool failed;        /* to read: DUMP_MESSAGE and DUMP_KIND say why */
    lua_Integer passed; /* bytes of the input before the window */

    size_t counted;         /* newlines before it are in `line` */
    lua_Integer line;       /* 1-based */
    lua_Integer line_begin; /* offset of this line in the input */

    enum dump_dialect dialect;
    int backslash;             /* whether it escapes: the caller's 0 or 1, else -1 */
    bool plain, plain_before;  /* SQL mode NO_BACKSLASH_ESCAPES, and before a trigger */
    bool nonstandard;          /* standard_conforming_strings is off */
    bool has_end, is_complete; /* such a dump has an end mark, which was read */
    char delimiter[DUMP_DELIMITER];
    size_t delimiter_size; /* 0: a semicolon */
    bool has_batches;      /* of SQL Server, which end with a line GO */
    int conditional;       /* depth of comments whose text is SQL */

    enum dump_kind kind;   /* of the current token */
    char mark;             /* its first byte */
    size_t begin;          /* of a mark or a word in the window */
    bool capture;          /* strings have a text, too */
    char text[DUMP_TEXT];  /* of a word or a name, as far as there is room */
    size_t size;           /* of the whole text */
    const char *unclosed;  /* what the end of the input has cut; or NULL */
    lua_Integer open_line; /* where it began */
};

/* Reads more at the end of the window; false at the end of the input. */
bool host_dump_fill(lua_State *L, struct dump_scan *s);

/* The next byte, not consumed; DUMP_END. */
static inline int host_dump_peek(lua_State *L, struct dump_scan *s)
{
    if (s->at < s->window.size || host_dump_fill(L, s))
        return (unsigned char)s->window.data[s->at];
    return DUMP_END;
}

/* Whether the input goes on with this text. */
bool host_dump_sees(lua_State *L, struct dump_scan *s, const char *text, size_t size);

/* Reads the next token. */
enum dump_kind host_dump_advance(lua_State *L, struct dump_scan *s);

/* Whether the token is this word, in any case; `wanted` is in capitals. */
bool host_dump_is(const struct dump_scan *s, const char *wanted);

static inline bool host_dump_is_mark(const struct dump_scan *s, char mark)
{
    return s->kind == DUMP_MARK && s->mark == mark;
}

/* After a mark "[": reads up to "]" and makes it a name. */
enum dump_kind host_dump_bracket(lua_State *L, struct dump_scan *s);

/* Passes tokens up to the end of the statement; false if the input ends before it.
 * `has_body`: semicolons from BEGIN to END do not end it. */
bool host_dump_pass_statement(lua_State *L, struct dump_scan *s, bool has_body);

/* Whether the input may end here, as the last batch of SQL Server may. */
static inline bool host_dump_may_end(const struct dump_scan *s)
{
    return s->kind == DUMP_OVER && s->has_batches && !s->failed && !s->unclosed;
}

/* Passes the rest of the line with its end; false at the end of the input. */
bool host_dump_pass_line(lua_State *L, struct dump_scan *s);

/* Notes a dialect, unless it is known already. */
void host_dump_mean(struct dump_scan *s, enum dump_dialect dialect);

/* Whether a backslash in a string without a prefix is an escape. */
bool host_dump_escapes(const struct dump_scan *s);

/* The 1-based line of an offset in the window, not before that of an earlier call. */
lua_Integer host_dump_line(struct dump_scan *s, size_t offset);

/* The line on which the current token begins. */
static inline lua_Integer host_dump_token_line(struct dump_scan *s)
{
    bool has_opened = s->kind == DUMP_NAME || s->kind == DUMP_STRING;
    return has_opened ? s->open_line : host_dump_line(s, s->begin);
}

/* Keeps bytes from the next one on; host_dump_kept ends that. */
void host_dump_keep(struct dump_scan *s);

static inline bool host_dump_is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool host_dump_is_word(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '$' || c >= 0x80;
}

#endif
