/* Making a data directory: under another name, which then becomes its own, so that a crash leaves a
 * whole one or none. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/posix/directory.h"
#include "core/posix/names.h"
#include "core/posix/text.h"

/* Makes what is in it, in a folder of another name. */
static int fill_folder(const char *fresh, const struct tssb_config *config,
                       const struct tssb_disk *disk) {
    static const char *const folders[] = {"", "/_logs", "/_blob"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *folder = tssb_text("%s%s", fresh, folders[i]);
        int made = folder ? disk->mkdir(disk->context, folder, 0755) : -1;
        free(folder);
        if (made != 0 && errno != EEXIST) /* of an attempt that a crash ended */
            return -1;
    }
    if (config->packed && tssb_pack_create(disk, fresh) != 0)
        return -1;
    return tssb_config_save(config, disk, fresh);
}

static bool exists(const struct tssb_disk *disk, const char *path) {
    int file = disk->open(disk->context, path, O_RDONLY, 0);
    if (file >= 0)
        disk->close(disk->context, file);
    return file >= 0;
}

int tssb_directory_create(const char *path, const struct tssb_config *config,
                          const struct tssb_disk *disk, char **error) {
    int status = 0;
    if (!disk)
        disk = &tssb_disk_system;
    if (exists(disk, path))
        return tssb_fail(error, 2, "%s: exists already; remove it to begin anew", path);
    char *fresh = tssb_text("%s.new", path);
    char *parent = tssb_names_parent(path);
    if (!fresh || !parent)
        status = tssb_fail(error, 3, "out of memory");
    else if (fill_folder(fresh, config, disk) != 0 ||
             disk->rename(disk->context, fresh, path) != 0 ||
             tssb_disk_sync_folder(disk, parent) != 0)
        status = tssb_fail(error, 3, "%s: cannot make this directory: %s", path, strerror(errno));
    free(fresh);
    free(parent);
    return status;
}
