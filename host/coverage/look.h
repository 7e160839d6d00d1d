/* What the value of a member looks like, without its letters and digits (look.c). */
#ifndef HOST_COVERAGE_LOOK_H
#define HOST_COVERAGE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOOK_SIZE = 39 }; /* shown bytes */

/* Looks are the same if their digests are. */
struct look {
    uint64_t digest;
    char last;  /* the last sign, of which repeats are left out */
    bool shown; /* with `text`; most looks are known, and need none */
    bool cut;   /* `text` shows only the beginning */
    unsigned char size;
    char text[LOOK_SIZE];
};

static inline void host_look_begin(struct look *look, bool shown)
{
    look->digest = UINT64_C(14695981039346656037); /* FNV-1a */
    look->last = 0;
    look->shown = shown;
    look->cut = false;
    look->size = 0;
}

/* Takes the JSON of a string from behind its opening quote; returns its closing quote, or
 * `end`. A run of letters and digits becomes one sign ("a" lower case, "A" upper case,
 * "Aa" both, "9" digits, "x" letters and digits, "\xc3\xa4" if one is outside ASCII), a
 * run of the same punctuation mark the mark. */
const char *host_look_string(struct look *look, const char *p, const char *end);

/* Takes a sign as it is. */
void host_look_sign(struct look *look, const char *text, size_t size);

#endif
