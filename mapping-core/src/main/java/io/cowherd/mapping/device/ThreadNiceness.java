package io.cowherd.mapping.device;

/// Has a thread step back behind others that want a processor, without taking one from anybody who does not.
///
/// **Threading.** *Immutable.* Each thread speaks for itself.
public final class ThreadNiceness {
    // uapi/linux/resource.h. That 0 means the calling thread, not its process, is Linux's way
    // (setpriority(2), NOTES).
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;

    private ThreadNiceness() {}

    /// Gives the calling thread a niceness. Only a privileged process may lower it again.
    ///
    /// @param nice 0 to 19; each step is about a tenth less of a processor that others want as well
    /// @return false if it stays as it was: another system than Linux, or not permitted
    public static boolean set(int nice) {
        LinuxCalls calls = LinuxCalls.INSTANCE;
        return calls != null
                && calls.setpriority(LinuxCalls.allocateState(), PRIO_PROCESS, CALLING_THREAD, nice)
                        == 0;
    }
}
