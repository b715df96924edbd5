package io.cowherd.mapping.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The system calls that [LinuxFile] and [ThreadNiceness] make, through `java.lang.foreign`. The only native code there is.
///
/// The JVM asks for `--enable-native-access=io.cowherd.mapping` on the module path, `=ALL-UNNAMED` on the class path.
/// Where the calls cannot be had (another system, a 32-bit one, an old C library, access denied) [#INSTANCE] is null and
/// every device works without them, more slowly.
///
/// A record, because the JIT compiler takes the components of a record in a static final field for constants: a
/// call costs what it costs in C. Pointers travel as `long`, so that none needs an object.
///
/// **Threading.** *Immutable.* Each call gets the thread's own memory for `errno`.
record LinuxCalls(
        MethodHandle openHandle,
        MethodHandle closeHandle,
        MethodHandle preadv2Handle,
        MethodHandle pwritev2Handle,
        MethodHandle fallocateHandle,
        MethodHandle lseekHandle,
        MethodHandle ioctlHandle,
        MethodHandle fcntlHandle,
        MethodHandle getrusageHandle,
        MethodHandle setpriorityHandle,
        MethodHandle strerrorHandle) {

    /// Those whose constants and structures are the generic ones that [LinuxFile] names.
    private static final Set<String> ARCHITECTURES =
            Set.of("amd64", "x86_64", "aarch64", "riscv64");

    private static final int LONGEST_ERROR_TEXT = 256;
    private static final StructLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /// The calls, or null where there are none.
    static final @Nullable LinuxCalls INSTANCE = load();

    private static @Nullable LinuxCalls load() {
        boolean known =
                "Linux".equals(System.getProperty("os.name"))
                        && ARCHITECTURES.contains(
                                System.getProperty("os.arch", "").toLowerCase(Locale.ROOT));
        if (!known) {
            return null;
        }
        try {
            return bind();
        } catch (NoSuchElementException
                | UnsupportedOperationException
                | IllegalCallerException
                | LinkageError _) {
            return null; // an old C library, or no native access: the pure way works as well
        }
    }

    @SuppressWarnings("restricted") // this class is the one that native access is enabled for
    private static LinuxCalls bind() {
        var linker = Linker.nativeLinker();
        var vectorIo =
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
        return new LinuxCalls(
                bindVariadic("open", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT)),
                bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
                bind("preadv2", vectorIo),
                bind("pwritev2", vectorIo),
                bind(
                        "fallocate",
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG)),
                bind("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT)),
                bindVariadic(
                        "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG)),
                bindVariadic(
                        "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG)),
                bind("getrusage", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG)),
                bind("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)),
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("strerror"),
                        FunctionDescriptor.of(ADDRESS, JAVA_INT)));
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        return bind(name, descriptor, Linker.Option.captureCallState("errno"));
    }

    /// All three that we use name two parameters.
    private static MethodHandle bindVariadic(String name, FunctionDescriptor descriptor) {
        return bind(
                name,
                descriptor,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(2));
    }

    @SuppressWarnings("restricted") // this class is the one that native access is enabled for
    private static MethodHandle bind(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        var linker = Linker.nativeLinker();
        var address = linker.defaultLookup().findOrThrow(name);
        return linker.downcallHandle(address, descriptor, options);
    }

    /// Memory for one thread's `errno`; freed when unreachable.
    static MemorySegment allocateState() {
        return Arena.ofAuto().allocate(STATE_LAYOUT);
    }

    int open(MemorySegment state, long path, int flags) {
        try {
            int result = (int) openHandle.invokeExact(state, path, flags);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int close(MemorySegment state, int fd) {
        try {
            int result = (int) closeHandle.invokeExact(state, fd);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    long preadv2(MemorySegment state, int fd, long iovec, long offsetBytes, int flags) {
        try {
            long result = (long) preadv2Handle.invokeExact(state, fd, iovec, 1, offsetBytes, flags);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    long pwritev2(MemorySegment state, int fd, long iovec, long offsetBytes, int flags) {
        try {
            long result =
                    (long) pwritev2Handle.invokeExact(state, fd, iovec, 1, offsetBytes, flags);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int fallocate(MemorySegment state, int fd, int mode, long offsetBytes, long lengthBytes) {
        try {
            int result =
                    (int) fallocateHandle.invokeExact(state, fd, mode, offsetBytes, lengthBytes);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    long lseek(MemorySegment state, int fd, long offsetBytes, int whence) {
        try {
            long result = (long) lseekHandle.invokeExact(state, fd, offsetBytes, whence);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int ioctl(MemorySegment state, int fd, long request, long argument) {
        try {
            int result = (int) ioctlHandle.invokeExact(state, fd, request, argument);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int fcntl(MemorySegment state, int fd, int command, long argument) {
        try {
            int result = (int) fcntlHandle.invokeExact(state, fd, command, argument);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int getrusage(MemorySegment state, int who, long usage) {
        try {
            int result = (int) getrusageHandle.invokeExact(state, who, usage);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int setpriority(MemorySegment state, int which, int who, int nice) {
        try {
            int result = (int) setpriorityHandle.invokeExact(state, which, who, nice);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @SuppressWarnings("restricted") // the C library's own string, read up to its terminator
    String strerror(int errno) {
        try {
            var text = (MemorySegment) strerrorHandle.invokeExact(errno);
            return text.reinterpret(LONGEST_ERROR_TEXT).getString(0);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /// A downcall itself throws nothing but what is wrong with us, or the JVM.
    private static Error broken(Throwable e) {
        return e instanceof Error error ? error : new AssertionError("system call", e);
    }
}
