/* host.text.printable - text from outside on one line of a terminal. */

#include "text/fold.h"

#include "common.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 2000, ESCAPE = 16 }; /* bytes: of the result by default; of an escape */

static const char CUT[] = "\xe2\x80\xa6 (cut)";

/* Characters that move the cursor, change colors, end a line or reorder what follows:
 * C0, DEL, C1, the separators of lines and paragraphs, and the marks and overrides of
 * writing direction (Unicode 15, Bidi_Control). */
static bool is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c ||
           point == 0x200e || point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* printable(value, most) -> string
 * value: text; most: bytes of the result before "… (cut)", default 2000. Unsafe
 * characters and invalid bytes become "\x1b", "\u{202e}". */
static int text_printable(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size), *end = text + size;
    lua_Integer most = luaL_optinteger(L, 2, MOST);
    luaL_argcheck(L, most > 0, 2, "must be above 0");

    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (text < end) {
        char escape[ESCAPE];
        const char *shown = text;
        size_t n = host_utf8_size(text, end), length = n;
        uint32_t point = n > 0 ? host_utf8_point(text, n) : (unsigned char)*text;
        if (n == 0 || is_unsafe(point)) {
            length = (size_t)snprintf(escape, sizeof escape,
                                      point < 0x100 ? "\\x%02x" : "\\u{%04x}", point);
            shown = escape;
        }
        if (luaL_bufflen(&b) + length > (size_t)most) {
            luaL_addlstring(&b, CUT, sizeof CUT - 1);
            break;
        }
        luaL_addlstring(&b, shown, length);
        text += n > 0 ? n : 1;
    }
    luaL_pushresult(&b);
    return 1;
}

void host_text_printable_open(lua_State *L)
{
    lua_pushcfunction(L, text_printable);
    lua_setfield(L, -2, "printable");
}
