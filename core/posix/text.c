/* printf into memory that fits, and hexadecimal. */
#include "core/posix/text.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, arguments);
    return text;
}

char *tssb_text(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    return text;
}

int tssb_fail(char **error, int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    *error = format_text(format, arguments);
    va_end(arguments);
    return status;
}

void tssb_hex(const uint8_t *bytes, size_t size, char *text) {
    sodium_bin2hex(text, 2 * size + 1, bytes, size);
}

int tssb_unhex(const char *text, uint8_t *bytes, size_t size) {
    size_t read;
    const char *end;
    if (strlen(text) != 2 * size)
        return -1;
    if (sodium_hex2bin(bytes, size, text, 2 * size, NULL, &read, &end) != 0)
        return -1;
    return read == size ? 0 : -1;
}
