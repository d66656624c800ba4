/* Entries: any packet where the first entry of a feed is due. What is taken is what its author
 * would have signed, and moves the replica by one; what is refused changes nothing. The first byte
 * says what is made right of the packet, so that not only the first check is reached. */
#include "fuzz.h"

#include "core/check.h"
#include "core/error.h"
#include "shared/desk.h"
#include "shared/same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct desk desk;
    struct fuzz_input input = {data, size};
    uint8_t packet[TSSB_PACKET_SIZE], fate = fuzz_byte(&input), at = fuzz_byte(&input);
    bool computed;
    if (!desk.trust.scheme)
        desk_open(&desk);
    size_t packet_size = input.left < sizeof packet ? input.left : sizeof packet;
    fuzz_fill(&input, packet, sizeof packet);
    desk_make_right(&desk, fate, packet, at);
    if (fate & DESK_SIGNED)
        packet_size = TSSB_ENTRY_SIZE;
    struct tssb_replica replica = desk.empty;
    int error = tssb_replica_append(&replica, &desk.view.store, &desk.trust, packet, packet_size,
                                    &computed);
    TSSB_CHECK(error == desk_expected(&desk, packet, packet_size));
    TSSB_CHECK(error == tssb_entry_check(&desk.trust, &desk.place, packet, packet_size));
    TSSB_CHECK(strlen(tssb_error_text(error)) > 0);
    TSSB_CHECK(computed == (error == 0 || error == TSSB_E_SIGNATURE));
    if (error == 0)
        desk_expect_taken(&desk, &replica, packet);
    else
        TSSB_CHECK(replica_same(&replica, &desk.empty));
    return 0;
}
