/* Lua patterns with a limit on the work of one call (pattern.c). */
#ifndef HOST_SANDBOX_PATTERN_H
#define HOST_SANDBOX_PATTERN_H

#include "sandbox/steps.h"

#include <stdbool.h>

#define MATCH_CAPTURES 32
#define MATCH_POSITION (-2) /* the size of a position capture */

/* One text and one pattern, borrowed for as long as it is used. */
struct host_match {
    lua_State *L;
    const char *text, *text_end;
    const char *pattern, *pattern_end;
    const char *lead, *lead_end; /* the item that each match begins with; may be empty */
    ptrdiff_t left;              /* steps to the next count */
    size_t counted;              /* steps of this call so far */
    int level;                   /* captures begun */
    struct {
        const char *start;
        ptrdiff_t size; /* or MATCH_POSITION, or unfinished */
    } captures[MATCH_CAPTURES];
};

/* Prepares a search or attempts. A '^' at the start is an ordinary character here. Both
 * strings are followed by a NUL, as those of Lua are. */
void host_match_begin(struct host_match *m, lua_State *L, const char *text, size_t size,
                      const char *pattern, size_t pattern_size);

/* The end of the match that starts at `s`, NULL if there is none. Raises on a malformed
 * pattern, and once the call has taken too many steps. */
const char *host_match_at(struct host_match *m, const char *s);

/* The start of the first match from `s` on that does not end at `last` (which may be
 * NULL), and its end; NULL if there is none. */
const char *host_match_search(struct host_match *m, const char *s, const char *last,
                              const char **end);

/* Capture `i`, from 0; the match from `s` to `e` itself if the pattern has no captures.
 * Returns its size, or MATCH_POSITION, in which case the position is pushed. */
ptrdiff_t host_match_capture(struct host_match *m, int i, const char *s, const char *e,
                             const char **capture);

/* Pushes all captures; if there are none, the match from `s` to `e` unless `s` is NULL.
 * Returns their number. */
int host_match_push(struct host_match *m, const char *s, const char *e);

/* Counts the steps that are not counted yet. */
void host_match_count(struct host_match *m);

/* Adds steps of the caller, such as those of copying a replacement. */
static inline void host_match_add(struct host_match *m, size_t steps)
{
    m->left -= (ptrdiff_t)steps;
    if (m->left <= 0) host_match_count(m);
}

/* To be called when the call is over. */
static inline void host_match_finish(struct host_match *m)
{
    if (STEPS_BATCH - m->left >= STEPS_LEAST) host_match_count(m);
}

#endif
