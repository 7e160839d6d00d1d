/* What a value looks like: runs of letters and digits become one sign, punctuation stays.
 */

#include "coverage/look.h"

#include <string.h>

enum { LOWER = 1, UPPER = 2, DIGIT = 4, WIDE = 8, KINDS = 16 };

#define DIGEST_PRIME UINT64_C(1099511628211) /* FNV-1a */

#define TEN(kind)     kind, kind, kind, kind, kind, kind, kind, kind, kind, kind
#define SIX(kind)     kind, kind, kind, kind, kind, kind
#define SIXTEEN(kind) TEN(kind), SIX(kind)

/* The kinds of bytes; what is not named, such as the quote that ends a string, has none.
 */
static const unsigned char kinds[256] = {
    ['0'] = TEN(DIGIT), ['A'] = SIXTEEN(UPPER), TEN(UPPER),    ['a'] = SIXTEEN(LOWER),
    TEN(LOWER),         [0x80] = SIXTEEN(WIDE), SIXTEEN(WIDE), SIXTEEN(WIDE),
    SIXTEEN(WIDE),      SIXTEEN(WIDE),          SIXTEEN(WIDE), SIXTEEN(WIDE),
    SIXTEEN(WIDE),
};

/* The sign of a run with these kinds of characters. */
static const struct {
    char text[3];
    unsigned char size;
} runs[KINDS] = {
    [LOWER] = {"a",  1},
    [UPPER] = {"A",  1},
    [LOWER | UPPER] = {"Aa", 2},
    [DIGIT] = {"9",  1},
    [DIGIT | LOWER] = {"x",  1},
    [DIGIT | UPPER] = {"x",  1},
    [DIGIT | LOWER | UPPER] = {"x",  1},
};

static const char wide_run[] = "\xc3\xa4";

static inline void add(struct look *look, const char *sign, size_t size)
{
    for (size_t i = 0; i < size; i++)
        look->digest = (look->digest ^ (unsigned char)sign[i]) * DIGEST_PRIME;
    if (!look->shown || look->cut) return;
    look->cut = look->size + size > LOOK_SIZE;
    if (look->cut) return;
    memcpy(look->text + look->size, sign, size);
    look->size = (unsigned char)(look->size + size);
}

void host_look_sign(struct look *look, const char *text, size_t size)
{
    add(look, text, size);
}

static inline void add_run(struct look *look, unsigned run)
{
    look->last = 0;
    if (run & WIDE)
        add(look, wide_run, sizeof wide_run - 1);
    else
        add(look, runs[run].text, runs[run].size);
}

/* Adds the escape at p, one mark; that of a code point has four digits. Returns its end.
 */
static const char *add_escape(struct look *look, const char *p, const char *end)
{
    if (end - p < 2) return end;
    if (p[1] == '"' || p[1] == '\\')
        add(look, p + 1, 1);
    else
        add(look, p, 2);
    look->last = 0;
    return p + (p[1] == 'u' && end - p > 5 ? 6 : 2);
}

const char *host_look_string(struct look *look, const char *p, const char *end)
{
    while (p < end) {
        unsigned run = 0, kind;
        while (p < end && (kind = kinds[(unsigned char)*p]) != 0) {
            run |= kind;
            p++;
        }
        if (run) add_run(look, run);
        if (p == end || *p == '"') break;
        if (*p == '\\') {
            p = add_escape(look, p, end);
        } else {
            if (*p != look->last) add(look, p, 1);
            look->last = *p++;
        }
    }
    return p;
}
