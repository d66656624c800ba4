/* The shared pool: per feed a tree of branches. A replica at (branch, seq) finds any entry before
 * its front by walking to the branch's parents, of which there are none unless an author forks its
 * feed. */
#include "pool.h"

#include <string.h>

#include "bytes.h"
#include "chain.h"
#include "entry.h"
#include "error.h"
#include "request.h"

struct tssb_pool_entry {
    uint8_t wire[TSSB_ENTRY_SIZE];
    uint8_t mid[TSSB_MID_SIZE];
    bool verified; /* by some replica; an author does not check its own */
    tssb_dmx next_dmx;
};

struct tssb_pool_feed {
    struct tssb_feed feed;
    uint32_t branches; /* the first of its list */
};

struct tssb_pool_blob {
    uint8_t ptr[TSSB_PTR_SIZE];
    uint8_t bytes[TSSB_BLOB_SIZE];
};

/* Both hash indices are tables of 56-bit keys; what is indexed needs no second kind. */
static const enum tssb_dmx_kind indexed = TSSB_DMX_ENTRY;

static const struct tssb_store_ops pool_ops;

static struct tssb_pool_view *view_of(struct tssb_store *store) {
    return (struct tssb_pool_view *)(void *)store;
}

static struct tssb_pool *pool_of(struct tssb_store *store) {
    return view_of(store)->pool;
}

void tssb_pool_init(struct tssb_pool *pool, const struct tssb_mem *mem) {
    *pool = (struct tssb_pool){.mem = mem};
}

void tssb_pool_close(struct tssb_pool *pool) {
    const struct tssb_mem *mem = pool->mem;
    void *array;
    for (uint32_t i = 0; i < pool->branch_count; i++) {
        struct tssb_pool_branch *branch = &pool->branches[i];
        array = branch->entries;
        tssb_mem_release(mem, &array, &branch->capacity, sizeof *branch->entries);
    }
    for (uint32_t i = 0; i < pool->feed_count; i++)
        mem->resize(mem->context, pool->feeds[i], sizeof *pool->feeds[i], 0);
    array = pool->branches;
    tssb_mem_release(mem, &array, &pool->branch_capacity, sizeof *pool->branches);
    array = pool->feeds;
    tssb_mem_release(mem, &array, &pool->feed_capacity, sizeof *pool->feeds);
    array = pool->blobs;
    tssb_mem_release(mem, &array, &pool->blob_capacity, sizeof *pool->blobs);
    tssb_dmx_close(&pool->feed_index, mem);
    tssb_dmx_close(&pool->blob_index, mem);
    tssb_pool_init(pool, mem);
}

const struct tssb_feed *tssb_pool_feed(const struct tssb_pool *pool, uint32_t index) {
    return &pool->feeds[index]->feed;
}

/* Makes room for one more item; *array may move. */
#define GROW(pool, array, count, capacity) \
    grow_array((pool)->mem, (void **)&(array), &(capacity), (count) + 1, sizeof *(array))

static int grow_array(const struct tssb_mem *mem, void **array, uint32_t *capacity, uint32_t needed,
                      size_t item_size) {
    void *items = *array;
    int error = tssb_mem_grow(mem, &items, capacity, needed, item_size);
    *array = items;
    return error;
}

static struct tssb_pool_feed *find_feed(const struct tssb_pool *pool,
                                        const uint8_t fid[TSSB_FID_SIZE], tssb_dmx want_dmx) {
    struct tssb_dmx_match match;
    uint32_t cursor = 0;
    while (tssb_dmx_find(&pool->feed_index, want_dmx, &cursor, &match))
        if (memcmp(pool->feeds[match.value]->feed.fid, fid, TSSB_FID_SIZE) == 0)
            return pool->feeds[match.value];
    return NULL;
}

/* Finds the feed, or makes it. NULL where memory ran out. */
static struct tssb_pool_feed *intern_feed(struct tssb_pool *pool,
                                          const uint8_t fid[TSSB_FID_SIZE]) {
    tssb_dmx want_dmx = tssb_want_dmx(fid);
    struct tssb_pool_feed *found = find_feed(pool, fid, want_dmx);
    if (found)
        return found;
    if (tssb_dmx_reserve(&pool->feed_index, pool->mem, 1) ||
        GROW(pool, pool->feeds, pool->feed_count, pool->feed_capacity))
        return NULL;
    found = pool->mem->resize(pool->mem->context, NULL, 0, sizeof *found);
    if (!found)
        return NULL;
    memcpy(found->feed.fid, fid, TSSB_FID_SIZE);
    found->feed.want_dmx = want_dmx;
    found->feed.range_dmx = tssb_range_dmx(fid);
    found->feed.index = pool->feed_count;
    found->branches = TSSB_POOL_NONE;
    tssb_dmx_arm(&pool->feed_index, want_dmx, (struct tssb_dmx_match){indexed, pool->feed_count});
    pool->feeds[pool->feed_count++] = found;
    return found;
}

static uint32_t last_seq(const struct tssb_pool_branch *branch) {
    return branch->base_seq + branch->count;
}

/* The MID of the entry seq of a branch, its base included; NULL where it has none. */
static const uint8_t *mid_at(const struct tssb_pool_branch *branch, uint32_t seq) {
    if (seq == branch->base_seq)
        return branch->base_mid;
    if (seq < branch->base_seq || seq > last_seq(branch))
        return NULL;
    return branch->entries[seq - branch->base_seq - 1].mid;
}

/* Whether the entry of an anchor is on this branch. Where the branch forks off, it is on the parent
 * alone: from there, a replica sees every way on. */
static bool is_on(const struct tssb_pool_branch *branch, const struct tssb_anchor *anchor) {
    const uint8_t *mid = mid_at(branch, anchor->seq);
    bool forks_here = branch->parent != TSSB_POOL_NONE && anchor->seq == branch->base_seq;
    return mid && !forks_here && memcmp(mid, anchor->mid, TSSB_MID_SIZE) == 0;
}

/* Adds an empty branch after an entry; parent TSSB_POOL_NONE makes a root. Returns 0 or
 * TSSB_E_MEMORY. */
static int add_branch(struct tssb_pool *pool, struct tssb_pool_feed *feed, uint32_t parent,
                      uint32_t base_seq, const uint8_t base_mid[TSSB_MID_SIZE], tssb_dmx base_dmx,
                      uint32_t *index) {
    int error = GROW(pool, pool->branches, pool->branch_count, pool->branch_capacity);
    if (error)
        return error;
    struct tssb_pool_branch *branch = &pool->branches[pool->branch_count];
    *branch = (struct tssb_pool_branch){.base_seq = base_seq,
                                        .feed = feed->feed.index,
                                        .parent = parent,
                                        .next = feed->branches,
                                        .base_dmx = base_dmx};
    memcpy(branch->base_mid, base_mid, TSSB_MID_SIZE);
    feed->branches = *index = pool->branch_count++;
    return 0;
}

/* The replica of this anchor that the view kept over a restart; NULL where it kept none. A node
 * opens its replicas in the order in which it did before. */
static const struct tssb_replica *find_kept(struct tssb_pool_view *view,
                                            const struct tssb_feed *feed, uint32_t anchor_seq) {
    for (uint32_t i = 0; i < view->kept_count; i++) {
        uint32_t at = (view->kept_next + i) % view->kept_count;
        const struct tssb_replica *kept = &view->kept[at];
        if (kept->feed != feed || kept->anchor_seq != anchor_seq)
            continue;
        view->kept_next = at + 1;
        return kept;
    }
    return NULL;
}

static int pool_open(struct tssb_store *store, const struct tssb_anchor *anchor,
                     struct tssb_replica *replica) {
    struct tssb_pool *pool = pool_of(store);
    struct tssb_pool_feed *feed = intern_feed(pool, anchor->fid);
    if (!feed)
        return TSSB_E_MEMORY;
    const struct tssb_replica *kept = find_kept(view_of(store), &feed->feed, anchor->seq);
    if (kept) {
        *replica = *kept;
        replica->followed = false;
        return 0;
    }
    struct tssb_place first = {.fid = feed->feed.fid, .seq = anchor->seq + 1};
    memcpy(first.prev, anchor->mid, TSSB_MID_SIZE);
    tssb_dmx next_dmx = tssb_entry_dmx(&first);

    uint32_t at = feed->branches;
    while (at != TSSB_POOL_NONE && !is_on(&pool->branches[at], anchor))
        at = pool->branches[at].next;
    if (at == TSSB_POOL_NONE) {
        int error = add_branch(pool, feed, TSSB_POOL_NONE, anchor->seq, anchor->mid, next_dmx, &at);
        if (error)
            return error;
    }
    *replica = (struct tssb_replica){.feed = &feed->feed,
                                     .next_dmx = next_dmx,
                                     .anchor_seq = anchor->seq,
                                     .front_seq = anchor->seq,
                                     .branch = at};
    memcpy(replica->front_mid, anchor->mid, TSSB_MID_SIZE);
    return 0;
}

static void move_front(struct tssb_replica *replica, uint32_t branch,
                       const struct tssb_pool_entry *entry) {
    replica->branch = branch;
    replica->front_seq++;
    replica->next_dmx = entry->next_dmx;
    memcpy(replica->front_mid, entry->mid, TSSB_MID_SIZE);
}

/* If the entry after seq on this branch is `wire`, returns it. */
static struct tssb_pool_entry *same_next(const struct tssb_pool_branch *branch, uint32_t seq,
                                         const uint8_t wire[TSSB_ENTRY_SIZE]) {
    if (seq >= last_seq(branch))
        return NULL;
    struct tssb_pool_entry *entry = &branch->entries[seq - branch->base_seq];
    return memcmp(entry->wire, wire, TSSB_ENTRY_SIZE) == 0 ? entry : NULL;
}

/* Finds `wire` among the successors of the replica's front: on its branch, or as the first entry of
 * a fork. *at is the branch that it is on. */
static struct tssb_pool_entry *find_next(const struct tssb_pool *pool,
                                         const struct tssb_replica *replica,
                                         const uint8_t wire[TSSB_ENTRY_SIZE], uint32_t *at) {
    const struct tssb_pool_branch *here = &pool->branches[replica->branch];
    struct tssb_pool_entry *entry = same_next(here, replica->front_seq, wire);
    *at = replica->branch;
    if (entry)
        return entry;
    for (*at = pool->feeds[here->feed]->branches; *at != TSSB_POOL_NONE;
         *at = pool->branches[*at].next) {
        const struct tssb_pool_branch *fork = &pool->branches[*at];
        if (fork->parent != replica->branch || fork->base_seq != replica->front_seq)
            continue;
        entry = same_next(fork, replica->front_seq, wire);
        if (entry)
            return entry;
    }
    return NULL;
}

static int pool_advance(struct tssb_store *store, struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    uint32_t at;
    const struct tssb_pool_entry *entry = find_next(pool_of(store), replica, wire, &at);
    if (!entry || !entry->verified)
        return 0;
    move_front(replica, at, entry);
    return 1;
}

/* Adds an entry after the replica's front; where something else follows there, on a branch of its
 * own. */
static int add_entry(struct tssb_pool *pool, const struct tssb_replica *replica,
                     struct tssb_pool_entry **entry, uint32_t *at) {
    *at = replica->branch;
    if (replica->front_seq != last_seq(&pool->branches[*at])) {
        struct tssb_pool_feed *feed = pool->feeds[pool->branches[*at].feed];
        int error = add_branch(pool, feed, *at, replica->front_seq, replica->front_mid,
                               replica->next_dmx, at);
        if (error)
            return error;
    }
    struct tssb_pool_branch *branch = &pool->branches[*at];
    int error = GROW(pool, branch->entries, branch->count, branch->capacity);
    if (!error)
        *entry = &branch->entries[branch->count++];
    return error;
}

static int pool_append(struct tssb_store *store, struct tssb_replica *replica,
                       const uint8_t wire[TSSB_ENTRY_SIZE], const uint8_t mid[TSSB_MID_SIZE],
                       tssb_dmx next_dmx, bool verified) {
    struct tssb_pool *pool = pool_of(store);
    uint32_t at;
    struct tssb_pool_entry *entry = find_next(pool, replica, wire, &at);
    if (!entry) {
        int error = add_entry(pool, replica, &entry, &at);
        if (error)
            return error;
        *entry = (struct tssb_pool_entry){.next_dmx = next_dmx};
        memcpy(entry->wire, wire, TSSB_ENTRY_SIZE);
        memcpy(entry->mid, mid, TSSB_MID_SIZE);
    }
    pool->verifications += verified;
    entry->verified |= verified;
    move_front(replica, at, entry);
    return 0;
}

static int pool_read(struct tssb_store *store, const struct tssb_replica *replica, uint32_t seq,
                     const uint8_t **wire) {
    const struct tssb_pool *pool = pool_of(store);
    if (seq <= replica->anchor_seq || seq > replica->front_seq)
        return TSSB_E_NOT_FOUND;
    const struct tssb_pool_branch *branch = &pool->branches[replica->branch];
    while (seq <= branch->base_seq)
        branch = &pool->branches[branch->parent];
    *wire = branch->entries[seq - branch->base_seq - 1].wire;
    return 0;
}

/* The index of a blob in one of the two tables, or TSSB_POOL_NONE. */
static uint32_t find_blob(const struct tssb_pool *pool, const struct tssb_dmx_table *table,
                          const uint8_t ptr[TSSB_PTR_SIZE]) {
    struct tssb_dmx_match match;
    uint32_t cursor = 0;
    while (tssb_dmx_find(table, tssb_load_dmx(ptr), &cursor, &match))
        if (memcmp(pool->blobs[match.value].ptr, ptr, TSSB_PTR_SIZE) == 0)
            return match.value;
    return TSSB_POOL_NONE;
}

static int pool_read_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                          const uint8_t **blob) {
    const struct tssb_pool_view *view = (struct tssb_pool_view *)(void *)store;
    uint32_t index = find_blob(view->pool, &view->blobs, ptr);
    if (index == TSSB_POOL_NONE)
        return TSSB_E_NOT_FOUND;
    *blob = view->pool->blobs[index].bytes;
    return 0;
}

static int pool_write_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                           const uint8_t blob[TSSB_BLOB_SIZE]) {
    struct tssb_pool_view *view = view_of(store);
    struct tssb_pool *pool = view->pool;
    if (find_blob(pool, &view->blobs, ptr) != TSSB_POOL_NONE)
        return 0;
    if (tssb_dmx_reserve(&view->blobs, pool->mem, 1) ||
        tssb_dmx_reserve(&pool->blob_index, pool->mem, 1) ||
        GROW(pool, pool->blobs, pool->blob_count, pool->blob_capacity))
        return TSSB_E_MEMORY;
    uint32_t index = find_blob(pool, &pool->blob_index, ptr);
    if (index == TSSB_POOL_NONE) {
        index = pool->blob_count++;
        memcpy(pool->blobs[index].ptr, ptr, TSSB_PTR_SIZE);
        memcpy(pool->blobs[index].bytes, blob, TSSB_BLOB_SIZE);
        tssb_dmx_arm(&pool->blob_index, tssb_load_dmx(ptr),
                     (struct tssb_dmx_match){indexed, index});
    }
    tssb_dmx_arm(&view->blobs, tssb_load_dmx(ptr), (struct tssb_dmx_match){indexed, index});
    return 0;
}

static const struct tssb_store_ops pool_ops = {
    .name = "pool",
    .open = pool_open,
    .advance = pool_advance,
    .append = pool_append,
    .read = pool_read,
    .read_blob = pool_read_blob,
    .write_blob = pool_write_blob,
};

void tssb_pool_view_init(struct tssb_pool_view *view, struct tssb_pool *pool) {
    *view = (struct tssb_pool_view){.store = {&pool_ops}, .pool = pool};
}

void tssb_pool_view_close(struct tssb_pool_view *view) {
    tssb_dmx_close(&view->blobs, view->pool->mem);
}

void tssb_pool_view_keep(struct tssb_pool_view *view, const struct tssb_replica *replicas,
                         uint32_t count) {
    view->kept = replicas;
    view->kept_count = count;
    view->kept_next = 0;
}
