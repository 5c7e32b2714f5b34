// Preloaded into QEMU (LD_PRELOAD): opens a userfaultfd for QEMU's own address space at a fixed descriptor number,
// where the checkpoint engine fetches it with pidfd_getfd(2). A userfaultfd always belongs to the address space that
// opened it, so no other process can do this for QEMU. Nothing else is changed; a failure is told on stderr only, and
// the engine reports the missing descriptor.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACKER_FD 99 // UserfaultShim.TRACKER_FD

__attribute__((constructor)) static void open_userfaultfd(void) {
    if (fcntl(TRACKER_FD, F_GETFD) != -1) {
        dprintf(2, "understudy: descriptor %d is taken; memory writes cannot be tracked\n", TRACKER_FD);
        return;
    }
    int fd = syscall(SYS_userfaultfd, O_NONBLOCK | O_CLOEXEC);
    // Close-on-exec: children of QEMU run this constructor for themselves.
    if (fd < 0 || (fd != TRACKER_FD && dup3(fd, TRACKER_FD, O_CLOEXEC) < 0)) {
        dprintf(2, "understudy: userfaultfd: %s; memory writes cannot be tracked\n", strerror(errno));
    }
    if (fd >= 0 && fd != TRACKER_FD) {
        close(fd);
    }
}
