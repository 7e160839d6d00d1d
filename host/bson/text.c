/* Values of BSON as text: dates, UUIDs and decimal numbers. */

#include "bson/parts.h"

#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 86400, ERA = 146097 }; /* seconds of a day; days of 400 years */

struct day {
    int64_t year;
    int month, day;
};

/* The Gregorian date of a day since 1970. Years start in March here, which makes the leap
 * day the last of its year. */
static struct day date_of(int64_t days)
{
    days += 719468; /* since the first of March of the year 0 */
    int64_t era = (days >= 0 ? days : days - (ERA - 1)) / ERA;
    int of_era = (int)(days - era * ERA);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int shifted = (5 * of_year + 2) / 153;
    struct day d = {
        .month = shifted < 10 ? shifted + 3 : shifted - 9,
        .day = of_year - (153 * shifted + 2) / 5 + 1,
    };
    d.year = year + era * 400 + (d.month <= 2);
    return d;
}

void host_bson_push_date(lua_State *L, int64_t milliseconds)
{
    int64_t seconds = milliseconds / 1000;
    int rest = (int)(milliseconds % 1000);
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    int64_t days = seconds / DAY;
    int of_day = (int)(seconds % DAY);
    if (of_day < 0) {
        of_day += DAY;
        days--;
    }
    struct day d = date_of(days);

    char text[64];
    const char *form = d.year >= 0 && d.year <= 9999 ? "%04" PRId64 : "%+07" PRId64;
    int n = snprintf(text, sizeof text, form, d.year);
    n += snprintf(text + n, sizeof text - (size_t)n, "-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  d.month, d.day, of_day / 3600, of_day / 60 % 60, of_day % 60, rest);
    lua_pushlstring(L, text, (size_t)n);
}

static int64_t days_of(struct day d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int of_era = (int)(year - era * 400);
    int of_year = (153 * ((d.month + 9) % 12) + 2) / 5 + d.day - 1;
    return era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct text {
    const char *p, *end;
};

static bool take(struct text *t, char c)
{
    if (t->p == t->end || *t->p != c) return false;
    t->p++;
    return true;
}

/* Takes a number of `n` digits, at most `most`. */
static bool take_number(struct text *t, int n, int most, int *number)
{
    if (t->end - t->p < n) return false;
    *number = 0;
    while (n-- > 0) {
        char c = *t->p++;
        if (c < '0' || c > '9') return false;
        *number = *number * 10 + (c - '0');
    }
    return *number <= most;
}

/* Four digits, or a sign and six. */
static bool take_year(struct text *t, int64_t *year)
{
    int number, sign = take(t, '-') ? -1 : take(t, '+') ? 1 : 0;
    if (!take_number(t, sign ? 6 : 4, 999999, &number)) return false;
    *year = sign < 0 ? -number : number;
    return true;
}

/* The fraction of a second, if there is one; digits after the third are dropped. */
static bool take_fraction(struct text *t, int *milliseconds)
{
    *milliseconds = 0;
    if (!take(t, '.')) return true;
    const char *first = t->p;
    for (int unit = 100; t->p < t->end && *t->p >= '0' && *t->p <= '9'; unit /= 10)
        *milliseconds += unit * (*t->p++ - '0');
    return t->p > first;
}

/* The zone: Z, or minutes east of Greenwich as +01, +0130 or +01:30. */
static bool take_zone(struct text *t, int *minutes)
{
    int hours, rest = 0;
    *minutes = 0;
    if (take(t, 'Z')) return true;
    int sign = take(t, '-') ? -1 : take(t, '+') ? 1 : 0;
    if (!sign || !take_number(t, 2, 23, &hours)) return false;
    if ((take(t, ':') || t->p < t->end) && !take_number(t, 2, 59, &rest)) return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

bool host_bson_read_date(const char *text, size_t size, int64_t *milliseconds)
{
    struct text t = {text, text + size};
    struct day d;
    int hour, minute, second, fraction, zone;

    if (!take_year(&t, &d.year) || !take(&t, '-') || !take_number(&t, 2, 12, &d.month) ||
        !take(&t, '-') || !take_number(&t, 2, 31, &d.day) || !take(&t, 'T') ||
        !take_number(&t, 2, 23, &hour) || !take(&t, ':') ||
        !take_number(&t, 2, 59, &minute) || !take(&t, ':') ||
        !take_number(&t, 2, 59, &second) || !take_fraction(&t, &fraction) ||
        !take_zone(&t, &zone) || t.p != t.end || d.month < 1)
        return false;
    int64_t days = days_of(d);
    struct day same = date_of(days);
    if (same.day != d.day || same.month != d.month) return false; /* 30 February */
    *milliseconds =
        ((days * DAY) + hour * 3600 + (minute - zone) * 60 + second) * 1000 + fraction;
    return true;
}

void host_bson_push_uuid(lua_State *L, const char *bytes)
{
    static const char digits[] = "0123456789abcdef";
    char text[36], *to = text;
    for (int i = 0; i < 16; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    lua_pushlstring(L, text, sizeof text);
}

enum { DECIMAL_DIGITS = 34, DECIMAL_BIAS = 6176 };

/* Divides a number of four limbs, the highest first, by 10 and returns the remainder. */
static int divide(uint32_t limbs[4])
{
    uint64_t rest = 0;
    for (int i = 0; i < 4; i++) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
    return (int)rest;
}

/* Writes the digits of the coefficient and returns their number; "0" for one that is out
 * of range. */
static int put_digits(char digits[DECIMAL_DIGITS], uint64_t high, uint64_t low)
{
    uint32_t limbs[4] = {(uint32_t)(high >> 32), (uint32_t)high, (uint32_t)(low >> 32),
                         (uint32_t)low};
    char reversed[40];
    int n = 0;
    do
        reversed[n++] = (char)('0' + divide(limbs));
    while (limbs[0] | limbs[1] | limbs[2] | limbs[3]);
    if (n > DECIMAL_DIGITS) {
        n = 1;
        reversed[0] = '0';
    }
    for (int i = 0; i < n; i++)
        digits[i] = reversed[n - 1 - i];
    return n;
}

void host_bson_push_decimal(lua_State *L, const char *bytes)
{
    uint64_t low = bson_u64(bytes), high = bson_u64(bytes + 8);
    const char *sign = high >> 63 ? "-" : "";
    unsigned kind = high >> 58 & 31;
    if (kind >= 30) {
        if (kind == 31)
            lua_pushliteral(L, "NaN");
        else
            lua_pushfstring(L, "%sInfinity", sign);
        return;
    }

    /* The second form has coefficients above 34 digits only, which count as 0. */
    bool is_large = kind >> 3 == 3;
    int exponent = (int)(high >> (is_large ? 47 : 49) & 0x3fff) - DECIMAL_BIAS;
    char digits[DECIMAL_DIGITS];
    int n = is_large ? put_digits(digits, 0, 0)
                     : put_digits(digits, high & 0x1ffffffffffff, low);
    int scientific = n - 1 + exponent;

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, sign);
    if (exponent > 0 || scientific < -6) {
        luaL_addchar(&b, *digits);
        if (n > 1) luaL_addchar(&b, '.');
        luaL_addlstring(&b, digits + 1, (size_t)n - 1);
        char text[16];
        snprintf(text, sizeof text, "E%+d", scientific);
        luaL_addstring(&b, text);
    } else {
        int whole = n + exponent; /* digits before the point */
        if (whole <= 0) luaL_addstring(&b, "0");
        luaL_addlstring(&b, digits, whole > 0 ? (size_t)whole : 0);
        if (exponent < 0) luaL_addchar(&b, '.');
        for (int i = whole; i < 0; i++)
            luaL_addchar(&b, '0');
        if (whole < 0) whole = 0;
        luaL_addlstring(&b, digits + whole, (size_t)(n - whole));
    }
    luaL_pushresult(&b);
}
