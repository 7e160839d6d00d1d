/* What a value looks like: runs of letters and digits become one sign, punctuation stays.
 */

#include "coverage/look.h"

#include <string.h>

enum { LOWER = 1, UPPER = 2, DIGIT = 4, WIDE = 8 };

#define DIGEST_PRIME UINT64_C(1099511628211) /* FNV-1a */

#define TEN(kind) kind, kind, kind, kind, kind, kind, kind, kind, kind, kind
#define SIX(kind) kind, kind, kind, kind, kind, kind

/* The kinds of characters up to the last letter of ASCII; what is not named has none. */
static const unsigned char kinds['z' + 1] = {
    ['0'] = TEN(DIGIT), ['A'] = TEN(UPPER), TEN(UPPER), SIX(UPPER),
    ['a'] = TEN(LOWER), TEN(LOWER),         SIX(LOWER),
};

static unsigned kind_of(unsigned char c)
{
    return c <= 'z' ? kinds[c] : c >= 0x80 ? WIDE : 0;
}

static void add(struct look *look, const char *sign, size_t size)
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

/* Adds the sign of a run with these kinds of characters. */
static void add_run(struct look *look, unsigned run)
{
    look->last = 0;
    if (run & WIDE)
        add(look, "\xc3\xa4", 2);
    else if (run == DIGIT)
        add(look, "9", 1);
    else if (run & DIGIT)
        add(look, "x", 1);
    else if (run == LOWER)
        add(look, "a", 1);
    else if (run == UPPER)
        add(look, "A", 1);
    else
        add(look, "Aa", 2);
}

void host_look_string(struct look *look, const char *text, size_t size)
{
    const char *end = text + size;
    for (const char *p = text; p < end; p++) {
        unsigned run = 0, kind;
        while (p < end && (kind = kind_of((unsigned char)*p)) != 0) {
            run |= kind;
            p++;
        }
        if (run) add_run(look, run);
        if (p == end) return;
        if (*p == '\\' && p + 1 < end) {
            /* An escape counts as one mark; that of a code point has four digits. */
            if (p[1] == '"' || p[1] == '\\')
                add(look, p + 1, 1);
            else
                add(look, p, 2);
            look->last = 0;
            p += p[1] == 'u' && end - p > 5 ? 5 : 1;
        } else if (*p != look->last) {
            add(look, p, 1);
            look->last = *p;
        }
    }
}
