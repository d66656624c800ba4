/* Huge pages for what is large enough to fill some. */
#define _DEFAULT_SOURCE /* madvise */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, LINE = 64 };

void *pages_alloc(size_t count, size_t item_size) {
    if (item_size && count > (SIZE_MAX - HUGE_PAGE) / item_size)
        return NULL;
    size_t size = count * item_size;
    size_t page = size < HUGE_PAGE ? LINE : HUGE_PAGE;
    size = (size + page - 1) / page * page;
    void *memory = aligned_alloc(page, size);
    if (!memory)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (page == HUGE_PAGE)
        madvise(memory, size, MADV_HUGEPAGE); /* advice: without it, the same on small pages */
#endif
    memset(memory, 0, size);
    return memory;
}
