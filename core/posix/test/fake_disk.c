/* Nodes keep what calls see, what was synced, and the writes in between. */
#include "fake_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static const size_t TRUNCATION = SIZE_MAX;

/* Contents. */

static void resize(struct fake_content *content, size_t size) {
    content->bytes = realloc(content->bytes, size + 1);
    assert_non_null(content->bytes);
    if (size > content->size)
        memset(content->bytes + content->size, 0, size - content->size);
    content->bytes[size] = 0;
    content->size = size;
}

static void write_at(struct fake_content *content, off_t at, const uint8_t *bytes, size_t size) {
    size_t end = (size_t)at + size;
    if (end > content->size)
        resize(content, end);
    memcpy(content->bytes + at, bytes, size);
}

static void copy(struct fake_content *to, const struct fake_content *from) {
    resize(to, from->size);
    if (from->size > 0)
        memcpy(to->bytes, from->bytes, from->size);
}

static void forget_pending(struct fake_node *node) {
    for (size_t i = 0; i < node->pending_count; i++)
        free(node->pending[i].bytes);
    free(node->pending);
    node->pending = NULL;
    node->pending_count = 0;
}

static void remember(struct fake_node *node, off_t at, const uint8_t *bytes, size_t size) {
    node->pending = realloc(node->pending, (node->pending_count + 1) * sizeof *node->pending);
    assert_non_null(node->pending);
    struct fake_write *write = &node->pending[node->pending_count++];
    *write = (struct fake_write){.at = at, .size = size};
    if (size == TRUNCATION)
        return;
    write->bytes = malloc(size + 1);
    assert_non_null(write->bytes);
    memcpy(write->bytes, bytes, size);
}

/* Names. */

static int find_name(const struct fake_disk *fake, const char *path) {
    for (int i = 0; i < fake->name_count; i++)
        if (strcmp(fake->names[i].path, path) == 0)
            return i;
    return -1;
}

static int find_node(const struct fake_disk *fake, const char *path) {
    int name = find_name(fake, path);
    return name < 0 ? -1 : fake->names[name].now;
}

static struct fake_name *take_name(struct fake_disk *fake, const char *path) {
    int name = find_name(fake, path);
    if (name < 0) {
        assert_in_range(fake->name_count, 0, FAKE_NODES - 1);
        name = fake->name_count++;
        fake->names[name] = (struct fake_name){.path = strdup(path), .now = -1, .durable = -1};
    }
    return &fake->names[name];
}

static int make_node(struct fake_disk *fake, bool folder) {
    assert_in_range(fake->node_count, 0, FAKE_NODES - 1);
    fake->nodes[fake->node_count].folder = folder;
    return fake->node_count++;
}

/* Whether a path is that of something right inside a folder. */
static bool is_in(const char *path, const char *folder) {
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/' && !strchr(path + size + 1, '/');
}

static bool has_parent(const struct fake_disk *fake, const char *path) {
    const char *slash = strrchr(path, '/');
    char parent[256] = "";
    if (!slash)
        return true;
    memcpy(parent, path, (size_t)(slash - path));
    int node = find_node(fake, parent);
    return node >= 0 && fake->nodes[node].folder;
}

/* Calls. */

bool fake_disk_dead(const struct fake_disk *fake) {
    return fake->power_until >= 0 && fake->steps >= fake->power_until;
}

/* Begins a call: false where it fails before it has done anything. */
static bool begin(struct fake_disk *fake) {
    int64_t call = fake->calls++;
    errno = EIO;
    if (fake_disk_dead(fake))
        return false;
    if (call < fake->fail_at || call >= fake->fail_until)
        return true;
    errno = fake->fail_error;
    return false;
}

/* The same for one that changes something. */
static bool begin_change(struct fake_disk *fake) {
    if (!begin(fake))
        return false;
    fake->steps++;
    errno = EIO;
    return !fake_disk_dead(fake);
}

static struct fake_node *node_of(struct fake_disk *fake, int file) {
    assert_in_range(file, 0, FAKE_FILES - 1);
    assert_int_not_equal(fake->files[file], 0);
    return &fake->nodes[fake->files[file] - 1];
}

static int open_node(struct fake_disk *fake, int node) {
    for (int file = 0; file < FAKE_FILES; file++)
        if (fake->files[file] == 0) {
            fake->files[file] = node + 1;
            return file;
        }
    fail_msg("files are left open");
    return -1;
}

static int fake_open(void *context, const char *path, int flags, mode_t mode) {
    struct fake_disk *fake = context;
    bool change = (flags & (O_CREAT | O_TRUNC)) != 0;
    (void)mode;
    if (change ? !begin_change(fake) : !begin(fake))
        return -1;
    int node = find_node(fake, path);
    errno = ENOENT;
    if (node < 0 && (!(flags & O_CREAT) || !has_parent(fake, path)))
        return -1;
    if (node < 0)
        take_name(fake, path)->now = node = make_node(fake, false);
    if (flags & O_TRUNC) {
        resize(&fake->nodes[node].now, 0);
        remember(&fake->nodes[node], 0, NULL, TRUNCATION);
    }
    return open_node(fake, node);
}

static ssize_t fake_pread(void *context, int file, void *bytes, size_t size, off_t at) {
    struct fake_disk *fake = context;
    const struct fake_content *content = &node_of(fake, file)->now;
    if (!begin(fake))
        return -1;
    size_t left = (size_t)at < content->size ? content->size - (size_t)at : 0;
    if (size > left)
        size = left;
    if (size > 0)
        memcpy(bytes, content->bytes + at, size);
    return (ssize_t)size;
}

/* A write that fails, or that the power cuts, has written a part. */
static ssize_t fake_pwrite(void *context, int file, const void *bytes, size_t size, off_t at) {
    struct fake_disk *fake = context;
    struct fake_node *node = node_of(fake, file);
    bool dead = fake_disk_dead(fake), begun = begin(fake);
    int why = errno;
    size_t done = begun ? size : dead ? 0 : size / 2;
    int64_t left = fake->power_until - fake->steps;
    if (!dead && fake->power_until >= 0 && (int64_t)done >= left) {
        done = (size_t)left;
        why = EIO;
        begun = false;
    }
    fake->steps += (int64_t)done;
    if (done > 0) {
        write_at(&node->now, at, bytes, done);
        remember(node, at, bytes, done);
    }
    errno = why;
    return begun ? (ssize_t)done : -1;
}

static int fake_truncate(void *context, int file, off_t size) {
    struct fake_disk *fake = context;
    struct fake_node *node = node_of(fake, file);
    if (!begin_change(fake))
        return -1;
    resize(&node->now, (size_t)size);
    remember(node, size, NULL, TRUNCATION);
    return 0;
}

static off_t fake_size(void *context, int file) {
    struct fake_disk *fake = context;
    return begin(fake) ? (off_t)node_of(fake, file)->now.size : -1;
}

static void settle(struct fake_node *node) {
    copy(&node->durable, &node->now);
    forget_pending(node);
}

static void settle_names(struct fake_disk *fake, int folder) {
    for (int i = 0; i < fake->name_count; i++)
        for (int j = 0; j < fake->name_count; j++)
            if (fake->names[i].now == folder && is_in(fake->names[j].path, fake->names[i].path))
                fake->names[j].durable = fake->names[j].now;
}

static int fake_sync(void *context, int file) {
    struct fake_disk *fake = context;
    struct fake_node *node = node_of(fake, file);
    if (!begin_change(fake))
        return -1;
    settle(node);
    if (node->folder)
        settle_names(fake, fake->files[file] - 1);
    return 0;
}

static int fake_sync_all(void *context, int file) {
    struct fake_disk *fake = context;
    (void)file;
    if (!begin_change(fake))
        return -1;
    for (int i = 0; i < fake->node_count; i++)
        settle(&fake->nodes[i]);
    for (int i = 0; i < fake->name_count; i++)
        fake->names[i].durable = fake->names[i].now;
    return 0;
}

static int fake_lock(void *context, int file) {
    struct fake_disk *fake = context;
    struct fake_node *node = node_of(fake, file);
    if (!begin(fake))
        return -1;
    errno = EWOULDBLOCK;
    if (node->locked_by != 0)
        return -1;
    node->locked_by = file + 1;
    return 0;
}

/* The file is closed whatever happens. */
static int fake_close(void *context, int file) {
    struct fake_disk *fake = context;
    struct fake_node *node = node_of(fake, file);
    if (node->locked_by == file + 1)
        node->locked_by = 0;
    fake->files[file] = 0;
    return begin(fake) ? 0 : -1;
}

/* Takes all that is in a folder along; durable at once, which is as good as the caller can hope. */
static void rename_folder(struct fake_disk *fake, const char *from, const char *to) {
    size_t size = strlen(from);
    for (int i = 0; i < fake->name_count; i++) {
        char *path = fake->names[i].path;
        char moved[256];
        if (strncmp(path, from, size) != 0 || (path[size] != '/' && path[size] != 0))
            continue;
        snprintf(moved, sizeof moved, "%s%s", to, path + size);
        fake->names[i].path = strdup(moved);
        if (path[size] == 0)
            fake->names[i].durable = fake->names[i].now;
        free(path);
    }
}

static int fake_rename(void *context, const char *from, const char *to) {
    struct fake_disk *fake = context;
    if (!begin_change(fake))
        return -1;
    int node = find_node(fake, from);
    errno = ENOENT;
    if (node < 0 || !has_parent(fake, to))
        return -1;
    if (fake->nodes[node].folder) {
        rename_folder(fake, from, to);
        return 0;
    }
    take_name(fake, to)->now = node;
    take_name(fake, from)->now = -1;
    return 0;
}

static int fake_link(void *context, const char *from, const char *to) {
    struct fake_disk *fake = context;
    if (!begin_change(fake))
        return -1;
    int node = find_node(fake, from);
    errno = node < 0 || !has_parent(fake, to) ? ENOENT : EEXIST;
    if (node < 0 || !has_parent(fake, to) || find_node(fake, to) >= 0)
        return -1;
    take_name(fake, to)->now = node;
    return 0;
}

static int fake_unlink(void *context, const char *path) {
    struct fake_disk *fake = context;
    if (!begin_change(fake))
        return -1;
    errno = ENOENT;
    if (find_node(fake, path) < 0)
        return -1;
    take_name(fake, path)->now = -1;
    return 0;
}

static int fake_mkdir(void *context, const char *path, mode_t mode) {
    struct fake_disk *fake = context;
    (void)mode;
    if (!begin_change(fake))
        return -1;
    errno = has_parent(fake, path) ? EEXIST : ENOENT;
    if (!has_parent(fake, path) || find_node(fake, path) >= 0)
        return -1;
    take_name(fake, path)->now = make_node(fake, true);
    return 0;
}

static int fake_list(void *context, const char *path, void (*each)(void *of_each, const char *name),
                     void *of_each) {
    struct fake_disk *fake = context;
    if (!begin(fake))
        return -1;
    errno = ENOENT;
    if (strcmp(path, ".") != 0 && find_node(fake, path) < 0)
        return -1;
    for (int i = 0; i < fake->name_count; i++)
        if (fake->names[i].now >= 0 && is_in(fake->names[i].path, path))
            each(of_each, strrchr(fake->names[i].path, '/') + 1);
    return 0;
}

static const struct tssb_disk fake_calls = {
    .open = fake_open,
    .pread = fake_pread,
    .pwrite = fake_pwrite,
    .truncate = fake_truncate,
    .size = fake_size,
    .sync = fake_sync,
    .sync_all = fake_sync_all,
    .lock = fake_lock,
    .close = fake_close,
    .rename = fake_rename,
    .link = fake_link,
    .unlink = fake_unlink,
    .mkdir = fake_mkdir,
    .list = fake_list,
};

/* The disk. */

void fake_disk_init(struct fake_disk *fake) {
    memset(fake, 0, sizeof *fake);
    fake->disk = fake_calls;
    fake->disk.context = fake;
    fake->power_until = -1;
    fake->fail_at = fake->fail_until = INT64_MAX;
}

void fake_disk_close(struct fake_disk *fake) {
    for (int i = 0; i < fake->node_count; i++) {
        forget_pending(&fake->nodes[i]);
        free(fake->nodes[i].now.bytes);
        free(fake->nodes[i].durable.bytes);
    }
    for (int i = 0; i < fake->name_count; i++)
        free(fake->names[i].path);
    fake_disk_init(fake);
}

void fake_disk_clone(struct fake_disk *to, const struct fake_disk *from) {
    fake_disk_init(to);
    to->node_count = from->node_count;
    to->name_count = from->name_count;
    for (int i = 0; i < from->node_count; i++) {
        const struct fake_node *node = &from->nodes[i];
        to->nodes[i].folder = node->folder;
        copy(&to->nodes[i].now, &node->now);
        copy(&to->nodes[i].durable, &node->durable);
        for (size_t j = 0; j < node->pending_count; j++)
            remember(&to->nodes[i], node->pending[j].at, node->pending[j].bytes,
                     node->pending[j].size);
    }
    for (int i = 0; i < from->name_count; i++) {
        to->names[i] = from->names[i];
        to->names[i].path = strdup(from->names[i].path);
    }
}

/* Puts a part of an unsynced write on the disk: none of it, all of it, or some bytes; what the size
 * covers and nothing was written to is zero. */
static void survive(struct fake_content *content, const struct fake_write *write,
                    uint64_t *random) {
    uint64_t fate = random_next(random) % 4;
    if (write->size == TRUNCATION) {
        if (fate % 2 == 0)
            resize(content, (size_t)write->at);
        return;
    }
    size_t begin = 0, end = write->size;
    if (fate == 0)
        end = 0;
    else if (fate == 1)
        end = random_next(random) % (write->size + 1);
    else if (fate == 2)
        begin = random_next(random) % (write->size + 1);
    if (end > begin)
        write_at(content, write->at + (off_t)begin, write->bytes + begin, end - begin);
    if ((size_t)write->at + write->size > content->size && random_next(random) % 2 == 0)
        resize(content, (size_t)write->at + write->size);
}

void fake_disk_power_on(struct fake_disk *fake, uint64_t random) {
    uint64_t state = random;
    memset(fake->files, 0, sizeof fake->files);
    for (int i = 0; i < fake->node_count; i++) {
        struct fake_node *node = &fake->nodes[i];
        node->locked_by = 0;
        for (size_t j = 0; j < node->pending_count && random > 1; j++)
            survive(&node->durable, &node->pending[j], &state);
        if (random == 0)
            copy(&node->durable, &node->now);
        else
            copy(&node->now, &node->durable);
        forget_pending(node);
    }
    for (int i = 0; i < fake->name_count; i++) {
        struct fake_name *name = &fake->names[i];
        bool kept = random == 0 || (random > 1 && random_next(&state) % 2 == 0);
        *(kept ? &name->durable : &name->now) = kept ? name->now : name->durable;
    }
    fake->power_until = -1;
    fake->fail_at = fake->fail_until = INT64_MAX;
}

const struct fake_content *fake_disk_file(const struct fake_disk *fake, const char *path) {
    int node = find_node(fake, path);
    if (node < 0)
        fail_msg("no file %s", path);
    return &fake->nodes[node].now;
}
