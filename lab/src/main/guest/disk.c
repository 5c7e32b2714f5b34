/* A disk's client in the lab guest.
 *
 * disk churn DEVICE MIB [MICROS]
 *                         writes blocks of 4 KiB in the first MIB of the device, reads others back and compares them,
 *                         punches holes (so that later writes need room anew), and flushes now and then, all of it past
 *                         the page cache, until it is sent a line or killed. Says four times a second what it did in
 *                         all, and how long the slowest request took since. A block that is not what was written last
 *                         ends it with "WRONG ...", an error of the device with "ERROR ...". Rests for so many microseconds
 *                         after each request.
 * disk verify DEVICE MIB  reads all of that once: how many blocks were ever written, and the sum of their generations.
 *
 * Each block says its own number, a generation that grows with every write, and a checksum, so that old data, data of
 * another block and torn blocks are told apart from what was written. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define WORDS (BLOCK / 8)
#define BLOCKS_A_MIB (1024 * 1024 / BLOCK)
#define MAGIC 0x756e6465727374ULL
#define SAY_MICROS 250000

static uint64_t random_state = 88172645463325252ULL;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static int64_t now_micros(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static uint64_t checksum(const uint64_t *words) {
    uint64_t sum = MAGIC;
    for (int i = 0; i < WORDS - 1; i++) sum = (sum ^ words[i]) * 1099511628211ULL;
    return sum;
}

static void fill(uint64_t *words, uint64_t number, uint64_t generation) {
    words[0] = MAGIC;
    words[1] = number;
    words[2] = generation;
    for (int i = 3; i < WORDS - 1; i++) words[i] = next_random();
    words[WORDS - 1] = checksum(words);
}

/* The generation of a block as it was read; 0 if it was never written; says what is wrong and ends if it is neither. */
static uint64_t generation(const uint64_t *words, uint64_t number) {
    int zeros = 1;
    for (int i = 0; i < WORDS && zeros; i++) zeros = words[i] == 0;
    if (zeros) return 0;
    if (words[0] == MAGIC && words[1] == number && words[WORDS - 1] == checksum(words)) return words[2];
    printf("WRONG block %" PRIu64 ": magic %" PRIx64 ", number %" PRIu64 ", generation %" PRIu64 ", checksum %s\n", number,
           words[0], words[1], words[2], words[WORDS - 1] == checksum(words) ? "right" : "wrong");
    fflush(stdout);
    exit(1);
}

static void fail(const char *what) {
    printf("ERROR %s: %s\n", what, strerror(errno));
    fflush(stdout);
    exit(1);
}

static void read_block(int fd, uint64_t *words, uint64_t number) {
    if (pread(fd, words, BLOCK, number * BLOCK) != BLOCK) fail("read");
}

/* Reads a mebibyte at a time and hands each block's generation on. */
static void scan(int fd, uint64_t blocks, void (*found)(uint64_t number, uint64_t generation)) {
    static uint64_t *mib;
    if (mib == NULL && posix_memalign((void **)&mib, BLOCK, BLOCK * BLOCKS_A_MIB) != 0) fail("posix_memalign");
    for (uint64_t number = 0; number < blocks; number += BLOCKS_A_MIB) {
        if (pread(fd, mib, BLOCK * BLOCKS_A_MIB, number * BLOCK) != BLOCK * BLOCKS_A_MIB) fail("read");
        for (uint64_t i = 0; i < BLOCKS_A_MIB; i++) found(number + i, generation(mib + i * WORDS, number + i));
    }
}

static uint64_t written, generations;

static void count(uint64_t number, uint64_t found) {
    (void)number;
    written += found > 0;
    generations += found;
}

static int verify(int fd, uint64_t blocks) {
    scan(fd, blocks, count);
    printf("verified %" PRIu64 " blocks, %" PRIu64 " written, generations %" PRIu64 "\n", blocks, written, generations);
    return 0;
}

static uint64_t *last; /* each block's generation, 0 while it is a hole */

static void remember(uint64_t number, uint64_t found) { last[number] = found; }

static int is_told_to_end(void) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char line[256];
    return poll(&input, 1, 0) == 1 && read(0, line, sizeof line) > 0;
}

static int churn(int fd, uint64_t *words, uint64_t blocks, long rest) {
    uint64_t writes = 0, reads = 0, holes = 0, flushes = 0, generation_now = 0;
    int64_t slowest = 0, said = now_micros();
    last = calloc(blocks, sizeof *last);
    if (last == NULL) fail("calloc");
    scan(fd, blocks, remember);
    for (uint64_t number = 0; number < blocks; number++)
        if (last[number] > generation_now) generation_now = last[number];
    printf("begins\n");
    for (int ends = 0; !ends;) {
        uint64_t number = next_random() % blocks, what = next_random() % 100;
        int64_t began = now_micros();
        if (what < 55) {
            fill(words, number, ++generation_now);
            if (pwrite(fd, words, BLOCK, number * BLOCK) != BLOCK) fail("write");
            last[number] = generation_now;
            writes++;
        } else if (what < 90) {
            read_block(fd, words, number);
            uint64_t found = generation(words, number);
            if (found != last[number]) {
                printf("WRONG block %" PRIu64 ": generation %" PRIu64 ", and %" PRIu64 " was written\n", number, found,
                       last[number]);
                return 1;
            }
            reads++;
        } else if (what < 95) {
            if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, number * BLOCK, BLOCK) != 0) fail("punch a hole");
            last[number] = 0;
            holes++;
        } else {
            if (fsync(fd) != 0) fail("fsync");
            flushes++;
        }
        int64_t now = now_micros();
        if (now - began > slowest) slowest = now - began;
        if (now - said >= SAY_MICROS) {
            ends = is_told_to_end();
            printf("writes %" PRIu64 " reads %" PRIu64 " holes %" PRIu64 " flushes %" PRIu64 " slowest %" PRId64 " us\n", writes,
                   reads, holes, flushes, slowest);
            slowest = 0;
            said = now;
        }
        if (rest > 0) usleep(rest);
    }
    return 0;
}

int disk_main(int count, char **words) {
    long mib = count == 4 || count == 5 ? atol(words[3]) : 0, rest = count == 5 ? atol(words[4]) : 0;
    uint64_t *block;
    if (mib < 1 || (strcmp(words[1], "churn") != 0 && strcmp(words[1], "verify") != 0)) {
        fprintf(stderr, "usage: disk churn DEVICE MIB [MICROS] | disk verify DEVICE MIB\n");
        return 2;
    }
    int fd = open(words[2], O_RDWR | O_DIRECT);
    if (fd < 0 || posix_memalign((void **)&block, BLOCK, BLOCK) != 0) fail(words[2]);
    random_state ^= (uint64_t)now_micros() * 2654435761u;
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t blocks = (uint64_t)mib * BLOCKS_A_MIB;
    return strcmp(words[1], "verify") == 0 ? verify(fd, blocks) : churn(fd, block, blocks, rest);
}
