/* Large zeroed arrays. In a world of 100 000 nodes each packet touches memory that no cache holds;
 * on huge pages, that at least does not miss the address translation as well. */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>

/* count items of item_size bytes, zeroed, at the beginning of a cache line; freed with free(). NULL
 * where there is no memory. */
void *pages_alloc(size_t count, size_t item_size);

#endif
