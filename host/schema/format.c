/* Formats of text for host.schema: e-mail addresses, URIs, hex and Base64. */

#include "schema/rule.h"

#include <stdint.h>
#include <string.h>

#define LOCAL_MAX 64  /* bytes before the @, RFC 5321 */
#define EMAIL_MAX 254 /* bytes in all, RFC 5321 */
#define LABEL_MAX 63  /* bytes between dots of a domain, RFC 1035 */

enum { LETTER = 1, DIGIT = 2, ATOM = 4, URI = 8 };

/* What an ASCII byte is valid in: ATOM the local part of an address, URI a URI without
 * escapes. */
static unsigned classes(unsigned char c)
{
#define A ATOM
#define D (ATOM | URI | DIGIT)
#define L (ATOM | URI | LETTER)
#define U URI
#define B (ATOM | URI)
    static const unsigned char table[128] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
        0, B, 0, B, B, B, B, B, U, U, B, B, U, B, U, B, /* space to slash */
        D, D, D, D, D, D, D, D, D, D, U, U, 0, B, 0, B, /* 0-9 : ; < = > ? */
        U, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* @ A-O */
        L, L, L, L, L, L, L, L, L, L, L, U, 0, U, A, B, /* P-Z [ \ ] ^ _ */
        A, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* ` a-o */
        L, L, L, L, L, L, L, L, L, L, L, A, A, A, B, 0, /* p-z { | } ~ DEL */
    };
#undef A
#undef D
#undef L
#undef U
#undef B
    return c < 128 ? table[c] : 0;
}

static bool is_letter(unsigned char c)
{
    return classes(c) & LETTER;
}

static bool is_digit(unsigned char c)
{
    return classes(c) & DIGIT;
}

/* Letters of other scripts arrive as UTF-8; validating them is up to the mail system. */
static bool is_wide(unsigned char c)
{
    return c >= 0x80;
}

static const char *local_fault(const char *text, size_t size)
{
    if (size == 0) return "nothing before the @";
    if (size > LOCAL_MAX) return "more than 64 bytes before the @";
    if (text[0] == '.' || text[size - 1] == '.')
        return "a dot at an end of the part before @";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '.' && text[i - 1] == '.') return "two dots in a row";
        if (is_letter(c) || is_digit(c) || is_wide(c) || c == '.') continue;
        if (c == 0 || !strchr("!#$%&'*+/=?^_`{|}~-", c))
            return c == '@' ? "more than one @"
                            : "a character that an address cannot have";
    }
    return NULL;
}

static const char *label_fault(const char *text, size_t size)
{
    if (size == 0) return "an empty part in the domain";
    if (size > LABEL_MAX) return "a part of the domain is longer than 63 bytes";
    if (text[0] == '-' || text[size - 1] == '-')
        return "a hyphen at an end of a domain part";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!is_letter(c) && !is_digit(c) && !is_wide(c) && c != '-')
            return "a character that a domain cannot have";
    }
    return NULL;
}

static const char *top_fault(const char *text, size_t size)
{
    if (size < 2) return "the domain's last part is shorter than two letters";
    if (size > 4 && (text[0] | 32) == 'x' && (text[1] | 32) == 'n')
        return NULL; /* xn-- */
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!is_letter(c) && !is_wide(c)) return "the domain does not end in letters";
    }
    return NULL;
}

static const char *domain_fault(const char *text, size_t size)
{
    const char *end = text + size;
    size_t labels = 0;

    for (;;) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        const char *stop = dot ? dot : end;
        const char *fault = label_fault(text, (size_t)(stop - text));
        if (fault) return fault;
        labels++;
        if (!dot) break;
        text = dot + 1;
    }
    if (labels < 2) return "no dot in the domain";
    return top_fault(text, (size_t)(end - text));
}

static const char *email_fault(const char *text, size_t size)
{
    const char *at = memchr(text, '@', size);
    if (!at) return "no @ in it";
    if (size > EMAIL_MAX) return "longer than 254 bytes";

    const char *fault = local_fault(text, (size_t)(at - text));
    if (fault) return fault;
    size_t rest = size - (size_t)(at + 1 - text);
    if (memchr(at + 1, '@', rest)) return "more than one @";
    return domain_fault(at + 1, rest);
}

static const char *uri_fault(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size &&
           (is_letter((unsigned char)text[i]) ||
            (i > 0 && (is_digit((unsigned char)text[i]) || strchr("+-.", text[i])))))
        i++;
    if (i == 0 || i == size || text[i] != ':') return "no scheme such as https:";

    for (size_t k = 0; k < size; k++) {
        unsigned char c = (unsigned char)text[k];
        if (c <= ' ' || c == 0x7f) return "a blank or control character";
        if (!(classes(c) & URI) && !is_wide(c)) return "a character that must be escaped";
    }
    const char *rest = text + i + 1;
    size_t left = size - i - 1;
    if (left == 0) return "nothing after the scheme";
    if (left >= 2 && rest[0] == '/' && rest[1] == '/' &&
        (left == 2 || strchr("/?#", rest[2])) && strncmp(text, "file", i) != 0)
        return "no host";
    return NULL;
}

static const char *hex_fault(const char *text, size_t size)
{
    if (size == 0) return "empty";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!is_digit(c) && ((c | 32) < 'a' || (c | 32) > 'f'))
            return "a character other than 0-9, a-f";
    }
    return size % 2 ? "an odd number of digits" : NULL;
}

static const char *base64_fault(const char *text, size_t size)
{
    size_t pads = 0;
    bool standard = false, url = false;

    if (size == 0) return "empty";
    while (pads < size && pads < 3 && text[size - pads - 1] == '=')
        pads++;
    for (size_t i = 0; i < size - pads; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '+' || c == '/')
            standard = true;
        else if (c == '-' || c == '_')
            url = true;
        else if (!is_letter(c) && !is_digit(c))
            return c == '=' ? "padding before the end" : "a character outside Base64";
    }
    if (standard && url) return "both Base64 alphabets mixed";
    if (pads > 2 || (pads > 0 && size % 4 != 0)) return "wrong padding";
    if ((size - pads) % 4 == 1) return "a length that Base64 cannot have";
    return NULL;
}

const char *const host_format_names[] = {"", "email", "uri", "hex", "base64"};

const char *host_format_fault(enum host_format format, const char *text, size_t size)
{
    switch (format) {
    case HOST_FORMAT_EMAIL:
        return email_fault(text, size);
    case HOST_FORMAT_URI:
        return uri_fault(text, size);
    case HOST_FORMAT_HEX:
        return hex_fault(text, size);
    case HOST_FORMAT_BASE64:
        return base64_fault(text, size);
    case HOST_FORMAT_NONE:
        break;
    }
    return NULL;
}

enum host_format host_format_named(const char *name)
{
    for (int i = 1; i <= HOST_FORMAT_BASE64; i++)
        if (strcmp(name, host_format_names[i]) == 0) return (enum host_format)i;
    return HOST_FORMAT_NONE;
}
