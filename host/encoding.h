/* Encodings of text other than UTF-8, by the C library's iconv, and their names. */
#ifndef HOST_ENCODING_H
#define HOST_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_encoding_kind {
    HOST_UTF8,
    HOST_UTF16LE,
    HOST_UTF16BE,
    HOST_ONE_BYTE,  /* each character, and ASCII as it is */
    HOST_MANY_BYTES /* as well as one, of ASCII; the second may be one of ASCII */
};

struct host_encoding {
    const char *name;
    enum host_encoding_kind kind;
    const char *words;      /* other names, in the form that is compared */
    const char *library[2]; /* names for iconv, tried in turn */
};

/* The encoding of a name; case and what is neither letter nor digit do not count. NULL if
 * it is not known. */
const struct host_encoding *host_encoding_find(const char *name);

/* The encodings, by number from 0; NULL behind the last one. */
const struct host_encoding *host_encoding_at(size_t i);

/* What iconv_open returns for text in UTF-8 to or from the encoding; (void *)-1 with
 * errno EINVAL if the C library does not have it. */
void *host_encoding_iconv(const struct host_encoding *e, bool is_written);

enum { HOST_BYTES = 256 };
#define HOST_NO_POINT UINT32_MAX

/* The code points of the bytes of an encoding of one byte, HOST_NO_POINT where it has
 * none. False with errno as above. */
bool host_encoding_points(const struct host_encoding *e, uint32_t points[HOST_BYTES]);

/* -- from such encodings to UTF-8, a block at a time -- */

struct host_decoder;

/* NULL with errno: EINVAL as above, or ENOMEM. The encoding is not one of Unicode. */
struct host_decoder *host_decoder_new(const struct host_encoding *e);

/* Accepts NULL. */
void host_decoder_free(struct host_decoder *d);

/* Converts bytes from `*from` on, as many as there is room for, and returns the end of
 * what was written. Characters that are cut by `end` are left there, unless the text has
 * ended. A byte that is not of the encoding is written as 0xff, which is not UTF-8. */
char *host_decoder_put(struct host_decoder *d, const unsigned char **from,
                       const unsigned char *end, bool ended, char *to, char *to_end);

#endif
