/* TSSB_CHECK: an assertion that stays in release builds. It is for our own mistakes only:
 * malformed input is an error code, a broken invariant ends the process. */
#ifndef TSSB_CHECK_H
#define TSSB_CHECK_H

/* A trap needs neither stdio nor abort handlers, and a debugger or a core dump names the line. */
#define TSSB_CHECK(condition) ((condition) ? (void)0 : __builtin_trap())

#endif
