/* Huge pages for what is large enough to fill some, calloc for the rest. */
#define _DEFAULT_SOURCE /* madvise */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void *pages_alloc(size_t count, size_t item_size) {
    if (item_size && count > (SIZE_MAX - HUGE_PAGE) / item_size)
        return NULL;
    size_t size = count * item_size;
    if (size < HUGE_PAGE)
        return calloc(count, item_size);
    size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, size);
    if (!memory)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE); /* advice: without it, the same on small pages */
#endif
    memset(memory, 0, size);
    return memory;
}
