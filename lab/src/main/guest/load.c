/* Load for the lab guest.
 *
 * load dirty MIB_PER_S [MIB]  writes to memory at that rate, page after page through MIB (default 64), each page with
 *                             content that it never had before, until it is killed. Says once a second what it reached.
 * load spin                   says "spinning", then one answer a line of input: the iterations of a CPU loop since the
 *                             last line. Whoever asks keeps the time, because a guest's own clock stands still while
 *                             the guest does. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096
#define MIB (1024 * 1024)

static int64_t now_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static uint64_t random_state = 88172645463325252ULL;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* A quarter of each page changes: enough to be neither all-equal nor incompressible. */
static void dirty_page(uint64_t *page) {
    for (int word = 0; word < PAGE / 8; word += 4) page[word] = next_random();
}

static int dirty(double mib_per_second, size_t mib) {
    size_t pages = mib * MIB / PAGE;
    char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("load dirty: mmap");
        return 1;
    }
    double pages_per_nano = mib_per_second * MIB / PAGE / 1e9;
    int64_t began = now_nanos(), said = began;
    uint64_t done = 0, said_done = 0;
    for (;;) {
        int64_t now = now_nanos();
        uint64_t due = (now - began) * pages_per_nano;
        /* What could not be done in time is not caught up with: at most a tenth of a second's worth at once. */
        uint64_t most = mib_per_second * MIB / PAGE / 10 + 1;
        if (due > done + most) {
            began += (int64_t)((due - done - most) / pages_per_nano);
            due = done + most;
        }
        while (done < due) dirty_page((uint64_t *)(memory + done++ % pages * PAGE));
        if (now - said >= 1000000000LL) {
            printf("dirtied %.1f MiB/s\n", (done - said_done) * (double)PAGE / MIB / ((now - said) / 1e9));
            fflush(stdout);
            said = now;
            said_done = done;
        }
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
}

static volatile uint64_t iterations;

static void *count(void *unused) {
    uint64_t mixed = 1;
    for (;;) {
        for (int i = 0; i < 10000; i++) mixed = mixed * 6364136223846793005ULL + 1442695040888963407ULL;
        random_state = mixed;
        iterations += 10000;
    }
    return unused;
}

static int spin(void) {
    pthread_t counter;
    char line[64];
    uint64_t last = 0;
    if (pthread_create(&counter, NULL, count, NULL) != 0) return 1;
    puts("spinning");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint64_t total = iterations;
        printf("%llu\n", (unsigned long long)(total - last));
        fflush(stdout);
        last = total;
    }
    return 0;
}

int load_main(int count, char **words) {
    if (count >= 3 && strcmp(words[1], "dirty") == 0) {
        double rate = atof(words[2]);
        long mib = count > 3 ? atol(words[3]) : 64;
        if (rate > 0 && mib > 0) return dirty(rate, mib);
    }
    if (count == 2 && strcmp(words[1], "spin") == 0) return spin();
    fprintf(stderr, "usage: load dirty MIB_PER_S [MIB] | load spin\n");
    return 2;
}
