/* config.json: any text is read or refused with a message that names the file and a line; what is
 * read is written, read and written to the same bytes. */
#include "fuzz.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/posix/config.h"
#include "fake_disk.h"
#include "shared/same.h"

static const char folder[] = "n", path[] = "n/config.json";

static void expect_round_trip(struct fake_disk *fake, const struct tssb_config *config) {
    struct tssb_config again;
    char *error = NULL, *first, *second;
    size_t first_size, second_size;
    TSSB_CHECK(tssb_config_is_name(config->name));
    TSSB_CHECK(tssb_config_save(config, &fake->disk, folder) == 0);
    TSSB_CHECK(tssb_disk_load(&fake->disk, path, 1 << 21, &first, &first_size) == 0);
    TSSB_CHECK(tssb_config_load(&again, &fake->disk, folder, &error) == 0);
    TSSB_CHECK(config_same(config, &again));
    TSSB_CHECK(tssb_config_save(&again, &fake->disk, folder) == 0);
    TSSB_CHECK(tssb_disk_load(&fake->disk, path, 1 << 21, &second, &second_size) == 0);
    TSSB_CHECK(first_size == second_size && memcmp(first, second, first_size) == 0);
    tssb_config_close(&again);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fake_disk fake;
    struct tssb_config config;
    char *error = NULL;
    TSSB_CHECK(tssb_scheme_init() == 0);
    fake_disk_init(&fake);
    TSSB_CHECK(fake.disk.mkdir(&fake, folder, 0755) == 0);
    TSSB_CHECK(tssb_disk_save(&fake.disk, path, 0600, data, size, 0) == 0);
    int status = tssb_config_load(&config, &fake.disk, folder, &error);
    TSSB_CHECK(status == 0 || (status == 2 && strncmp(error, path, strlen(path)) == 0));
    TSSB_CHECK((status == 0) == (config.name != NULL));
    if (status == 0)
        expect_round_trip(&fake, &config);
    tssb_config_close(&config);
    free(error);
    fake_disk_close(&fake);
    return 0;
}
