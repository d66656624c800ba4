/* Lines of text for the user, in memory of their own. */
#ifndef TSSB_TEXT_H
#define TSSB_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What printf would print, as a text that the caller frees; NULL where memory ran out. */
char *tssb_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes *error of a format and its arguments, and returns status. */
int tssb_fail(char **error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lower-case hexadecimal; text has room for 2 * size + 1. */
void tssb_hex(const uint8_t *bytes, size_t size, char *text);

/* Reads exactly `size` bytes of hexadecimal, in either case. Returns 0 or -1. */
int tssb_unhex(const char *text, uint8_t *bytes, size_t size);

#endif
