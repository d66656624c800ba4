/* A ring of the last requests. */
#include "overheard.h"

void tssb_overheard_note(struct tssb_overheard *overheard,
                         const struct tssb_overheard_request *request) {
    overheard->requests[overheard->next] = *request;
    overheard->next = (overheard->next + 1) % TSSB_OVERHEARD_MAX;
}

bool tssb_overheard_asks(const struct tssb_overheard *overheard, uint32_t replica, uint32_t seq,
                         uint32_t face, uint64_t since_ns) {
    for (uint32_t i = 0; i < TSSB_OVERHEARD_MAX; i++) {
        const struct tssb_overheard_request *request = &overheard->requests[i];
        if (request->replica == replica && seq >= request->seq &&
            seq - request->seq < request->count && request->heard_ns >= since_ns &&
            (face == TSSB_ALL_FACES || request->face == face))
            return true;
    }
    return false;
}

bool tssb_overheard_any(const struct tssb_overheard *overheard, uint32_t replica,
                        uint64_t since_ns) {
    for (uint32_t i = 0; i < TSSB_OVERHEARD_MAX; i++)
        if (overheard->requests[i].count > 0 && overheard->requests[i].replica == replica &&
            overheard->requests[i].heard_ns >= since_ns)
            return true;
    return false;
}
