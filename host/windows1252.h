/* The Western encoding of Windows: ISO-8859-1, with characters in place of its second
 * block of controls. */
#ifndef HOST_WINDOWS1252_H
#define HOST_WINDOWS1252_H

#include <stdint.h>

/* The code point of a byte; that of the byte itself where the encoding has no character.
 */
uint32_t host_windows1252_point(unsigned char byte);

#endif
