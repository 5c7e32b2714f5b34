/// System calls through `java.lang.foreign`, for x86-64 Linux with glibc.
///
/// Every call captures `errno` and fails with a [LinuxException] that says which call on which thing failed.
/// Structures are laid out by hand; their sizes are asserted when [Structs] loads, against the sizes that the
/// kernel encodes in its ioctl numbers where there are such. Objects that own a descriptor or a mapping are
/// closed once, by whoever made them, when no other thread is inside one of their methods any more: a
/// descriptor number is reused by the kernel at once.
///
/// Calls that wait (`await…`) hold their carrier thread: make them on platform threads.
@NullMarked
package understudy.linux;

import org.jspecify.annotations.NullMarked;
