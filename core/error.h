/* The core's error codes: 0 is success, failures are negative. One table gives code and text.
 * The edges (commands, loaders) add file, line and what to do; the core never prints. */
#ifndef TSSB_ERROR_H
#define TSSB_ERROR_H

/* clang-format off */
#define TSSB_ERROR_TABLE(X) \
    X(MEMORY,     -1, "out of memory") \
    X(SIZE,       -2, "wrong length") \
    X(DMX,        -3, "not the entry that is due (the DMX differs)") \
    X(SIGNATURE,  -4, "bad signature") \
    X(NOT_FOUND,  -5, "not held here") \
    X(FULL,       -6, "no room left in a bounded table") \
    X(TOO_LONG,   -7, "content too long") \
    X(VARINT,     -8, "length is not a minimal varint") \
    X(CHAIN_END,  -9, "side chain ends before its declared length") \
    X(BLOB,      -10, "blob does not hash to its pointer") \
    X(ESCAPE,    -11, "bad KISS escape") \
    X(READ_ONLY, -12, "this node has no key to author with") \
    X(LAST,      -13, "the feed has reached its last sequence number") \
    X(STORE,     -14, "the store failed") \
    X(CRYPTO,    -15, "the cryptographic library could not be initialised")
/* clang-format on */

enum tssb_error {
#define TSSB_ERROR_CODE(name, code, text) TSSB_E_##name = (code),
    TSSB_ERROR_TABLE(TSSB_ERROR_CODE)
#undef TSSB_ERROR_CODE
};

/* The text of a code, without a full stop; "success" for 0, never NULL. Static memory. */
const char *tssb_error_text(int code);

#endif
