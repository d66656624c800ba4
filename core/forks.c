/* A ring that is searched: it is looked at only for packets that match nothing else. */
#include "forks.h"

#include <stddef.h>

void tssb_forks_note(struct tssb_forks *forks, const struct tssb_fork_place *place) {
    forks->places[forks->next] = *place;
    forks->next = (forks->next + 1) % TSSB_FORKS_MAX;
}

const struct tssb_fork_place *tssb_forks_find(const struct tssb_forks *forks, tssb_dmx dmx,
                                              uint32_t *cursor) {
    while (*cursor < TSSB_FORKS_MAX) {
        const struct tssb_fork_place *place = &forks->places[(*cursor)++];
        if (place->dmx == dmx && place->seq > 0)
            return place;
    }
    return NULL;
}
