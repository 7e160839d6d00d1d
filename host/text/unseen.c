/* Characters that show nothing: blanks beyond ASCII, zero-width and direction marks.
 *
 * Sources: White_Space and Default_Ignorable_Code_Point of Unicode 15, without what may
 * end a visible character: variation selectors, tags, fillers of old Hangul. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"
#include "utf8.h"

#include <string.h>

#define HIGHS UINT64_C(0x8080808080808080)

static const struct {
    uint32_t first, last;
    const char *name;
} unseen[] = {
    {0x0085, 0x0085, "line break"                },
    {0x00a0, 0x00a0, "no-break space"            },
    {0x00ad, 0x00ad, "soft hyphen"               },
    {0x061c, 0x061c, "direction mark"            },
    {0x1680, 0x1680, "Ogham space"               },
    {0x180e, 0x180e, "Mongolian vowel separator" },
    {0x2000, 0x200a, "typographic space"         },
    {0x200b, 0x200b, "zero-width space"          },
    {0x200c, 0x200c, "zero-width non-joiner"     },
    {0x200d, 0x200d, "zero-width joiner"         },
    {0x200e, 0x200f, "direction mark"            },
    {0x2028, 0x2029, "line separator"            },
    {0x202a, 0x202e, "direction mark"            },
    {0x202f, 0x202f, "no-break space"            },
    {0x205f, 0x205f, "typographic space"         },
    {0x2060, 0x2060, "word joiner"               },
    {0x2061, 0x2064, "invisible operator"        },
    {0x2066, 0x2069, "direction mark"            },
    {0x206a, 0x206f, "invisible format character"},
    {0x3000, 0x3000, "ideographic space"         },
    {0x3164, 0x3164, "Hangul filler"             },
    {0xfeff, 0xfeff, "byte order mark"           },
    {0xffa0, 0xffa0, "Hangul filler"             },
};

static const char *name_of(uint32_t point)
{
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen && unseen[i].first <= point;
         i++)
        if (point <= unseen[i].last) return unseen[i].name;
    return NULL;
}

static bool is_ascii_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

/* Bytes of the blank at `p`, 0 if there is none. */
static size_t blank_size(const char *p, const char *end)
{
    if ((unsigned char)*p < 0x80) return is_ascii_blank(*p) ? 1 : 0;
    size_t n = host_utf8_size(p, end);
    return n > 0 && name_of(host_utf8_point(p, n)) ? n : 0;
}

/* The same of the blank that ends before `end`. */
static size_t blank_size_before(const char *begin, const char *end)
{
    const char *p = end - 1;
    while (p > begin && end - p < UTF8_LONGEST && ((unsigned char)*p & 0xc0) == 0x80)
        p--;
    size_t n = blank_size(p, end);
    return n == (size_t)(end - p) ? n : 0;
}

void host_text_trim(const char **text, size_t *size)
{
    const char *begin = *text, *end = begin + *size;
    size_t n;
    while (begin < end && (n = blank_size(begin, end)) > 0)
        begin += n;
    while (begin < end && (n = blank_size_before(begin, end)) > 0)
        end -= n;
    *text = begin;
    *size = (size_t)(end - begin);
}

const char *host_text_unseen(const char *text, size_t size, uint32_t *point)
{
    const char *p = text, *end = text + size;
    while (p < end) {
        uint64_t word;
        if ((size_t)(end - p) >= sizeof word) {
            memcpy(&word, p, sizeof word);
            if (!(word & HIGHS)) {
                p += sizeof word;
                continue;
            }
        }
        size_t n = host_utf8_size(p, end);
        *point = n > 1 ? host_utf8_point(p, n) : 0;
        const char *name = n > 1 ? name_of(*point) : NULL;
        if (name) return name;
        p += n > 0 ? n : 1;
    }
    return NULL;
}

/* unseen(value) -> name, code point | nil
 * Of the first character in it that shows nothing: "zero-width space", 0x200b. */
static int text_unseen(lua_State *L)
{
    size_t size;
    uint32_t point;
    const char *text = host_text_check(L, 1, &size);
    const char *name = text ? host_text_unseen(text, size, &point) : NULL;
    if (!name) return host_text_nil(L);
    lua_pushstring(L, name);
    lua_pushinteger(L, (lua_Integer)point);
    return 2;
}

void host_text_unseen_open(lua_State *L)
{
    lua_pushcfunction(L, text_unseen);
    lua_setfield(L, -2, "unseen");
}
