/* Matches Lua patterns.
 *
 * The patterns, results and messages are those of Lua 5.4. The choices that are still
 * open are on a stack of their own, and each step counts: a pattern that would take
 * minutes raises. Errors in a pattern show when the match arrives there, as they do in
 * Lua. */

#include "sandbox/single.h"

#include <lauxlib.h>
#include <string.h>

#define STEPS_MOST 50000000 /* of one call; less than a second */
#define DEPTH      199      /* open choices; Lua's limit of 200 nested matches */
#define UNFINISHED (-1)     /* the size of a capture whose end is not yet known */

enum outcome { FAILED, MATCHED, ORDINARY };

/* What is undone or tried next when the rest of the pattern fails. */
enum choice {
    SHORTER, /* one repetition fewer */
    LONGER,  /* one repetition more */
    WITHOUT, /* the optional item left out */
    REOPEN,  /* a capture that ended is open again */
    DROP     /* a capture that began does not exist */
};

struct frame {
    enum choice choice;
    int capture;
    const char *s;     /* where the rest began */
    const char *least; /* SHORTER: where it may begin at the earliest */
    const char *item;  /* LONGER */
    const char *rest;  /* the pattern after the quantifier */
};

/* The state of one attempt. The frames are not cleared: each attempt would pay for it. */
struct attempt {
    const char *s, *p; /* the next byte of the text, the next item */
    int depth;
    struct frame frames[DEPTH];
};

void host_match_begin(struct host_match *m, lua_State *L, const char *text, size_t size,
                      const char *pattern, size_t pattern_size)
{
    m->L = L;
    m->text = text;
    m->text_end = text + size;
    m->pattern = pattern;
    m->pattern_end = pattern + pattern_size;
    m->lead = NULL;
    m->left = STEPS_BATCH;
    m->counted = 0;
    m->level = 0;
}

void host_match_count(struct host_match *m)
{
    size_t steps = (size_t)(STEPS_BATCH - m->left);
    m->left = STEPS_BATCH;
    m->counted += steps;
    host_budget_spend(m->L, steps);
    if (m->counted > STEPS_MOST)
        luaL_error(m->L, "the pattern takes too long on a text of %I bytes",
                   (LUAI_UACINT)(m->text_end - m->text));
}

/* The end of the longest repetition of an item from `s` on. */
static const char *longest(struct host_match *m, const char *s, const char *p,
                           const char *end)
{
    const char *from = s;
    if (*p == '.')
        s = m->text_end;
    else
        while (fits(m, s, p, end))
            s++;
    host_match_add(m, (size_t)(s - from));
    return s;
}

/* -- choices ----------------------------------------------------------------------- */

static inline struct frame *push(struct host_match *m, struct attempt *a,
                                 enum choice choice)
{
    if (a->depth == DEPTH) luaL_error(m->L, "pattern too complex");
    struct frame *f = &a->frames[a->depth++];
    f->choice = choice;
    return f;
}

/* Takes the next way of the last choice that has one left; false if none has. */
static bool retry(struct host_match *m, struct attempt *a)
{
    for (; a->depth > 0; a->depth--) {
        struct frame *f = &a->frames[a->depth - 1];
        host_match_add(m, 1);
        switch (f->choice) {
        case SHORTER:
            if (f->s == f->least) continue;
            f->s--;
            break;
        case LONGER:
            if (!fits(m, f->s, f->item, f->rest - 1)) continue;
            f->s++;
            break;
        case WITHOUT:
            a->depth--;
            break;
        case REOPEN:
            m->captures[f->capture].size = UNFINISHED;
            continue;
        case DROP:
            m->level--;
            continue;
        }
        a->s = f->s;
        a->p = f->rest;
        return true;
    }
    return false;
}

/* -- what is not one character ----------------------------------------------------- */

static enum outcome open_capture(struct host_match *m, struct attempt *a)
{
    bool position = a->p[1] == ')';
    if (m->level == MATCH_CAPTURES) luaL_error(m->L, "too many captures");
    m->captures[m->level].start = a->s;
    m->captures[m->level++].size = position ? MATCH_POSITION : UNFINISHED;
    push(m, a, DROP);
    a->p += position ? 2 : 1;
    return MATCHED;
}

static enum outcome close_capture(struct host_match *m, struct attempt *a)
{
    int i = m->level - 1;
    while (i >= 0 && m->captures[i].size != UNFINISHED)
        i--;
    if (i < 0) luaL_error(m->L, "invalid pattern capture");
    m->captures[i].size = a->s - m->captures[i].start;
    push(m, a, REOPEN)->capture = i;
    a->p++;
    return MATCHED;
}

/* %bxy */
static enum outcome balance(struct host_match *m, struct attempt *a)
{
    const char *s = a->s;
    if (m->pattern_end - a->p < 4)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    char opening = a->p[2], closing = a->p[3];
    if (s == m->text_end || *s != opening) return FAILED;
    size_t open = 1;
    while (open > 0 && ++s < m->text_end) {
        if (*s == closing)
            open--;
        else if (*s == opening)
            open++;
    }
    host_match_add(m, (size_t)(s - a->s));
    if (open > 0) return FAILED;
    a->s = s + 1;
    a->p += 4;
    return MATCHED;
}

/* %f[set]: the byte before is not in the set, this one is; NUL stands for both ends. */
static enum outcome frontier(struct host_match *m, struct attempt *a)
{
    const char *set = a->p + 2;
    if (*set != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *end = set_end(m, set);
    int before = a->s == m->text ? 0 : byte_at(a->s - 1);
    if (in_set(m, before, set, end - 1) || !in_set(m, byte_at(a->s), set, end - 1))
        return FAILED;
    a->p = end;
    return MATCHED;
}

/* %1 to %9; %0 is an error. A position never recurs. */
static enum outcome recurrence(struct host_match *m, struct attempt *a)
{
    int i = a->p[1] - '1';
    if (i < 0 || i >= m->level || m->captures[i].size == UNFINISHED)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t size = m->captures[i].size;
    if (size < 0 || size > m->text_end - a->s) return FAILED;
    host_match_add(m, (size_t)size / BYTES_PER_STEP);
    if (memcmp(m->captures[i].start, a->s, (size_t)size) != 0) return FAILED;
    a->s += size;
    a->p += 2;
    return MATCHED;
}

/* Is `%c` more than a class or a character? */
static inline bool is_special(int c)
{
    return c == 'b' || c == 'f' || between(c, '0', '9');
}

static enum outcome special(struct host_match *m, struct attempt *a)
{
    switch (*a->p) {
    case '(':
        return open_capture(m, a);
    case ')':
        return close_capture(m, a);
    case '$':
        if (a->p + 1 < m->pattern_end) return ORDINARY;
        a->p++;
        return a->s == m->text_end ? MATCHED : FAILED;
    case '%':
        if (!is_special(byte_at(a->p + 1))) return ORDINARY;
        if (a->p[1] == 'b') return balance(m, a);
        return a->p[1] == 'f' ? frontier(m, a) : recurrence(m, a);
    default:
        return ORDINARY;
    }
}

/* One character with its quantifier. */
static inline enum outcome ordinary(struct host_match *m, struct attempt *a)
{
    const char *s = a->s, *p = a->p, *end = item_end(m, p);
    bool once = fits(m, s, p, end);
    bool quantified = meaning[byte_at(end)] & QUANTIFIER;

    a->p = quantified ? end + 1 : end;
    if (!once) return quantified && *end != '+' ? MATCHED : FAILED;
    struct frame *f;
    switch (*end) {
    case '*':
    case '+':
        a->s = longest(m, s + 1, p, end);
        f = push(m, a, SHORTER);
        f->least = *end == '+' ? s + 1 : s;
        f->s = a->s;
        break;
    case '-':
        f = push(m, a, LONGER);
        f->s = s;
        f->item = p;
        break;
    case '?':
        f = push(m, a, WITHOUT);
        f->s = s;
        a->s = s + 1;
        break;
    default:
        a->s = s + 1;
        return MATCHED;
    }
    f->rest = a->p;
    return MATCHED;
}

/* The characters up to the next item that is more than itself, once. */
static inline enum outcome literals(struct host_match *m, struct attempt *a)
{
    const char *s = a->s, *p = a->p;
    enum outcome outcome = MATCHED;
    for (; p < m->pattern_end && is_literal(p); p++, s++) {
        if (s < m->text_end && *s == *p) continue;
        outcome = FAILED;
        break;
    }
    m->left -= p - a->p;
    a->s = s;
    a->p = p;
    return outcome;
}

/* -- attempts ---------------------------------------------------------------------- */

const char *host_match_at(struct host_match *m, const char *s)
{
    struct attempt a;
    a.s = s;
    a.p = m->pattern;
    a.depth = 0;
    m->level = 0;
    for (;;) {
        enum outcome outcome = literals(m, &a);
        if (outcome == MATCHED) {
            if (a.p == m->pattern_end) return a.s;
            outcome = special(m, &a);
            if (outcome == ORDINARY) outcome = ordinary(m, &a);
        }
        host_match_add(m, 1);
        if (outcome == FAILED && (a.depth == 0 || !retry(m, &a))) return NULL;
    }
}

/* Finds the item that the first byte of each match fits, if there is one: all other
 * places are passed over. Malformed items raise here, as they would at the first place.
 */
static void find_lead(struct host_match *m)
{
    const char *p = m->pattern;
    if (*p == '(' && p[1] != ')') p++;
    m->lead = m->lead_end = p;
    if (p == m->pattern_end || *p == '(' || *p == ')' || *p == '$') return;
    if (*p == '%' && is_special(byte_at(p + 1))) return;
    const char *end = item_end(m, p);
    if (*end != '*' && *end != '?' && *end != '-') m->lead_end = end;
}

/* The first place from `s` on whose byte fits the lead; NULL if there is none. */
static const char *find_place(struct host_match *m, const char *s)
{
    const char *from = s;
    size_t bytes_per_step = 1;
    if (meaning[byte_at(m->lead)] & OPENING) {
        while (s < m->text_end && !fits(m, s, m->lead, m->lead_end))
            s++;
    } else {
        const char *found = memchr(s, *m->lead, (size_t)(m->text_end - s));
        s = found ? found : m->text_end;
        bytes_per_step = BYTES_PER_STEP;
    }
    host_match_add(m, (size_t)(s - from) / bytes_per_step);
    return s < m->text_end ? s : NULL;
}

const char *host_match_search(struct host_match *m, const char *s, const char *last,
                              const char **end)
{
    if (!m->lead && s <= m->text_end) find_lead(m);
    for (; s <= m->text_end; s++) {
        if (m->lead_end > m->lead) s = find_place(m, s);
        if (!s) return NULL;
        *end = host_match_at(m, s);
        if (*end && *end != last) return s;
    }
    return NULL;
}

/* -- captures ---------------------------------------------------------------------- */

ptrdiff_t host_match_capture(struct host_match *m, int i, const char *s, const char *e,
                             const char **capture)
{
    if (i >= m->level) {
        if (i > 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
        *capture = s;
        return e - s;
    }
    *capture = m->captures[i].start;
    ptrdiff_t size = m->captures[i].size;
    if (size == UNFINISHED) luaL_error(m->L, "unfinished capture");
    if (size == MATCH_POSITION) lua_pushinteger(m->L, *capture - m->text + 1);
    return size;
}

int host_match_push(struct host_match *m, const char *s, const char *e)
{
    int n = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++) {
        const char *capture;
        ptrdiff_t size = host_match_capture(m, i, s, e, &capture);
        if (size != MATCH_POSITION) lua_pushlstring(m->L, capture, (size_t)size);
    }
    return n;
}
