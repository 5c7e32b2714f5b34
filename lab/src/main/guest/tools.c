/* The lab guest's own programs in one static file, told apart by the name they are called by. */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

int services_main(void);
int load_main(int count, char **words);
int disk_main(int count, char **words);

int main(int count, char **words) {
    const char *name = basename(words[0]);
    if (strcmp(name, "services") == 0) return services_main();
    if (strcmp(name, "load") == 0) return load_main(count, words);
    if (strcmp(name, "disk") == 0) return disk_main(count, words);
    fprintf(stderr, "call it as services, load or disk\n");
    return 2;
}
