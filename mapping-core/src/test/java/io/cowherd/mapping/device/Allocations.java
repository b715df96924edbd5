package io.cowherd.mapping.device;

import java.lang.reflect.Method;

/// What a thread has allocated.
public final class Allocations {
    private Allocations() {}

    /// Bytes since this thread began. By reflection, because the module under test does not read `jdk.management`.
    public static long ofThisThread() {
        try {
            Object threads =
                    Class.forName("java.lang.management.ManagementFactory")
                            .getMethod("getThreadMXBean")
                            .invoke(null);
            Method allocated =
                    Class.forName("com.sun.management.ThreadMXBean")
                            .getMethod("getCurrentThreadAllocatedBytes");
            return (long) allocated.invoke(threads);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no ThreadMXBean", e);
        }
    }
}
