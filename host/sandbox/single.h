/* The items of a pattern that match one character: a byte, a class, a set. */
#ifndef HOST_SANDBOX_SINGLE_H
#define HOST_SANDBOX_SINGLE_H

#include "sandbox/pattern.h"

#include <lauxlib.h>

#define LONG_SET 16 /* a set of more bytes takes several steps */

enum { OPENING = 1, QUANTIFIER = 2 };

/* What a byte of a pattern may be other than itself. */
static const unsigned char meaning[256] = {
    ['('] = OPENING,    [')'] = OPENING,    ['%'] = OPENING,    ['$'] = OPENING,
    ['['] = OPENING,    ['.'] = OPENING,    ['*'] = QUANTIFIER, ['+'] = QUANTIFIER,
    ['?'] = QUANTIFIER, ['-'] = QUANTIFIER,
};

static inline int byte_at(const char *p)
{
    return (unsigned char)*p;
}

/* Is the item at `p` one byte that stands for itself, once? */
static inline bool is_literal(const char *p)
{
    return !(meaning[byte_at(p)] & OPENING) && !(meaning[byte_at(p + 1)] & QUANTIFIER);
}

static inline bool between(int c, int first, int last)
{
    return (unsigned)(c - first) <= (unsigned)(last - first);
}

static inline bool is_letter(int c)
{
    return between(c | 32, 'a', 'z');
}

static inline bool is_alphanumeric(int c)
{
    return is_letter(c) || between(c, '0', '9');
}

/* The classes of ASCII; in upper case, what is not in them. */
static inline bool in_class(int c, int class)
{
    bool is;
    switch (class | 32) {
    case 'a':
        is = is_letter(c);
        break;
    case 'c':
        is = c < 32 || c == 127;
        break;
    case 'd':
        is = between(c, '0', '9');
        break;
    case 'g':
        is = between(c, '!', '~');
        break;
    case 'l':
        is = between(c, 'a', 'z');
        break;
    case 'p':
        is = between(c, '!', '~') && !is_alphanumeric(c);
        break;
    case 's':
        is = c == ' ' || between(c, '\t', '\r');
        break;
    case 'u':
        is = between(c, 'A', 'Z');
        break;
    case 'w':
        is = is_alphanumeric(c);
        break;
    case 'x':
        is = between(c, '0', '9') || between(c | 32, 'a', 'f');
        break;
    case 'z':
        is = c == 0;
        break; /* from Lua 5.1 */
    default:
        return c == class;
    }
    return is == ((class & 32) != 0);
}

/* `p` is at the '[' of a set, `last` at its ']'. */
static inline bool in_set(struct host_match *m, int c, const char *p, const char *last)
{
    bool found = true;
    if (last - p > LONG_SET) host_match_add(m, (size_t)(last - p) / 4);
    if (*++p == '^') {
        found = false;
        p++;
    }
    for (; p < last; p++) {
        if (*p == '%') {
            if (in_class(c, byte_at(++p))) return found;
        } else if (p[1] == '-' && p + 2 < last) {
            if (byte_at(p) <= c && c <= byte_at(p + 2)) return found;
            p += 2;
        } else if (byte_at(p) == c) {
            return found;
        }
    }
    return !found;
}

/* The end of the set at `p`. A ']' that comes first is a member. */
static inline const char *set_end(struct host_match *m, const char *p)
{
    const char *start = p++;
    if (*p == '^') p++;
    do {
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end) p++;
    } while (*p != ']');
    if (p - start > LONG_SET) host_match_add(m, (size_t)(p - start) / 8);
    return p + 1;
}

/* The end of the single-character item at `p`, where its quantifier may be. */
static inline const char *item_end(struct host_match *m, const char *p)
{
    if (*p == '[') return set_end(m, p);
    if (*p != '%') return p + 1;
    if (p + 1 == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 2;
}

/* Does the byte at `s` match the item from `p` to `end`? */
static inline bool fits(struct host_match *m, const char *s, const char *p,
                        const char *end)
{
    if (s >= m->text_end) return false;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(byte_at(s), byte_at(p + 1));
    case '[':
        return in_set(m, byte_at(s), p, end - 1);
    default:
        return *p == *s;
    }
}

#endif
