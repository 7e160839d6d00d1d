/* Skips parts of JSON text that is valid and has no blanks, as host.json writes it. */
#ifndef HOST_COMPACT_H
#define HOST_COMPACT_H

#include <stddef.h>
#include <string.h>

/* The end of the string whose first byte is p, its closing quote. */
static inline const char *host_text_string(const char *p, const char *end)
{
    const char *begin = p;
    while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        const char *before = p; /* an odd number of backslashes escapes the quote */
        while (before > begin && before[-1] == '\\')
            before--;
        if ((p - before) % 2 == 0) return p;
        p++;
    }
    return end;
}

/* The end of a list or an object. */
static inline const char *host_text_table(const char *p, const char *end)
{
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '"')
            p = host_text_string(p + 1, end);
        else if (*p == '[' || *p == '{')
            depth++;
        else if ((*p == ']' || *p == '}') && --depth == 0)
            return p + 1;
    }
    return end;
}

/* The end of a value that is neither of these nor a string. */
static inline const char *host_text_word(const char *p, const char *end)
{
    while (p < end && *p != ',' && *p != '}' && *p != ']')
        p++;
    return p;
}

#endif
