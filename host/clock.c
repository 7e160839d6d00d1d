/* host.clock - times, all in seconds.
 *
 * Dates are counted by arithmetic on days (proleptic Gregorian calendar), without the C
 * library's time zones and locales. */

#include "clock.h"

#include "common.h"
#include "host.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define DAY 86400

struct date {
    long long year;
    int month, day, hour, minute, second;
    double fraction;
    int offset; /* seconds east of UTC */
};

static double seconds_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double host_monotonic(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* Days since 1970-01-01. The year starts in March, so the leap day is its last day and
 * the months follow a fixed pattern of lengths (153 days in five months). */
static long long days_from_civil(long long year, int month, int day)
{
    if (month <= 2) year--;
    long long era = (year >= 0 ? year : year - 399) / 400;
    long long of_era = year - era * 400;
    long long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The inverse. */
static void civil_from_days(long long days, struct date *d)
{
    days += 719468;
    long long era = (days >= 0 ? days : days - 146096) / 146097;
    long long of_era = days - era * 146097;
    long long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long long of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    d->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    d->month = month < 10 ? month + 3 : month - 9;
    d->year = year + era * 400 + (d->month <= 2);
}

static int days_in_month(long long year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool digits(const char **p, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9') return false;
        *value = *value * 10 + (**p - '0');
    }
    return true;
}

static bool literal(const char **p, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(*p, text, n) != 0) return false;
    *p += n;
    return true;
}

/* Index (from 0) of the three-letter name, or -1. */
static int name_index(const char **p, const char *names)
{
    for (int i = 0; names[i * 3]; i++) {
        if (strncmp(*p, names + (size_t)i * 3, 3) != 0) continue;
        *p += 3;
        return i;
    }
    return -1;
}

/* hh:mm[:ss[.fraction]] */
static bool time_of_day(const char **p, struct date *d)
{
    if (!digits(p, 2, &d->hour) || !literal(p, ":") || !digits(p, 2, &d->minute))
        return false;
    if (!literal(p, ":")) return true;
    if (!digits(p, 2, &d->second)) return false;
    if (**p != '.' && **p != ',') return true;
    (*p)++;
    if (**p < '0' || **p > '9') return false;
    double fraction = 0, scale = 1;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        if (scale < 1e15) { /* more than a double holds */
            fraction = fraction * 10 + (**p - '0');
            scale *= 10;
        }
    d->fraction = fraction / scale;
    return true;
}

/* Z, +hh, +hhmm, +hh:mm or nothing */
static bool zone(const char **p, struct date *d)
{
    if (literal(p, "Z") || literal(p, "z") || !**p) return true;
    literal(p, " "); /* PostgreSQL, for example, writes "12:00:00 +02:00" */
    int sign = **p == '-' ? -1 : 1, hours, minutes = 0;
    if (**p == ' ' || (**p != '+' && **p != '-'))
        return literal(p, "UTC") || literal(p, "GMT");
    (*p)++;
    if (!digits(p, 2, &hours)) return false;
    bool colon = literal(p, ":");
    if ((colon || **p) && !digits(p, 2, &minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    d->offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* yyyy-mm-dd[(T| )time[zone]] */
static bool iso_date(const char *p, struct date *d)
{
    int year;
    if (!digits(&p, 4, &year) || !literal(&p, "-") || !digits(&p, 2, &d->month) ||
        !literal(&p, "-") || !digits(&p, 2, &d->day))
        return false;
    d->year = year;
    if (!*p) return true;
    if (*p != 'T' && *p != 't' && *p != ' ') return false;
    p++;
    return time_of_day(&p, d) && zone(&p, d) && !*p;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool http_date(const char *p, struct date *d)
{
    int year;
    if (name_index(&p, "SunMonTueWedThuFriSat") < 0 || !literal(&p, ", ")) return false;
    if (!digits(&p, 2, &d->day) || !literal(&p, " ")) return false;
    d->month = name_index(&p, "JanFebMarAprMayJunJulAugSepOctNovDec") + 1;
    if (!d->month || !literal(&p, " ") || !digits(&p, 4, &year) || !literal(&p, " "))
        return false;
    d->year = year;
    return time_of_day(&p, d) && literal(&p, " GMT") && !*p;
}

static bool exists(const struct date *d)
{
    return d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           d->day <= days_in_month(d->year, d->month) && d->hour <= 23 &&
           d->minute <= 59 && d->second <= 60; /* a leap second */
}

/* now() -> Unix time with fractions */
static int clock_now(lua_State *L)
{
    lua_pushnumber(L, seconds_of(CLOCK_REALTIME));
    return 1;
}

/* monotonic() -> seconds of a clock that never goes backwards */
static int clock_monotonic(lua_State *L)
{
    lua_pushnumber(L, host_monotonic());
    return 1;
}

static double seconds_of_timeval(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* cpu() -> seconds of CPU that this process has used, user and system */
static int clock_cpu(lua_State *L)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    lua_pushnumber(L, seconds_of_timeval(usage.ru_utime) +
                          seconds_of_timeval(usage.ru_stime));
    return 1;
}

/* iso(unix, places?) -> "2026-11-23T08:06:00.000Z"
 * Truncated, not rounded: never shows a time in the future. */
static int clock_iso(lua_State *L)
{
    double unix_time = luaL_checknumber(L, 1);
    lua_Integer places = luaL_optinteger(L, 2, 3);
    luaL_argcheck(L, places >= 0 && places <= 9, 2, "0 to 9 decimals");
    luaL_argcheck(L, unix_time >= -62167219200.0 && unix_time < 253402300800.0, 1,
                  "year outside 0 to 9999");

    long long scale = 1;
    for (lua_Integer i = 0; i < places; i++)
        scale *= 10;
    double whole = floor(unix_time);
    /* A decimal such as .123 is stored as slightly less; half a microsecond
     * compensates. */
    long long part = (long long)floor((unix_time - whole + 5e-7) * (double)scale);
    if (part >= scale) part = scale - 1;

    struct date d = {0};
    long long seconds = (long long)whole;
    long long days = (seconds - (seconds % DAY + DAY) % DAY) / DAY;
    int rest = (int)(seconds - days * DAY);
    civil_from_days(days, &d);
    char text[64];
    int n = snprintf(text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02d", d.year,
                     d.month, d.day, rest / 3600, rest / 60 % 60, rest % 60);
    if (places) snprintf(text + n, sizeof text - (size_t)n, ".%0*lld", (int)places, part);
    lua_pushfstring(L, "%sZ", text);
    return 1;
}

/* parse(text) -> Unix time | nil, message, "parse"
 * An ISO 8601 date or date and time (without an offset: UTC), or an HTTP date. */
static int clock_parse(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct date d = {0}, h = {0};

    if (strlen(text) != size) return host_fail(L, HOST_PARSE, "not a date");
    if (!iso_date(text, &d)) {
        if (!http_date(text, &h))
            return host_fail(L, HOST_PARSE, "not a date: \"%s\"", text);
        d = h;
    }
    if (!exists(&d)) return host_fail(L, HOST_PARSE, "no such date: \"%s\"", text);

    long long seconds = days_from_civil(d.year, d.month, d.day) * DAY + d.hour * 3600 +
                        d.minute * 60 + d.second - d.offset;
    lua_pushnumber(L, (double)seconds + d.fraction);
    return 1;
}

static const luaL_Reg functions[] = {
    {"now",       clock_now      },
    {"monotonic", clock_monotonic},
    {"cpu",       clock_cpu      },
    {"iso",       clock_iso      },
    {"parse",     clock_parse    },
    {NULL,        NULL           }
};

int luaopen_host_clock(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
