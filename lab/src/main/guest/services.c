/* The lab guest's network services, one process: TCP echo on 7, discard on 9, source on 19; UDP echo on 7.
 *
 * A connection has a small buffer of its own and is read only while that is empty, so memory is bounded and a client
 * that does not read is waited for. Echo bytes come back in order and as soon as they arrive (TCP_NODELAY). */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { LISTEN_ECHO, LISTEN_DISCARD, LISTEN_SOURCE, ECHO, DISCARD, SOURCE, DATAGRAMS };

struct end {
    int fd;
    enum kind kind;
    int finished; /* the client has closed its side */
    size_t from, to;
    char buffer[65536];
};

static int poll_fd;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void watch(struct end *end, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = end};
    if (epoll_ctl(poll_fd, operation, end->fd, &event) != 0) fail("epoll_ctl");
}

static struct end *new_end(int fd, enum kind kind) {
    struct end *end = calloc(1, sizeof *end);
    if (end == NULL) return NULL;
    end->fd = fd;
    end->kind = kind;
    return end;
}

static void drop(struct end *end) {
    close(end->fd);
    free(end);
}

static void serve(enum kind kind, int type, int port) {
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (fd < 0) fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
    if (type == SOCK_STREAM && listen(fd, 128) != 0) fail("listen");
    struct end *end = new_end(fd, kind);
    if (end == NULL) fail("calloc");
    watch(end, EPOLLIN, EPOLL_CTL_ADD);
}

static void accept_on(struct end *listener) {
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK);
    int on = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct end *end = new_end(fd, ECHO + (listener->kind - LISTEN_ECHO));
    if (end == NULL) {
        close(fd);
        return;
    }
    if (end->kind == SOURCE) {
        end->to = sizeof end->buffer;
        for (size_t i = 0; i < end->to; i++) end->buffer[i] = ' ' + i % 95;
    }
    watch(end, end->kind == SOURCE ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
}

/* Sends what is buffered. Returns 0 when the connection is of no more use. */
static int flush(struct end *end) {
    while (end->from < end->to) {
        ssize_t sent = send(end->fd, end->buffer + end->from, end->to - end->from, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        end->from += sent;
    }
    return 1;
}

static void echo(struct end *end) {
    for (;;) {
        if (!flush(end)) { drop(end); return; }
        if (end->from < end->to) { watch(end, EPOLLOUT, EPOLL_CTL_MOD); return; }
        if (end->finished) { drop(end); return; }
        ssize_t got = recv(end->fd, end->buffer, sizeof end->buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) { watch(end, EPOLLIN, EPOLL_CTL_MOD); return; }
        if (got < 0) { drop(end); return; }
        end->finished = got == 0;
        end->from = 0;
        end->to = got;
    }
}

static void discard(struct end *end) {
    ssize_t got = recv(end->fd, end->buffer, sizeof end->buffer, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) drop(end);
}

static void source(struct end *end) {
    if (!flush(end)) { drop(end); return; }
    if (end->from == end->to) end->from = 0;
}

static void echo_datagrams(struct end *end) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(end->fd, end->buffer, sizeof end->buffer, 0, (struct sockaddr *)&from, &size);
    if (got >= 0) sendto(end->fd, end->buffer, got, MSG_DONTWAIT, (struct sockaddr *)&from, size);
}

int services_main(void) {
    poll_fd = epoll_create1(0);
    if (poll_fd < 0) fail("epoll_create1");
    serve(LISTEN_ECHO, SOCK_STREAM, 7);
    serve(LISTEN_DISCARD, SOCK_STREAM, 9);
    serve(LISTEN_SOURCE, SOCK_STREAM, 19);
    serve(DATAGRAMS, SOCK_DGRAM, 7);
    /* Into the background only now, so that whoever waited for this program finds the ports open. */
    if (daemon(0, 1) != 0) fail("daemon");
    for (;;) {
        /* One at a time: handling an event may free its connection, and no other event of it may be pending then. */
        struct epoll_event event;
        if (epoll_wait(poll_fd, &event, 1, -1) != 1) continue;
        struct end *end = event.data.ptr;
        switch (end->kind) {
            case LISTEN_ECHO:
            case LISTEN_DISCARD:
            case LISTEN_SOURCE: accept_on(end); break;
            case ECHO: echo(end); break;
            case DISCARD: discard(end); break;
            case SOURCE: source(end); break;
            case DATAGRAMS: echo_datagrams(end); break;
        }
    }
}
