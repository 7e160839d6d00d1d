/* host.text, addresses - e-mail, phone. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"

#include <stdbool.h>
#include <string.h>

enum { SHORTEST_PHONE = 7, LONGEST_PHONE = 15 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -- e-mail -- */

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

/* -- phone -- */

/* The country's calling code, without the plus. */
static const char *check_country(lua_State *L, int arg)
{
    const char *country = luaL_optstring(L, arg, NULL);
    if (!country) return NULL;
    if (*country == '+') country++;
    size_t n = strspn(country, "0123456789");
    luaL_argcheck(L, n >= 1 && n <= 3 && !country[n] && *country != '0', arg,
                  "must be a calling code such as \"44\"");
    return country;
}

/* Collects the digits of a phone number; false if it has other characters. A zero in
 * parentheses after the country code is the trunk prefix and is skipped. */
static bool collect_digits(const char *p, const char *end, bool abroad, char *to,
                           size_t *n)
{
    *n = 0;
    for (; p < end; p++) {
        if (abroad && *n > 0 && end - p >= 3 && memcmp(p, "(0)", 3) == 0) {
            p += 2;
        } else if (is_digit(*p)) {
            if (*n == LONGEST_PHONE + 5) return false; /* room for zeros to be dropped */
            to[(*n)++] = *p;
        } else if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) {
            p++;
        } else if (!*p || !strchr(" \t-.()/", *p)) {
            return false;
        }
    }
    return true;
}

/* Skips an international prefix, a plus or 00; false if there is none. */
static bool skip_abroad(const char **text, const char *end)
{
    int n = *text < end && **text == '+'                                ? 1
            : end - *text > 2 && (*text)[0] == '0' && (*text)[1] == '0' ? 2
                                                                        : 0;
    *text += n;
    return n > 0;
}

/* phone(value, country?) -> "+digits" | nil */
static int text_phone(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    const char *country = check_country(L, 2);
    if (!text) return host_text_nil(L);
    host_text_trim(&text, &size);
    const char *end = text + size;
    if (size > 1 && *text == '\'') text++; /* escaped for spreadsheets */
    bool abroad = skip_abroad(&text, end);
    if (!abroad && (!country || (end - text > 2 && memcmp(end - 2, ".0", 2) == 0)))
        return host_text_nil(L); /* no country, or a number converted through a float */

    char digits[LONGEST_PHONE + 5];
    size_t n;
    if (!collect_digits(text, end, abroad, digits, &n)) return host_text_nil(L);
    const char *from = digits;
    while (!abroad && n > 0 && *from == '0')
        from++, n--;
    if (!abroad && n == 11 && *from == '1' && strcmp(country, "1") == 0) from++, n--;
    size_t ahead = abroad ? 0 : strlen(country), total = ahead + n;
    if (n == 0 || *from == '0' || total < SHORTEST_PHONE || total > LONGEST_PHONE)
        return host_text_nil(L);

    char number[1 + LONGEST_PHONE] = "+";
    if (ahead) memcpy(number + 1, country, ahead);
    memcpy(number + 1 + ahead, from, n);
    lua_pushlstring(L, number, 1 + total);
    return 1;
}

static const luaL_Reg functions[] = {
    {"email", text_email},
    {"phone", text_phone},
    {NULL,    NULL      }
};

void host_text_address_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
