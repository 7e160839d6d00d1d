/* Lower case by Unicode: the mappings and categories of utf8proc, and what it lacks.
 *
 * toLowerCase is defined by ECMA-262 as the full mapping of Unicode without a locale: one
 * character becomes two (U+0130), and one depends on its neighbours (the final sigma).
 * The tables hold the characters of Unicode 16 and 17, which the utf8proc of a stable
 * distribution does not know; tests/property compares all code points with node. */

#include "text/text.h"

#include "common.h"
#include "utf8.h"

#include <utf8proc.h>

#include <stdint.h>
#include <string.h>

enum { I_WITH_DOT = 0x130, DOT_ABOVE = 0x307, SIGMA = 0x3a3 };
enum { FINAL_SIGMA = 0x3c2, STROKED_LAMBDA = 0x19b };

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

struct range {
    uint32_t first, last;
};

/* Capitals newer than Unicode 15: each `step`-th of a range is `more` before its small
 * letter. */
static const struct {
    uint32_t first, last, step;
    int32_t more;
} newer[] = {
    {0x1c89,  0x1c89,  1, 1                      },
    {0xa7cb,  0xa7cb,  1, 0x264 - 0xa7cb         },
    {0xa7cc,  0xa7ce,  2, 1                      },
    {0xa7d2,  0xa7d4,  2, 1                      },
    {0xa7da,  0xa7da,  1, 1                      },
    {0xa7dc,  0xa7dc,  1, STROKED_LAMBDA - 0xa7dc},
    {0x10d50, 0x10d65, 1, 0x20                   },
    {0x16ea0, 0x16eb8, 1, 0x1b                   },
};

/* Cased (DerivedCoreProperties.txt) without being a letter with case in utf8proc. */
static const struct range cased[] = {
    {0xaa,    0xaa   },
    {0xba,    0xba   },
    {0x1c89,  0x1c8a },
    {0x2160,  0x217f },
    {0x24b6,  0x24e9 },
    {0xa7cb,  0xa7cf },
    {0xa7d2,  0xa7d2 },
    {0xa7d4,  0xa7d4 },
    {0xa7da,  0xa7dc },
    {0x10d50, 0x10d65},
    {0x10d70, 0x10d85},
    {0x16ea0, 0x16eb8},
    {0x16ebb, 0x16ed3},
    {0x1f130, 0x1f149},
    {0x1f150, 0x1f169},
    {0x1f170, 0x1f189},
};

/* Case_Ignorable without being a mark, a modifier or a format character in utf8proc. */
static const struct range ignorable[] = {
    {0x27,    0x27   },
    {0x2e,    0x2e   },
    {0x3a,    0x3a   },
    {0xb7,    0xb7   },
    {0x387,   0x387  },
    {0x55f,   0x55f  },
    {0x5f4,   0x5f4  },
    {0x897,   0x897  },
    {0x1acf,  0x1add },
    {0x1ae0,  0x1aeb },
    {0x2018,  0x2019 },
    {0x2024,  0x2024 },
    {0x2027,  0x2027 },
    {0xa7f1,  0xa7f1 },
    {0xfe13,  0xfe13 },
    {0xfe52,  0xfe52 },
    {0xfe55,  0xfe55 },
    {0xff07,  0xff07 },
    {0xff0e,  0xff0e },
    {0xff1a,  0xff1a },
    {0x10d4e, 0x10d4e},
    {0x10d69, 0x10d6d},
    {0x10d6f, 0x10d6f},
    {0x10ec5, 0x10ec5},
    {0x10efa, 0x10efc},
    {0x113bb, 0x113c0},
    {0x113ce, 0x113ce},
    {0x113d0, 0x113d0},
    {0x113d2, 0x113d2},
    {0x113e1, 0x113e2},
    {0x11b60, 0x11b60},
    {0x11b62, 0x11b64},
    {0x11b66, 0x11b66},
    {0x11dd9, 0x11dd9},
    {0x11f5a, 0x11f5a},
    {0x1611e, 0x16129},
    {0x1612d, 0x1612f},
    {0x16d40, 0x16d42},
    {0x16d6b, 0x16d6c},
    {0x16ff2, 0x16ff3},
    {0x1e5ee, 0x1e5ef},
    {0x1e6e3, 0x1e6e3},
    {0x1e6e6, 0x1e6e6},
    {0x1e6ee, 0x1e6ef},
    {0x1e6f5, 0x1e6f5},
    {0x1e6ff, 0x1e6ff},
};

/* Characters whose category has changed since Unicode 15. */
enum { GLOTTAL_STOP = 0x295, AHOM_VOWEL = 0x1171e };

static bool is_in(const struct range *ranges, size_t n, uint32_t point)
{
    for (size_t i = 0; i < n && ranges[i].first <= point; i++)
        if (point <= ranges[i].last) return true;
    return false;
}

static uint32_t newer_lower(uint32_t point)
{
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
        if (point >= newer[i].first && point <= newer[i].last &&
            (point - newer[i].first) % newer[i].step == 0)
            return (uint32_t)((int32_t)point + newer[i].more);
    return point;
}

/* The simple mapping of a code point. */
static uint32_t lower_point(uint32_t point)
{
    uint32_t lower = (uint32_t)utf8proc_tolower((utf8proc_int32_t)point);
    return lower == point ? newer_lower(point) : lower;
}

enum role { OTHER, CASED, IGNORABLE };

/* What a character beside a sigma says about it. */
static enum role role_of(uint32_t point)
{
    if (is_in(ignorable, sizeof ignorable / sizeof *ignorable, point)) return IGNORABLE;
    if (is_in(cased, sizeof cased / sizeof *cased, point)) return CASED;
    if (point == GLOTTAL_STOP || point == AHOM_VOWEL) return OTHER;
    switch (utf8proc_category((utf8proc_int32_t)point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return CASED;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return IGNORABLE;
    default:
        return OTHER;
    }
}

/* Whether the character with case nearest to `p` is before it. */
static bool is_cased_before(const char *text, const char *p)
{
    while (p > text) {
        const char *end = p--;
        while (p > text && end - p < UTF8_LONGEST && ((unsigned char)*p & 0xc0) == 0x80)
            p--;
        size_t n = host_utf8_size(p, end);
        if (n != (size_t)(end - p)) return false;
        enum role role = role_of(host_utf8_point(p, n));
        if (role != IGNORABLE) return role == CASED;
    }
    return false;
}

static bool is_cased_after(const char *p, const char *end)
{
    while (p < end) {
        size_t n = host_utf8_size(p, end);
        if (n == 0) return false;
        enum role role = role_of(host_utf8_point(p, n));
        if (role != IGNORABLE) return role == CASED;
        p += n;
    }
    return false;
}

size_t host_text_settled(const char *text, size_t size)
{
    const uint64_t from_a = ONES * (0x80 - 'A'), behind_z = ONES * (0x80 - 'Z' - 1);
    size_t i = 0;
    for (uint64_t word; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        /* the high bit of a byte: outside ASCII, or at least 'A' and not behind 'Z' */
        if ((word | ((word + from_a) ^ (word + behind_z))) & HIGHS) break;
    }
    while (i < size && (unsigned char)text[i] < 0x80 && host_lower(text[i]) == text[i])
        i++;
    return i;
}

size_t host_text_fold(const char *text, size_t size, char *to)
{
    const char *p = text, *end = text + size;
    char *out = to;
    for (;;) {
        while (p < end && (unsigned char)*p < 0x80)
            *out++ = host_lower(*p++);
        if (p == end) break;
        size_t n = host_utf8_size(p, end);
        if (n == 0) {
            *out++ = *p++;
            continue;
        }
        uint32_t point = host_utf8_point(p, n), lower = lower_point(point);
        if (point == SIGMA && is_cased_before(text, p) && !is_cased_after(p + n, end))
            lower = FINAL_SIGMA;
        out = host_utf8_put(out, lower);
        if (point == I_WITH_DOT) out = host_utf8_put(out, DOT_ABOVE);
        p += n;
    }
    return (size_t)(out - to);
}
