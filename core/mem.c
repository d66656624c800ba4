/* The C library's allocator behind the core's interface, and the growing of arrays on top of any.
 */
#include "mem.h"

#include <stdlib.h>

#include "error.h"

static void *libc_resize(void *context, void *memory, size_t old_size, size_t new_size) {
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, new_size);
}

const struct tssb_mem tssb_mem_libc = {libc_resize, NULL};

int tssb_mem_grow(const struct tssb_mem *mem, void **array, uint32_t *capacity, uint32_t needed,
                  size_t item_size) {
    if (needed <= *capacity)
        return 0;
    uint64_t wanted = *capacity ? (uint64_t)*capacity * 2 : needed;
    while (wanted < needed)
        wanted *= 2;
    if (wanted > UINT32_MAX || wanted > SIZE_MAX / item_size)
        return TSSB_E_MEMORY;
    void *grown = mem->resize(mem->context, *array, *capacity * item_size,
                              (size_t)wanted * item_size);
    if (!grown)
        return TSSB_E_MEMORY;
    *array = grown;
    *capacity = (uint32_t)wanted;
    return 0;
}

void tssb_mem_release(const struct tssb_mem *mem, void **array, uint32_t *capacity,
                      size_t item_size) {
    if (*array)
        mem->resize(mem->context, *array, *capacity * item_size, 0);
    *array = NULL;
    *capacity = 0;
}
