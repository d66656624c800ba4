/* Runs inputs through a target, without libFuzzer: each argument is a file, or a folder of files. A
 * broken property ends the process, as in any program of the project; the file is named before. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);
    if (!file || !bytes) {
        perror(path);
        free(bytes);
        if (file)
            fclose(file);
        return 1;
    }
    size_t size = fread(bytes, 1, INPUT_MAX, file);
    fclose(file);
    uint8_t *exact = realloc(bytes, size + (size == 0)); /* so that reading past it is noticed */
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact ? exact : bytes, size);
    free(exact ? exact : bytes);
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int replay_folder(const char *path, struct dirent **items, int count) {
    int failed = 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, items[i]->d_name);
        if (items[i]->d_name[0] != '.')
            failed |= replay_file(name);
        free(items[i]);
    }
    free(items);
    return failed;
}

int main(int argc, char **argv) {
    int failed = argc < 2;
    for (int i = 1; i < argc; i++) {
        struct dirent **items;
        int count = scandir(argv[i], &items, NULL, by_name);
        failed |= count < 0 ? replay_file(argv[i]) : replay_folder(argv[i], items, count);
    }
    if (argc < 2)
        fprintf(stderr, "Usage: %s FILE-OR-FOLDER...\n", argv[0]);
    return failed;
}
