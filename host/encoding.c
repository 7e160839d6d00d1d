/* The names of encodings, and their conversion to UTF-8.
 *
 * iconv is asked once for the characters of an encoding of one byte: a table is faster,
 * and its characters do not depend on those before, as those of windows-1255 do in some C
 * libraries. */

#include "encoding.h"

#include "utf8.h"
#include "windows1252.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define NO_ICONV ((iconv_t)-1)
#define FAILED   ((size_t)-1)

/* The first names for iconv are those of Windows, whose programs write more characters
 * than the standards of the same name have, and mean a backslash where they have a yen
 * sign. */
static const struct host_encoding encodings[] = {
    {"utf-8",        HOST_UTF8,       "utf8sig",                     {"UTF-8"}              },
    {"utf-16le",     HOST_UTF16LE,    "utf16 ucs2 ucs2le",           {"UTF-16LE"}           },
    {"utf-16be",     HOST_UTF16BE,    "ucs2be",                      {"UTF-16BE"}           },
    {"windows-1252", HOST_ONE_BYTE,   "cp1252 win1252",              {"CP1252"}             },
    {"iso-8859-1",   HOST_ONE_BYTE,   "latin1 l1",                   {"ISO-8859-1"}         },
    {"windows-1250", HOST_ONE_BYTE,   "cp1250 win1250",              {"CP1250"}             },
    {"windows-1251", HOST_ONE_BYTE,   "cp1251 win1251",              {"CP1251"}             },
    {"windows-1253", HOST_ONE_BYTE,   "cp1253 win1253",              {"CP1253"}             },
    {"windows-1254", HOST_ONE_BYTE,   "cp1254 win1254",              {"CP1254"}             },
    {"windows-1255", HOST_ONE_BYTE,   "cp1255 win1255",              {"CP1255"}             },
    {"windows-1256", HOST_ONE_BYTE,   "cp1256 win1256",              {"CP1256"}             },
    {"windows-1257", HOST_ONE_BYTE,   "cp1257 win1257",              {"CP1257"}             },
    {"iso-8859-2",   HOST_ONE_BYTE,   "latin2 l2",                   {"ISO-8859-2"}         },
    {"iso-8859-5",   HOST_ONE_BYTE,   "",                            {"ISO-8859-5"}         },
    {"iso-8859-7",   HOST_ONE_BYTE,   "",                            {"ISO-8859-7"}         },
    {"iso-8859-9",   HOST_ONE_BYTE,   "latin5 l5",                   {"ISO-8859-9"}         },
    {"iso-8859-15",  HOST_ONE_BYTE,   "latin9 l9",                   {"ISO-8859-15"}        },
    {"koi8-r",       HOST_ONE_BYTE,   "koi8",                        {"KOI8-R"}             },
    {"ibm437",       HOST_ONE_BYTE,   "cp437",                       {"CP437"}              },
    {"ibm850",       HOST_ONE_BYTE,   "cp850",                       {"CP850"}              },
    {"ibm852",       HOST_ONE_BYTE,   "cp852",                       {"CP852"}              },
    {"macintosh",    HOST_ONE_BYTE,   "macroman mac",                {"MACINTOSH"}          },
    {"shift_jis",    HOST_MANY_BYTES, "sjis cp932 ms932 windows31j", {"CP932"}              },
    {"euc-jp",       HOST_MANY_BYTES, "ujis",                        {"EUC-JP-MS", "EUC-JP"}},
    {"gb18030",      HOST_MANY_BYTES, "gbk gb2312 euccn cp936",      {"GB18030"}            },
    {"big5",         HOST_MANY_BYTES, "cp950",                       {"CP950", "BIG5"}      },
    {"euc-kr",       HOST_MANY_BYTES, "cp949 uhc ksc5601",           {"CP949", "UHC"}       },
};

enum {
    ENCODINGS = sizeof encodings / sizeof *encodings,
    LONGEST_NAME = 32,
    LIBRARY_NAMES = sizeof encodings->library / sizeof *encodings->library
};

struct host_decoder {
    iconv_t many; /* NO_ICONV: one byte */
    uint32_t points[HOST_BYTES];
};

/* Writes the letters, in lower case, and digits of a name; false if it is too long. */
static bool settle(const char *name, char settled[LONGEST_NAME])
{
    size_t n = 0;
    for (; *name; name++) {
        char c = *name;
        if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) continue;
        if (n + 1 == LONGEST_NAME) return false;
        settled[n++] = c;
    }
    settled[n] = '\0';
    return n > 0;
}

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *p = words; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == size && memcmp(p, word, n) == 0) return true;
        p += n;
    }
    return false;
}

const struct host_encoding *host_encoding_find(const char *name)
{
    char given[LONGEST_NAME], own[LONGEST_NAME];
    if (!settle(name, given)) return NULL;
    for (size_t i = 0; i < ENCODINGS; i++) {
        settle(encodings[i].name, own);
        if (strcmp(own, given) == 0 || has_word(encodings[i].words, given))
            return &encodings[i];
    }
    return NULL;
}

const struct host_encoding *host_encoding_at(size_t i)
{
    return i < ENCODINGS ? &encodings[i] : NULL;
}

void *host_encoding_iconv(const struct host_encoding *e, bool is_written)
{
    iconv_t found = NO_ICONV;
    for (int i = 0; i < LIBRARY_NAMES && e->library[i] && found == NO_ICONV; i++)
        found = is_written ? iconv_open(e->library[i], "UTF-8")
                           : iconv_open("UTF-8", e->library[i]);
    return found;
}

/* The character of a byte; it may wait for the next one, so what waits is asked for. */
static uint32_t point_of(iconv_t text, unsigned char byte)
{
    char from[1] = {(char)byte}, to[4 * UTF8_LONGEST], *in = from, *out = to;
    size_t left = 1, room = sizeof to;
    bool is_read = iconv(text, &in, &left, &out, &room) == 0 &&
                   iconv(text, NULL, NULL, &out, &room) == 0;
    iconv(text, NULL, NULL, NULL, NULL);
    size_t n = is_read && out > to ? host_utf8_size(to, out) : 0;
    return n > 0 && to + n == out ? host_utf8_point(to, n) : HOST_NO_POINT;
}

bool host_encoding_points(const struct host_encoding *e, uint32_t points[HOST_BYTES])
{
    /* As browsers read it, which never fail. */
    bool is_own = strcmp(e->name, "windows-1252") == 0;
    iconv_t text = is_own ? NO_ICONV : host_encoding_iconv(e, false);
    if (!is_own && text == NO_ICONV) return false;
    for (int i = 0; i < HOST_BYTES; i++)
        points[i] = i < 0x80 ? (uint32_t)i
                    : is_own ? host_windows1252_point((unsigned char)i)
                             : point_of(text, (unsigned char)i);
    if (!is_own) iconv_close(text);
    return true;
}

struct host_decoder *host_decoder_new(const struct host_encoding *e)
{
    struct host_decoder *d = malloc(sizeof *d);
    if (!d) {
        errno = ENOMEM;
        return NULL;
    }
    bool is_one = e->kind == HOST_ONE_BYTE;
    d->many = is_one ? NO_ICONV : host_encoding_iconv(e, false);
    if (is_one ? host_encoding_points(e, d->points) : d->many != NO_ICONV) return d;
    int error = errno;
    free(d);
    errno = error;
    return NULL;
}

void host_decoder_free(struct host_decoder *d)
{
    if (d && d->many != NO_ICONV) iconv_close(d->many);
    free(d);
}

static char *put_one(const struct host_decoder *d, const unsigned char **from,
                     const unsigned char *end, char *to, const char *to_end)
{
    const unsigned char *p = *from;
    for (; p < end && to_end - to >= UTF8_LONGEST; p++) {
        uint32_t point = d->points[*p];
        if (point == HOST_NO_POINT)
            *to++ = (char)0xff;
        else
            to = host_utf8_put(to, point);
    }
    *from = p;
    return to;
}

char *host_decoder_put(struct host_decoder *d, const unsigned char **from,
                       const unsigned char *end, bool ended, char *to, char *to_end)
{
    if (d->many == NO_ICONV) return put_one(d, from, end, to, to_end);
    while (*from < end && to_end - to >= UTF8_LONGEST) {
        char *in = (char *)(uintptr_t)*from; /* iconv does not write to it */
        size_t left = (size_t)(end - *from), room = (size_t)(to_end - to);
        size_t failed = iconv(d->many, &in, &left, &to, &room);
        *from = end - left;
        if (failed != FAILED || errno == E2BIG) break;
        if ((errno == EINVAL && !ended) || to == to_end) break;
        iconv(d->many, NULL, NULL, NULL, NULL);
        *to++ = (char)0xff;
        ++*from;
    }
    return to;
}
