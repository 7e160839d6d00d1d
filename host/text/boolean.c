/* host.text, words - what systems and spreadsheets write for true and false. */

#include "text/fold.h"

#include "common.h"
#include "text/text.h"

#include <string.h>

enum { LONGEST = 32 }; /* bytes of a word */

/* In lower case, sorted by how often they are met. No word is true in one language and
 * false in another. */
static const struct {
    const char *word;
    bool value;
} words[] = {
  /* English, and what programs write */
    {"true",                                             true },
    {"false",                                            false},
    {"yes",                                              true },
    {"no",                                               false},
    {"t",                                                true },
    {"f",                                                false},
    {"y",                                                true },
    {"n",                                                false},
    {"on",                                               true },
    {"off",                                              false},
    {"x",                                                true },
 /* a BIT column as a literal of SQL, or escaped */
    {"b'1'",                                             true },
    {"b'0'",                                             false},
    {"0x01",                                             true },
    {"0x00",                                             false},
    {"\\0",                                              false},
 /* German, Dutch, Danish, Norwegian, Swedish */
    {"wahr",                                             true },
    {"falsch",                                           false},
    {"ja",                                               true },
    {"j",                                                true },
    {"nein",                                             false},
    {"waar",                                             true },
    {"onwaar",                                           false},
    {"nee",                                              false},
    {"sand",                                             true },
    {"falsk",                                            false},
    {"sann",                                             true },
    {"usann",                                            false},
    {"sant",                                             true },
    {"usant",                                            false},
    {"falskt",                                           false},
    {"nei",                                              false},
    {"nej",                                              false},
 /* French, Spanish, Catalan, Italian, Portuguese, Romanian */
    {"vrai",                                             true },
    {"faux",                                             false},
    {"oui",                                              true },
    {"non",                                              false},
    {"verdadero",                                        true },
    {"falso",                                            false},
    {"s\u00ed",                                          true },
    {"si",                                               true },
    {"cert",                                             true },
    {"fals",                                             false},
    {"vero",                                             true },
    {"s\u00ec",                                          true },
    {"verdadeiro",                                       true },
    {"sim",                                              true },
    {"n\u00e3o",                                         false},
    {"nao",                                              false},
    {"adev\u0103rat",                                    true },
    {"da",                                               true },
    {"nu",                                               false},
 /* Polish, Czech, Slovak, Croatian, Hungarian, Finnish, Turkish */
    {"prawda",                                           true },
    {"fa\u0142sz",                                       false},
    {"tak",                                              true },
    {"nie",                                              false},
    {"pravda",                                           true },
    {"nepravda",                                         false},
    {"ano",                                              true },
    {"\u00e1no",                                         true },
    {"ne",                                               false},
    {"istina",                                           true },
    {"igaz",                                             true },
    {"hamis",                                            false},
    {"igen",                                             true },
    {"nem",                                              false},
    {"tosi",                                             true },
    {"ep\u00e4tosi",                                     false},
    {"kyll\u00e4",                                       true },
    {"ei",                                               false},
    {"do\u011fru",                                       true },
    {"yanl\u0131\u015f",                                 false},
    {"yanli\u015f",                                      false}, /* of its capitals, without a locale */
    {"evet",                                             true },
    {"hay\u0131r",                                       false},
    {"hayir",                                            false},
 /* Russian, Ukrainian, Bulgarian */
    {"\u0438\u0441\u0442\u0438\u043d\u0430",             true },
    {"\u043b\u043e\u0436\u044c",                         false},
    {"\u0434\u0430",                                     true },
    {"\u043d\u0435\u0442",                               false},
    {"\u0456\u0441\u0442\u0438\u043d\u0430",             true },
    {"\u0445\u0438\u0431\u043d\u0456\u0441\u0442\u044c", false},
    {"\u0442\u0430\u043a",                               true },
    {"\u043d\u0456",                                     false},
    {"\u043d\u0435",                                     false},
 /* Chinese, Japanese */
    {"\u662f",                                           true },
    {"\u5426",                                           false},
    {"\u306f\u3044",                                     true },
    {"\u3044\u3044\u3048",                               false},
};

static int push_boolean(lua_State *L, bool value)
{
    lua_pushboolean(L, value);
    return 1;
}

/* 1, 1.0 and -1, which is true in Basic and Access; 0 and 0.0. */
static bool is_number(const char *p, size_t size, bool *value)
{
    const char *end = p + size;
    if (p < end && *p == '-') p++;
    if (p == end || (*p != '0' && *p != '1')) return false;
    *value = *p++ == '1';
    if (p == end) return true;
    if (*p++ != '.' || p == end) return false;
    while (p < end && *p == '0')
        p++;
    return p == end;
}

static bool is_word(const char *text, size_t size, bool *value)
{
    char word[LONGEST + LONGEST / 2];
    if (size > LONGEST) return false;
    size = host_text_fold(text, size, word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(words[i].word, word, size) == 0 && !words[i].word[size]) {
            *value = words[i].value;
            return true;
        }
    return false;
}

/* Pushes text in lower case, as a string to be compared. */
static void push_folded(lua_State *L, const char *text, size_t size)
{
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, host_text_room(size));
    luaL_pushresultsize(&b, host_text_fold(text, size, to));
}

/* Whether the list at `arg` has the word, ignoring case. */
static bool in_list(lua_State *L, int arg, const char *text, size_t size)
{
    if (lua_isnoneornil(L, arg)) return false;
    luaL_checktype(L, arg, LUA_TTABLE);
    bool found = false;
    push_folded(L, text, size);
    for (lua_Integer i = 1; !found && lua_rawgeti(L, arg, i) != LUA_TNIL; i++) {
        size_t length;
        const char *word = luaL_tolstring(L, -1, &length); /* folded entry word */
        push_folded(L, word, length);
        found = lua_rawequal(L, -1, -4);
        lua_pop(L, 3);
    }
    return found;
}

/* Replaces a whole number at `index` with its digits: 1.0 becomes 1. */
static void write_whole(lua_State *L, int index)
{
    int whole = 0;
    if (lua_type(L, index) != LUA_TNUMBER) return;
    lua_Integer number = lua_tointegerx(L, index, &whole);
    if (!whole) return;
    lua_pushfstring(L, "%I", (LUAI_UACINT)number);
    lua_replace(L, index);
}

/* boolean(value, truthy?, falsy?) -> boolean | nil */
static int text_boolean(lua_State *L)
{
    lua_settop(L, 3);
    if (lua_isboolean(L, 1)) return push_boolean(L, lua_toboolean(L, 1));
    write_whole(L, 1);
    size_t size;
    const char *text = host_text_check(L, 1, &size);
    if (!text) return host_text_nil(L);
    bool has_lists = !lua_isnil(L, 2) || !lua_isnil(L, 3), value;
    if (!has_lists && size == 1 && (unsigned char)*text <= 1)
        return push_boolean(L, *text == 1); /* the byte of a BIT column */
    host_text_trim(&text, &size);
    if (has_lists) {
        if (in_list(L, 2, text, size)) return push_boolean(L, true);
        return in_list(L, 3, text, size) ? push_boolean(L, false) : host_text_nil(L);
    }
    if (size > 0 && (is_number(text, size, &value) || is_word(text, size, &value)))
        return push_boolean(L, value);
    return host_text_nil(L);
}

void host_text_boolean_open(lua_State *L)
{
    lua_pushcfunction(L, text_boolean);
    lua_setfield(L, -2, "boolean");
}
