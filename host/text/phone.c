/* host.text, phone numbers - reads them by numbering plans, which the caller has.
 *
 * A text may have several readings: with or without a trunk prefix, a calling code, an
 * international prefix. The result is the number on which all of them agree. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"

#include <lauxlib.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SHORTEST = 7, LONGEST = 15 }; /* digits of E.164, with the calling code */
enum { ROOM = 24 };                  /* with an international prefix */
enum { CODES = 1000, LETTERS = 26 };

/* Lengths and first digits are sets of bits. Texts are borrowed from the facts. */
struct plan {
    const char *code;
    size_t code_size;
    unsigned lines;    /* lengths of fixed and mobile numbers */
    unsigned complete; /* of these, without a prefix */
    unsigned all;      /* lengths of all numbers */
    unsigned again;    /* lengths of numbers that begin with their own calling code */
    uint16_t first[LONGEST + 1]; /* first digits of fixed and mobile numbers, by length */
    uint16_t any[LONGEST + 1];   /* of all numbers */
    const char *trunks, *local, *abroad; /* "0,08x": prefixes; x is any digit */
};

/* The facts are its user value. */
struct plans {
    int16_t by_code[CODES]; /* index of the main plan, or -1 */
    int16_t by_region[LETTERS * LETTERS];
    struct plan of[];
};

/* What is read from the text. */
struct written {
    char digits[ROOM];
    size_t n;
    size_t zero; /* index of a zero in parentheses, "(0)"; ROOM: none */
};

struct reading {
    char number[1 + LONGEST];
    size_t size; /* 0: none */
    bool doubtful;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -- characters -- */

/* The bytes of a character between digits that says nothing: blanks, hyphens, marks of
 * writing direction; 0 for another character. */
static size_t filler(const char *p, const char *end)
{
    if (*p && strchr(" \t-.()", *p)) return 1;
    if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) return 2;
    if (end - p < 3 || memcmp(p, "\xe2\x80", 2) != 0) return 0;
    unsigned char last = (unsigned char)p[2];
    bool says_nothing = (last >= 0x87 && last <= 0x95) || (last >= 0xaa && last <= 0xaf);
    return says_nothing ? 3 : 0;
}

/* Whether the digit at p is "(0)". */
static bool is_in_parentheses(const char *from, const char *p, const char *end)
{
    return *p == '0' && p > from && p[-1] == '(' && end - p > 1 && p[1] == ')';
}

/* Collects the digits; false if there are other characters, or two numbers. */
static bool collect(const char *p, const char *end, bool plus, struct written *to)
{
    const char *from = p;
    bool slash = false;
    to->n = 0, to->zero = ROOM;
    while (p < end) {
        size_t step;
        if (is_digit(*p)) {
            if (to->n == ROOM) return false;
            if (is_in_parentheses(from, p, end)) to->zero = to->n;
            to->digits[to->n++] = *p++;
        } else if (*p == '/') {
            if (slash || to->n > (plus ? 9 : 6)) return false; /* not an area code */
            slash = true, p++;
        } else if ((step = filler(p, end)) > 0) {
            p += step;
        } else {
            return false;
        }
    }
    return to->n > 0;
}

/* The digits of a number that a program wrote as a float, 491512345678.0 or
 * 4.91512345678E+11; false if it is not one. Too few digits are a loss: no digits. */
static bool collect_float(const char *p, const char *end, struct written *to)
{
    size_t exponent = 0;
    to->n = 0, to->zero = ROOM;
    for (; p < end && is_digit(*p) && to->n < ROOM; p++)
        to->digits[to->n++] = *p;
    const size_t whole = to->n;
    if (p == end || whole == 0 || to->digits[0] == '0') return false;
    if (*p == '.')
        for (p++; p < end && is_digit(*p) && to->n < ROOM; p++)
            to->digits[to->n++] = *p;
    if (p == end) { /* 491512345678.0 */
        for (; to->n > whole; to->n--)
            if (to->digits[to->n - 1] != '0') return false;
        return p[-1] == '0' && p[-2] == '.';
    }
    if ((*p != 'e' && *p != 'E') || whole != 1) return false;
    p++;
    if (p < end && *p == '+') p++;
    for (; p < end && is_digit(*p) && exponent < ROOM; p++)
        exponent = exponent * 10 + (size_t)(*p - '0');
    if (p < end) return false;
    if (to->n != exponent + 1) to->n = 0;
    return true;
}

/* -- readings -- */

static bool has(unsigned set, size_t bit)
{
    return bit < 16 && (set >> bit & 1);
}

static void add(struct reading *to, const struct plan *plan, const char *digits, size_t n)
{
    size_t size = 1 + plan->code_size + n;
    if (size < 1 + SHORTEST || size > 1 + LONGEST) return;
    char number[1 + LONGEST] = "+";
    memcpy(number + 1, plan->code, plan->code_size);
    memcpy(number + 1 + plan->code_size, digits, n);
    if (to->size > 0 && (to->size != size || memcmp(to->number, number, size) != 0))
        to->doubtful = true;
    memcpy(to->number, number, size);
    to->size = size;
}

/* The size of the prefix in a list that `digits` begin with, and the next of the list in
 * `*list`; 0: no more. */
static size_t next_prefix(const char **list, const char *digits, size_t n)
{
    const char *p = *list;
    while (*p) {
        size_t i = 0;
        bool same = true;
        for (; p[i] && p[i] != ','; i++)
            same = same && i < n && (p[i] == 'x' || p[i] == digits[i]);
        p += p[i] ? i + 1 : i;
        *list = p;
        if (same) return i;
    }
    return 0;
}

/* What a number without prefixes is like. */
struct shape {
    unsigned lengths;
    const uint16_t *first;  /* digits, by length */
    const char *incomplete; /* prefixes of numbers that are not complete */
};

/* No number begins with two zeros. */
static bool is_number(const struct shape *shape, const char *digits, size_t n)
{
    const char *list = shape->incomplete;
    return has(shape->lengths, n) && has(shape->first[n], (size_t)(digits[0] - '0')) &&
           (digits[0] != '0' || digits[1] != '0') && !next_prefix(&list, digits, n);
}

/* Adds a number like `wanted`. One that is only like `other` is another reading of the
 * text, which must not be taken for the first. `other` may be NULL. */
static void consider(struct reading *to, const struct plan *plan,
                     const struct shape *wanted, const struct shape *other,
                     const char *digits, size_t n)
{
    if (is_number(wanted, digits, n))
        add(to, plan, digits, n);
    else if (other && is_number(other, digits, n))
        to->doubtful = true;
}

static void without_trunk(struct reading *to, const struct plan *plan,
                          const struct shape *wanted, const struct shape *other,
                          const char *digits, size_t n)
{
    size_t size;
    for (const char *list = plan->trunks; (size = next_prefix(&list, digits, n)) > 0;)
        if (size < n) consider(to, plan, wanted, other, digits + size, n - size);
}

/* Without an international prefix: with or without trunk prefix or calling code. */
static void at_home(struct reading *to, const struct plan *plan, const char *digits,
                    size_t n)
{
    const struct shape line = {plan->lines, plan->first, plan->local};
    struct shape bare = line, any = {plan->all, plan->any, ""}, again = any;
    if (digits[0] != '0') bare.lengths = plan->complete;
    if (n <= plan->code_size || memcmp(digits, plan->code, plan->code_size) != 0) {
        consider(to, plan, &bare, NULL, digits, n);
        without_trunk(to, plan, &line, &any, digits, n);
        return;
    }
    bare.lengths &= plan->again, again.lengths = plan->again;
    consider(to, plan, &bare, &again, digits, n);
    without_trunk(to, plan, &line, &any, digits, n);
    digits += plan->code_size, n -= plan->code_size;
    consider(to, plan, &line, &any, digits, n);
    without_trunk(to, plan, &line, &any, digits, n);
}

/* The plan of a calling code, NULL if it is not one. No code begins with another. */
static const struct plan *plan_of(const struct plans *plans, const char *digits, size_t n)
{
    int code = 0;
    for (size_t i = 0; i < n && i < 3; i++) {
        code = code * 10 + digits[i] - '0';
        if (code == 0) return NULL;
        if (plans->by_code[code] >= 0) return &plans->of[plans->by_code[code]];
    }
    return NULL;
}

/* After a plus or an international prefix. `zero` is the index of "(0)". */
static void from_abroad(struct reading *to, const struct plans *plans, const char *digits,
                        size_t n, size_t zero)
{
    const struct plan *plan = plan_of(plans, digits, n);
    if (!plan || n == plan->code_size) return;
    digits += plan->code_size, n -= plan->code_size;
    const struct shape any = {plan->all, plan->any, ""};
    const struct shape line = {plan->lines, plan->first, ""};
    consider(to, plan, &any, NULL, digits, n);
    without_trunk(to, plan, &line, &any, digits, n);
    if (zero == plan->code_size) consider(to, plan, &any, NULL, digits + 1, n - 1);
}

static bool same_reading(const struct reading *a, const struct reading *b)
{
    return a->size == b->size && memcmp(a->number, b->number, a->size) == 0;
}

static void read_digits(struct reading *to, const struct plans *plans,
                        const struct plan *plan, const struct written *written)
{
    const char *list = plan ? plan->abroad : "00";
    bool is_abroad = false;
    for (size_t n; (n = next_prefix(&list, written->digits, written->n)) > 0;) {
        struct reading one = {.size = 0, .doubtful = false};
        size_t zero =
            written->zero < ROOM && written->zero > n ? written->zero - n : ROOM;
        from_abroad(&one, plans, written->digits + n, written->n - n, zero);
        if (is_abroad && !same_reading(to, &one)) one.doubtful = true;
        *to = one;
        if (one.doubtful) return;
        is_abroad = true;
    }
    if (plan && !is_abroad) at_home(to, plan, written->digits, written->n);
}

static void read_text(struct reading *to, const struct plans *plans,
                      const struct plan *plan, const char *text, const char *end)
{
    struct written written;
    if (text < end && *text == '+') {
        if (collect(text + 1, end, true, &written))
            from_abroad(to, plans, written.digits, written.n, written.zero);
        return;
    }
    if (text == end) return;
    if (!collect_float(text, end, &written) && !collect(text, end, false, &written))
        return;
    if (written.n > 0) read_digits(to, plans, plan, &written);
}

/* -- Lua -- */

static int letter(char c)
{
    c = host_lower(c);
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* The index of the two letters of a country; -1 if it is not two letters. */
static int region_index(const char *text, size_t size)
{
    if (size != 2 || letter(text[0]) < 0 || letter(text[1]) < 0) return -1;
    return letter(text[0]) * LETTERS + letter(text[1]);
}

/* A calling code, with or without plus; -1 if it is not one to three digits. */
static int code_number(const char *text, size_t size)
{
    int code = 0;
    if (size > 1 && *text == '+') text++, size--;
    if (size < 1 || size > 3 || *text == '0') return -1;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i])) return -1;
        code = code * 10 + text[i] - '0';
    }
    return code;
}

/* The plan of the country at `arg`, NULL for nil. For an unknown one, calls upvalue 2 for
 * the message. */
static const struct plan *check_country(lua_State *L, const struct plans *plans, int arg)
{
    size_t size;
    const char *text = luaL_optlstring(L, arg, NULL, &size);
    if (!text) return NULL;
    int region = region_index(text, size), code = code_number(text, size);
    int index = region >= 0 ? plans->by_region[region]
                : code >= 0 ? plans->by_code[code]
                            : -1;
    if (index >= 0) return &plans->of[index];
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, arg);
    lua_call(L, 1, 1);
    luaL_argerror(L, arg, luaL_checkstring(L, -1));
    return NULL;
}

static const char *text_field(lua_State *L, const char *name)
{
    if (lua_getfield(L, -1, name) != LUA_TSTRING)
        luaL_error(L, "a plan without %s", name);
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1); /* the facts keep it */
    return text;
}

static unsigned set_field(lua_State *L, const char *name)
{
    int whole = 0;
    lua_getfield(L, -1, name);
    lua_Integer set = lua_tointegerx(L, -1, &whole);
    if (!whole || set < 0 || set > 0xffff) luaL_error(L, "a plan without %s", name);
    lua_pop(L, 1);
    return (unsigned)set;
}

/* Reads the first digits of the plan on top. */
static void read_first(lua_State *L, struct plan *plan)
{
    unsigned zero = set_field(L, "zero");
    if (lua_getfield(L, -1, "first") != LUA_TTABLE) luaL_error(L, "a plan without first");
    for (size_t n = 1; n <= LONGEST; n++) {
        lua_rawgeti(L, -1, (lua_Integer)n);
        plan->first[n] = (uint16_t)lua_tointeger(L, -1);
        plan->any[n] = has(zero, n) ? 0x3ff : 0x3fe;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Reads the plan on top. */
static void read_plan(lua_State *L, struct plans *plans, int index)
{
    struct plan *plan = &plans->of[index];
    const char *region = text_field(L, "region");
    plan->code = text_field(L, "code");
    plan->code_size = strlen(plan->code);
    plan->trunks = text_field(L, "trunks");
    plan->local = text_field(L, "starts_local");
    plan->abroad = text_field(L, "abroad");
    plan->lines = set_field(L, "lines");
    plan->complete = set_field(L, "complete");
    plan->all = set_field(L, "all");
    plan->again = set_field(L, "again");
    read_first(L, plan);

    int code = code_number(plan->code, plan->code_size);
    int at = region_index(region, strlen(region));
    if (code < 0) luaL_error(L, "%s is not a calling code", plan->code);
    if (plans->by_code[code] < 0) plans->by_code[code] = (int16_t)index;
    if (at >= 0) plans->by_region[at] = (int16_t)index;
}

/* The plans of the function that runs. */
static const struct plans *get_plans(lua_State *L)
{
    struct plans *plans = lua_touserdata(L, lua_upvalueindex(1));
    if (plans) return plans;

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 0, 1);
    lua_Unsigned n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
    if (n == 0 || n >= INT16_MAX) luaL_error(L, "no plans");
    plans = lua_newuserdatauv(L, sizeof *plans + n * sizeof *plans->of, 1);
    memset(plans, 0, sizeof *plans + n * sizeof *plans->of);
    memset(plans->by_code, 0xff, sizeof plans->by_code);
    memset(plans->by_region, 0xff, sizeof plans->by_region);
    for (lua_Unsigned i = 0; i < n; i++) {
        if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TTABLE)
            luaL_error(L, "a plan that is not a table");
        read_plan(L, plans, (int)i);
        lua_pop(L, 1);
    }
    lua_insert(L, -2); /* plans list */
    lua_setiuservalue(L, -2, 1);
    lua_replace(L, lua_upvalueindex(1));
    return plans;
}

/* phone(value, country?) -> "+digits" | nil */
static int phone(lua_State *L)
{
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text && lua_isnoneornil(L, 2)) return host_text_nil(L); /* without the plans */
    const struct plans *plans = get_plans(L);
    const struct plan *plan = check_country(L, plans, 2);
    if (!text) return host_text_nil(L);
    const char *whole = text;
    size_t whole_size = size;
    host_text_trim(&text, &size);
    const char *end = text + size;
    if (size > 1 && *text == '\'') text++; /* escaped for spreadsheets */

    struct reading found = {.size = 0, .doubtful = false};
    read_text(&found, plans, plan, text, end);
    if (found.size == 0 || found.doubtful) return host_text_nil(L);
    if (found.size == whole_size && memcmp(whole, found.number, whole_size) == 0)
        lua_pushvalue(L, 1);
    else
        lua_pushlstring(L, found.number, found.size);
    return 1;
}

/* phone_reader(get_plans, unknown) -> function(value, country?) -> "+digits" | nil
 * get_plans() -> plans, see lualib/meta/host/text.lua; called for the first value.
 * unknown(country) -> the message for an unknown country. */
static int text_phone_reader(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_pushcclosure(L, phone, 2); /* get_plans or, once it was called, plans; unknown */
    return 1;
}

static const luaL_Reg functions[] = {
    {"phone_reader", text_phone_reader},
    {NULL,           NULL             }
};

void host_text_phone_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
