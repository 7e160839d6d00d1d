/* host.text, addresses - e-mail. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_local_part(const char *p, const char *end)
{
    if (p == end) return false;
    for (; p < end; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("@<>(),;:\"[]\\", *p))
            return false;
    return true;
}

/* At least two labels of letters, digits, hyphens and non-ASCII characters. */
static bool is_dotted_domain(const char *p, const char *end)
{
    int labels = 0;
    while (p < end) {
        const char *label = p;
        for (; p < end && *p != '.'; p++)
            if (!is_digit(*p) && *p != '-' && (unsigned char)*p < 0x80 &&
                (host_lower(*p) < 'a' || host_lower(*p) > 'z'))
                return false;
        if (p == label || *label == '-' || p[-1] == '-') return false;
        labels++;
        if (p < end && ++p == end) return false; /* a trailing dot */
    }
    return labels >= 2;
}

/* email(value) -> string | nil */
static int text_email(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text) return host_text_nil(L);
    host_text_trim(&text, &size);
    const char *at = memchr(text, '@', size);
    uint32_t point;
    if (!at || !is_local_part(text, at) || !is_dotted_domain(at + 1, text + size) ||
        host_text_unseen(text, size, &point))
        return host_text_nil(L);
    host_text_push_lower(L, text, size);
    return 1;
}

static const luaL_Reg functions[] = {
    {"email", text_email},
    {NULL,    NULL      }
};

void host_text_address_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
