package understudy.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.stream.Stream;

/// Ties C functions to method handles and keeps each thread's captured `errno`.
@SuppressWarnings("restricted") // launchers and tests pass --enable-native-access
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));

    /// One small segment a thread, freed by the garbage collector after the thread has ended.
    private static final ThreadLocal<MemorySegment> STATES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private Native() {}

    /// A function that sets `errno`; the handle's first parameter is [#state()].
    static MethodHandle function(String name, FunctionDescriptor signature, Linker.Option... options) {
        Linker.Option[] all = Stream.concat(Arrays.stream(options), Stream.of(Linker.Option.captureCallState("errno")))
                .toArray(Linker.Option[]::new);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), signature, all);
    }

    /// A function that does not set `errno`.
    static MethodHandle plain(String name, FunctionDescriptor signature) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), signature);
    }

    /// Where the calling thread's next call stores `errno`.
    static MemorySegment state() {
        return STATES.get();
    }

    /// The error number of the calling thread's last call; meaningful only if that call failed.
    static int errno() {
        return STATES.get().get(ValueLayout.JAVA_INT, ERRNO);
    }

    /// The failure of the calling thread's last call.
    static LinuxException failure(String what) {
        return new LinuxException(what, errno());
    }

    /// A downcall throws nothing by itself: whatever arrives here is a mistake in this module or a dying JVM.
    static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }
}
