/* Blobs that come in, and the fetching of side chains: looks through the entries of followed
 * replicas for chains that lack blobs, asks for what is missing first, and goes on as it comes.
 * What is missing is never written down: after a restart, the store tells. Each call does a bounded
 * amount of work; what is left is due at the next wake. */
#include <string.h>

#include "chain.h"
#include "entry.h"
#include "error.h"
#include "node_inside.h"
#include "request.h"

enum { LOOK_AT_ONCE = 256 }; /* entries and held blobs that one call goes past */

/* Reading blobs may be slow: it leaves most of the time to everything else. */
#define LOOK_PAUSE_NS UINT64_C(10000000)

static void send_need(struct tssb_node *node, const uint8_t ptr[TSSB_PTR_SIZE], uint16_t credit) {
    struct tssb_need need = {.credit = credit};
    uint8_t packet[TSSB_PACKET_SIZE];
    memcpy(need.ptr, ptr, TSSB_PTR_SIZE);
    size_t size = tssb_need_encode(&need, 1, packet);
    node_send(node,
              &(struct outgoing){
                  .face = TSSB_ALL_FACES, .kind = TSSB_PACKET_NEED, .bytes = packet, .size = size});
}

/* Blobs that the application asked for by their pointers. */

/* Goes on from a blob that is stored to the next one due in its chain, past those that are held
 * already. Takes the wanted blob off the list where nothing is due any more. */
static void advance_wanted(struct tssb_node *node, struct tssb_wanted_blob *wanted,
                           const uint8_t stored[TSSB_BLOB_SIZE]) {
    const uint8_t *blob = stored;
    do {
        memcpy(wanted->ptr, tssb_blob_next(blob), TSSB_PTR_SIZE);
        wanted->credit--;
    } while (wanted->credit > 0 && !tssb_ptr_is_end(wanted->ptr) &&
             node->store->ops->read_blob(node->store, wanted->ptr, &blob) == 0);
    if (wanted->credit == 0 || tssb_ptr_is_end(wanted->ptr))
        *wanted = node->wanted[--node->wanted_count];
}

static struct tssb_wanted_blob *find_wanted(struct tssb_node *node,
                                            const uint8_t ptr[TSSB_PTR_SIZE]) {
    for (uint32_t i = 0; i < node->wanted_count; i++)
        if (memcmp(node->wanted[i].ptr, ptr, TSSB_PTR_SIZE) == 0)
            return &node->wanted[i];
    return NULL;
}

int tssb_node_need(struct tssb_node *node, const uint8_t ptr[TSSB_PTR_SIZE], uint16_t credit) {
    struct tssb_wanted_blob *wanted = find_wanted(node, ptr);
    if (credit == 0 || tssb_ptr_is_end(ptr))
        return 0;
    if (!wanted) {
        if (node->wanted_count == TSSB_WANTED_BLOBS_MAX)
            return TSSB_E_FULL;
        void *array = node->wanted;
        int error = tssb_mem_grow(node->config->mem, &array, &node->wanted_capacity,
                                  node->wanted_count + 1, sizeof *node->wanted);
        node->wanted = array;
        if (error)
            return error;
        wanted = &node->wanted[node->wanted_count++];
        memcpy(wanted->ptr, ptr, TSSB_PTR_SIZE);
    }
    wanted->credit = credit;
    send_need(node, ptr, credit);
    return 0;
}

/* Chains. */

/* A chain is backed off up to the interval at which entries are asked for. */
static struct tssb_rtt_bounds bounds_of(const struct tssb_node *node) {
    struct tssb_rtt_bounds bounds = node->config->asking.timeout;
    bounds.max_ns = node->config->asking.interval_ns;
    return bounds;
}

static void remove_chain(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain) {
    *chain = fetch->chains[--fetch->count];
}

static void tell_done(struct tssb_node *node, uint32_t replica, uint32_t seq, bool whole) {
    const struct tssb_host *host = node->config->host;
    node->fetch->counts.chains_broken += !whole;
    if (host->chain_done)
        host->chain_done(node->host_context, replica, seq, whole);
}

/* The chain is whole, or broken: there is nothing more to fetch. */
static void finish_chain(struct tssb_node *node, struct tssb_fetch_chain *chain, bool whole) {
    struct tssb_fetch *fetch = node->fetch;
    uint32_t replica = chain->replica, seq = chain->seq;
    fetch->counts.chains_complete += whole && chain->heard_ns > 0;
    remove_chain(fetch, chain);
    tell_done(node, replica, seq, whole);
}

/* The blob that a chain lacks, where it is in the store, or was in the stash. */
static const uint8_t *find_blob(struct tssb_node *node, struct tssb_fetch_chain *chain) {
    const uint8_t *ptr = chain->reader.next, *blob;
    if (node->store->ops->read_blob(node->store, ptr, &blob) == 0)
        return blob;
    blob = tssb_blob_stash_take(&node->fetch->stash, ptr);
    if (!blob || node->store->ops->write_blob(node->store, ptr, blob) != 0)
        return NULL;
    node->config->host->blob_stored(node->host_context, ptr);
    node->fetch->counts.blobs_fetched++;
    if (chain->came < UINT16_MAX)
        chain->came++;
    return blob;
}

/* Goes past blobs that are held. Returns false where the chain was at its end, and is gone. */
static bool pass_held(struct tssb_node *node, struct tssb_fetch_chain *chain, uint32_t *budget) {
    struct tssb_chain_reader *reader = &chain->reader;
    const uint8_t *blob, *piece;
    size_t count;
    bool broken = false;
    bool walks = chain->state == TSSB_FETCH_WALKS;
    while (reader->left > 0 && !broken && *budget > 0) {
        blob = find_blob(node, chain);
        if (!blob) {
            if (walks)
                chain->state = chain->awaited > 0 ? TSSB_FETCH_WAITS : TSSB_FETCH_READY;
            return true;
        }
        (*budget)--;
        if (chain->awaited > 0) /* it comes all the same */
            chain->awaited--;
        broken = tssb_chain_reader_take(reader, blob, &piece, &count) != 0;
    }
    if (reader->left > 0 && !broken) {
        chain->state = TSSB_FETCH_WALKS;
        return true;
    }
    finish_chain(node, chain, !broken && tssb_ptr_is_end(reader->next));
    return false;
}

/* Makes room for a chain, of one that nobody answers; that one is found again later. */
static bool make_room(struct tssb_node *node, uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    if (fetch->count < TSSB_FETCHES_MAX)
        return true;
    struct tssb_fetch_chain *stalled = tssb_fetch_stalled(fetch);
    if (!stalled)
        return false;
    struct tssb_fetch_place *place = &fetch->places[stalled->replica];
    if (place->again_seq == 0 || stalled->seq < place->again_seq)
        place->again_seq = stalled->seq;
    if (fetch->again_ns == TSSB_NEVER)
        fetch->again_ns = now_ns + node->config->asking.interval_ns;
    fetch->counts.chains_put_off++;
    remove_chain(fetch, stalled);
    return true;
}

/* Begins with the chain of an entry, where it is one that lacks blobs. There is room. Returns 0 or
 * what the reader says of a chain that is none. */
static int begin(struct tssb_node *node, const struct tssb_fetch_chain *new, const uint8_t *wire,
                 uint32_t *budget) {
    struct tssb_fetch *fetch = node->fetch;
    const uint8_t *head;
    size_t count;
    if (tssb_entry_type(wire) != TSSB_CHAIN20 || tssb_fetch_find(fetch, new->replica, new->seq))
        return 0;
    struct tssb_fetch_chain *chain = &fetch->chains[fetch->count];
    *chain = *new;
    chain->state = TSSB_FETCH_WALKS;
    int error = tssb_chain_reader_init(&chain->reader, tssb_entry_payload(wire), &head, &count);
    if (error) {
        tell_done(node, new->replica, new->seq, false);
        return error;
    }
    fetch->count++;
    pass_held(node, chain, budget);
    return 0;
}

/* Looks at an entry. Returns false where that must wait: for room, the next call, or the store. */
static bool look_at(struct tssb_node *node, const struct tssb_fetch_chain *new, uint64_t now_ns,
                    uint32_t *budget) {
    const uint8_t *wire;
    if (*budget == 0 || !make_room(node, now_ns))
        return false;
    (*budget)--;
    if (node->store->ops->read(node->store, &node->replicas[new->replica], new->seq, &wire) != 0)
        return false;
    (void)begin(node, new, wire, budget); /* what is no chain is counted */
    return true;
}

/* Looks at a replica's new entries, then at those that were put off. Returns whether all have been
 * looked at. */
static bool look(struct tssb_node *node, uint32_t index, uint64_t now_ns, uint32_t *budget) {
    const struct tssb_replica *replica = &node->replicas[index];
    struct tssb_fetch_place *place = &node->fetch->places[index];
    if (!replica->followed)
        return true;
    if (place->looked_seq < replica->anchor_seq)
        place->looked_seq = replica->anchor_seq;
    struct tssb_fetch_chain new = {.replica = index};
    bool all = node->config->blobs.policy->as_they_come;
    for (; all && place->looked_seq < replica->front_seq; place->looked_seq++) {
        new.seq = place->looked_seq + 1;
        if (!look_at(node, &new, now_ns, budget))
            return false;
    }
    new.misses = TSSB_FETCH_STALLED - 1; /* one request, and they give way again */
    while (place->retry_seq > 0) {
        new.seq = place->retry_seq;
        if (!look_at(node, &new, now_ns, budget))
            return false;
        place->retry_seq = place->retry_seq < place->looked_seq ? place->retry_seq + 1 : 0;
    }
    return true;
}

/* Looks at what a replica held at the start, the newest first, which is most likely to lack
 * something; one chain after the other, so that there is room for those that come meanwhile.
 * Returns whether all has been looked at. */
static bool look_back(struct tssb_node *node, uint32_t index, uint64_t now_ns, uint32_t *budget) {
    const struct tssb_replica *replica = &node->replicas[index];
    struct tssb_fetch *fetch = node->fetch;
    struct tssb_fetch_place *place = &fetch->places[index];
    struct tssb_fetch_chain new = {.replica = index};
    if (!replica->followed || !node->config->blobs.policy->as_they_come)
        return true;
    for (; place->back_seq > replica->anchor_seq; place->back_seq--) {
        for (uint32_t i = 0; i < fetch->count; i++)
            if (fetch->chains[i].state == TSSB_FETCH_WALKS)
                return false;
        new.seq = place->back_seq;
        if (!look_at(node, &new, now_ns, budget))
            return false;
    }
    return true;
}

/* Goes back to what was put off. */
static void look_again(struct tssb_node *node, uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    if (fetch->again_ns > now_ns)
        return;
    fetch->again_ns = TSSB_NEVER;
    fetch->looks = true;
    for (uint32_t i = 0; i < node->replica_count; i++) {
        struct tssb_fetch_place *place = &fetch->places[i];
        if (place->retry_seq == 0) {
            place->retry_seq = place->again_seq;
            place->again_seq = 0;
        }
        if (place->again_seq > 0)
            fetch->again_ns = now_ns + node->config->asking.interval_ns;
    }
}

/* Looks at all replicas, in turns. Returns whether there is more to look at at once. */
static bool look_at_all(struct tssb_node *node, uint64_t now_ns, uint32_t *budget) {
    struct tssb_fetch *fetch = node->fetch;
    look_again(node, now_ns);
    if (!fetch->looks || (fetch->count == TSSB_FETCHES_MAX && !tssb_fetch_stalled(fetch)))
        return false;
    uint32_t replicas = node->replica_count;
    for (uint32_t i = 0; replicas > 0 && i < 2 * replicas; i++) {
        uint32_t index = (fetch->turn + i) % replicas;
        if ((i < replicas ? look : look_back)(node, index, now_ns, budget))
            continue;
        fetch->turn = index + 1;
        return *budget == 0;
    }
    fetch->looks = false;
    return false;
}

/* Whether another chain has asked for the blob that this one lacks. */
static bool is_asked_for(const struct tssb_fetch *fetch, const struct tssb_fetch_chain *chain) {
    for (uint32_t i = 0; i < fetch->count; i++) {
        const struct tssb_fetch_chain *other = &fetch->chains[i];
        if (other != chain && other->state == TSSB_FETCH_WAITS &&
            memcmp(other->reader.next, chain->reader.next, TSSB_PTR_SIZE) == 0)
            return true;
    }
    return false;
}

/* Others have overtaken the blob that is due: it is asked for alone, or, where many get lost, with
 * some of those behind it. */
static void repair(struct tssb_node *node, struct tssb_fetch_chain *chain, uint64_t now_ns) {
    const struct tssb_rtt_bounds bounds = bounds_of(node);
    if (is_asked_for(node->fetch, chain))
        return;
    tssb_fetch_repairs(node->fetch, chain, &bounds, now_ns);
    send_need(node, chain->reader.next, chain->dense ? TSSB_FETCH_DENSE : 1);
}

static void ask(struct tssb_node *node, struct tssb_fetch_chain *chain, uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    const struct tssb_rtt_bounds bounds = bounds_of(node);
    uint64_t left = chain->reader.left / TSSB_CHAIN_PIECE_SIZE +
                    (chain->reader.left % TSSB_CHAIN_PIECE_SIZE != 0);
    uint32_t under_way = tssb_fetch_under_way(fetch);
    /* Who may not be there is asked for one blob; that takes no room from others. */
    uint16_t credit = chain->misses ? 1 : tssb_credit_room(&fetch->credit, left, under_way);
    if (credit == 0 || is_asked_for(fetch, chain))
        return;
    tssb_fetch_asked(fetch, chain, credit, &bounds, now_ns);
    send_need(node, chain->reader.next, credit);
}

/* What each chain that goes past held blobs may spend of this call. */
static uint32_t share_of_look(const struct tssb_fetch *fetch) {
    uint32_t walking = 1;
    for (uint32_t i = 0; i < fetch->count; i++)
        walking += fetch->chains[i].state == TSSB_FETCH_WALKS;
    return LOOK_AT_ONCE / walking;
}

/* Does all that can be done now, and sets when there is more. */
static void step(struct tssb_node *node, uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    uint32_t share = share_of_look(fetch), budget = share;
    bool more;
    for (uint32_t i = fetch->count; i > 0; i--) {
        struct tssb_fetch_chain *chain = &fetch->chains[i - 1];
        uint32_t spend = share;
        if (chain->state == TSSB_FETCH_WALKS)
            pass_held(node, chain, &spend);
        else if (chain->state == TSSB_FETCH_WAITS && chain->due_ns <= now_ns)
            tssb_fetch_timed_out(fetch, chain);
    }
    more = look_at_all(node, now_ns, &budget);
    fetch->next_ns = fetch->again_ns;
    for (uint32_t i = 0; i < fetch->count; i++) {
        struct tssb_fetch_chain *chain = &fetch->chains[i];
        if (chain->state == TSSB_FETCH_READY)
            (chain->repairs ? repair : ask)(node, chain, now_ns);
        more |= chain->state == TSSB_FETCH_WALKS;
        if (chain->state == TSSB_FETCH_WAITS && chain->due_ns < fetch->next_ns)
            fetch->next_ns = chain->due_ns;
    }
    if (more && now_ns + LOOK_PAUSE_NS < fetch->next_ns)
        fetch->next_ns = now_ns + LOOK_PAUSE_NS;
}

/* A gap is filled, with so many blobs behind it that were kept: if more are kept, there is another
 * gap. */
static void go_to_next_gap(struct tssb_node *node, struct tssb_fetch_chain *chain, uint32_t taken,
                           uint64_t now_ns) {
    chain->dense = taken < TSSB_FETCH_DENSE;
    if (node->fetch->stash.count >= TSSB_FETCH_OVERTAKEN && tssb_fetch_only(node->fetch) == chain)
        repair(node, chain, now_ns);
}

/* The blob that the chain lacks has come and is stored. */
static void advance(struct tssb_node *node, struct tssb_fetch_chain *chain, const uint8_t *blob,
                    uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    const struct tssb_rtt_bounds bounds = bounds_of(node);
    bool asked = chain->awaited > 0, repaired = chain->repairs;
    uint32_t stashed = fetch->stash.count;
    uint32_t budget = LOOK_AT_ONCE;
    const uint8_t *piece;
    size_t count;
    tssb_fetch_came(fetch, chain, &bounds, now_ns);
    if (tssb_chain_reader_take(&chain->reader, blob, &piece, &count) != 0) {
        finish_chain(node, chain, false);
        return;
    }
    bool goes_on = pass_held(node, chain, &budget);
    uint32_t taken = stashed - fetch->stash.count;
    if (goes_on && (repaired || taken > 0))
        go_to_next_gap(node, chain, taken, now_ns);
    if (!goes_on || chain->awaited > 0 || !asked)
        return;
    tssb_credit_full(&fetch->credit, chain->came);
    if (fetch->count == 1)
        tssb_blob_stash_clear(&fetch->stash); /* there is no gap */
    if (chain->state == TSSB_FETCH_WAITS)
        chain->state = TSSB_FETCH_READY;
}

/* The node. */

/* A packet that may be a blob of a chain, ahead of one that is missing. */
static enum tssb_fate keep_early(struct tssb_node *node, const uint8_t ptr[TSSB_PTR_SIZE],
                                 const uint8_t blob[TSSB_BLOB_SIZE], uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    uint32_t awaited = fetch ? tssb_fetch_under_way(fetch) : 0;
    const uint8_t *held;
    if (awaited == 0 || node->store->ops->read_blob(node->store, ptr, &held) == 0)
        return TSSB_FATE_UNMATCHED;
    tssb_blob_stash_put(&fetch->stash, node->config->mem, 2 * awaited, ptr, blob);
    struct tssb_fetch_chain *chain = tssb_fetch_overtaken(fetch);
    if (chain)
        repair(node, chain, now_ns);
    return TSSB_FATE_UNMATCHED; /* for all that is known */
}

enum tssb_fate node_take_blob(struct tssb_node *node, const uint8_t blob[TSSB_BLOB_SIZE],
                              uint64_t now_ns) {
    struct tssb_fetch *fetch = node->fetch;
    uint8_t ptr[TSSB_PTR_SIZE];
    tssb_blob_ptr(blob, ptr);
    bool fetched = fetch && tssb_fetch_awaits(fetch, ptr);
    if (!fetched && !find_wanted(node, ptr))
        return keep_early(node, ptr, blob, now_ns);
    if (node->store->ops->write_blob(node->store, ptr, blob) != 0)
        return TSSB_FATE_FAILED;
    for (uint32_t i = node->wanted_count; i > 0; i--) /* chains may share their end */
        if (memcmp(node->wanted[i - 1].ptr, ptr, TSSB_PTR_SIZE) == 0)
            advance_wanted(node, &node->wanted[i - 1], blob);
    node->config->host->blob_stored(node->host_context, ptr);
    if (!fetched)
        return TSSB_FATE_STORED;
    fetch->counts.blobs_fetched++;
    for (uint32_t i = fetch->count; i > 0; i--)
        if (memcmp(fetch->chains[i - 1].reader.next, ptr, TSSB_PTR_SIZE) == 0)
            advance(node, &fetch->chains[i - 1], blob, now_ns);
    step(node, now_ns);
    return TSSB_FATE_STORED;
}

bool node_awaits_blobs(const struct tssb_node *node) {
    return node->wanted_count > 0 || (node->fetch && node->fetch->count > 0);
}

int node_fetch_reserve(struct tssb_node *node, uint32_t replicas) {
    const struct tssb_mem *mem = node->config->mem;
    const struct tssb_blob_settings *settings = &node->config->blobs;
    if (!settings->policy || !settings->policy->when_they_are_read)
        return 0;
    if (!node->fetch) {
        node->fetch = mem->resize(mem->context, NULL, 0, sizeof *node->fetch);
        if (!node->fetch)
            return TSSB_E_MEMORY;
        *node->fetch = (struct tssb_fetch){.next_ns = TSSB_NEVER, .again_ns = TSSB_NEVER};
        tssb_credit_init(&node->fetch->credit, settings->credit);
    }
    struct tssb_fetch *fetch = node->fetch;
    uint32_t known = fetch->place_capacity;
    void *places = fetch->places;
    int error = tssb_mem_grow(mem, &places, &fetch->place_capacity, replicas,
                              sizeof *fetch->places);
    fetch->places = places;
    if (!error)
        memset(fetch->places + known, 0, (fetch->place_capacity - known) * sizeof *fetch->places);
    return error;
}

void node_fetch_close(struct tssb_node *node) {
    const struct tssb_mem *mem = node->config->mem;
    if (!node->fetch)
        return;
    void *places = node->fetch->places;
    tssb_blob_stash_close(&node->fetch->stash, mem);
    tssb_mem_release(mem, &places, &node->fetch->place_capacity, sizeof *node->fetch->places);
    mem->resize(mem->context, node->fetch, sizeof *node->fetch, 0);
    node->fetch = NULL;
}

void node_fetch_start(struct tssb_node *node, uint64_t now_ns, uint64_t first_ns) {
    struct tssb_fetch *fetch = node->fetch;
    for (uint32_t i = 0; i < fetch->count; i++) {
        struct tssb_fetch_chain *chain = &fetch->chains[i];
        chain->awaited = chain->came = 0;
        chain->misses = 0;
        chain->repairs = false;
        chain->due_ns = first_ns;
        if (chain->state == TSSB_FETCH_WAITS && first_ns <= now_ns)
            chain->state = TSSB_FETCH_READY;
    }
    for (uint32_t i = 0; i < node->replica_count; i++) {
        struct tssb_fetch_place *place = &fetch->places[i];
        if (place->looked_seq > 0)
            continue;
        place->looked_seq = place->back_seq = node->replicas[i].front_seq;
    }
    fetch->next_ns = first_ns;
    fetch->looks = node->config->blobs.policy->as_they_come;
    if (first_ns <= now_ns)
        step(node, now_ns);
}

void node_fetch_appended(struct tssb_node *node, uint32_t index, uint64_t now_ns) {
    uint32_t budget = LOOK_AT_ONCE;
    if (!node->config->blobs.policy->as_they_come)
        return;
    if (!look(node, index, now_ns, &budget))
        node->fetch->looks = true;
    step(node, now_ns);
}

void node_fetch_due(struct tssb_node *node, uint64_t now_ns) {
    if (node->fetch->next_ns <= now_ns)
        step(node, now_ns);
}

int tssb_node_fetch(struct tssb_node *node, uint32_t index, uint32_t seq, uint64_t now_ns) {
    const struct tssb_replica *replica = &node->replicas[index];
    const uint8_t *wire;
    uint32_t budget = LOOK_AT_ONCE;
    if (!node->fetch || node->store->ops->read(node->store, replica, seq, &wire) != 0)
        return TSSB_E_NOT_FOUND;
    if (!make_room(node, now_ns))
        return TSSB_E_FULL;
    const struct tssb_fetch_chain new = {.replica = index, .seq = seq};
    int error = begin(node, &new, wire, &budget);
    if (!error)
        step(node, now_ns);
    return error;
}

struct tssb_fetch_counts tssb_node_fetch_counts(const struct tssb_node *node) {
    return node->fetch ? node->fetch->counts : (struct tssb_fetch_counts){0};
}
