/* The texts of the error codes. */
#include "error.h"

const char *tssb_error_text(int code) {
    switch (code) {
    case 0:
        return "success";
#define TSSB_ERROR_CASE(name, number, text) \
    case number:                            \
        return text;
        TSSB_ERROR_TABLE(TSSB_ERROR_CASE)
#undef TSSB_ERROR_CASE
    default:
        return "unknown error";
    }
}
