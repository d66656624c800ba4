/* Quantities as a person reads them, to three digits: in summaries, never where a program reads. */
#ifndef HUMAN_H
#define HUMAN_H

#include <stdint.h>

enum { HUMAN_SIZE = 32 };

/* Each writes into buffer and returns it. */
char *human_bytes(uint64_t bytes, char buffer[HUMAN_SIZE]); /* "602 B", "12.3 kB" */
char *human_duration(uint64_t ns, char buffer[HUMAN_SIZE]); /* "0 s", "5 ms", "12.3 s", "4350 s" */
char *human_count(uint64_t count, char buffer[HUMAN_SIZE]); /* "412", "98765", "197 M" */

#endif
