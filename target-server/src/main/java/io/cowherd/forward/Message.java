package io.cowherd.forward;

import io.cowherd.config.access.LunRights;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.TaskManagement;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What nodes say to each other about one nexus. [Frame] has the bytes.
///
/// | message    | from   | when                                                            | tag      |
/// |------------|--------|-----------------------------------------------------------------|----------|
/// | Hello      | both   | first; the caller begins                                        |          |
/// | Proof      | both   | second; the caller begins                                       |          |
/// | Open       | caller | once, after the owner's proof                                   |          |
/// | Opened     | owner  | answers it, when no task of a former nexus of these ports is left |        |
/// | Refused    | owner  | answers it; then closes                                         |          |
/// | Facts      | owner  | whenever they have changed                                      |          |
/// | Begin      | caller | a command was taken in                                          | command  |
/// | Execute    | caller | its data is there, and follows                                  | command  |
/// | Data       | both   | a part of it, in order                                          | command  |
/// | Abort      | caller | stop it; answered by Status if Execute was sent                 | command  |
/// | Status     | owner  | ends a command for which Execute was sent                       | command  |
/// | NotBegun   | owner  | the owner is leaving: the command was not executed, nor will be | command  |
/// | Manage     | caller | task management                                                 | function |
/// | Managed    | owner  | ends it                                                         | function |
/// | Show       | caller | the host's rights                                               |          |
/// | Attention  | owner  | something asks for the host's attention                         |          |
/// | Close      | caller | ends the nexus                                                  |          |
/// | Gone       | owner  | the nexus has ended, and none of its tasks is left; then closes |          |
/// | KeepAlive  | both   | now and then                                                    |          |
///
/// Execute, Data and Abort of a tag that the owner does not know, and Data and Status of one that the caller does not know, are
/// ignored: they have crossed with what ended the command.
///
/// **Threading.** *Immutable*; `sense` is ready to read and not to be written.
sealed interface Message {
    /// The protocol's version that the sender speaks.
    record Hello(int version, Bytes32 nonce) implements Message {}

    /// [ClusterSecret#proof].
    record Proof(Bytes32 code) implements Message {}

    /// Opens the nexus of these ports.
    ///
    /// @param leastEpoch the caller has heard of it: an owner of an older one is none any more
    /// @param again the host had a nexus of these ports before, and is to hear that the path has changed
    /// @param shown as [Show]; null if nothing was said yet
    record Open(
            String target,
            String initiatorPort,
            int relativePort,
            long leastEpoch,
            boolean again,
            @Nullable Show shown)
            implements Message {}

    /// The nexus is open, and everything that a former one of these ports has executed has ended.
    record Opened(long epoch, LunFacts facts) implements Message {}

    /// It is not, and why.
    record Refused(Reason reason) implements Message {}

    /// See [LunFacts].
    record Facts(LunFacts facts) implements Message {}

    /// [io.cowherd.scsi.Nexus#begin].
    ///
    /// @param cdbHead bytes 0 to 7
    /// @param cdbTail bytes 8 to 15
    record Begin(long lun, long cdbHead, long cdbTail, TaskAttribute attribute)
            implements Message {}

    /// [io.cowherd.scsi.Task#execute]; `sentBytes` of data follow. If the owner's task wants or may send more than the caller
    /// has told the host, it is not executed but ends with BUSY: its data is not what the command means.
    ///
    /// @param announcedBytes [io.cowherd.scsi.Task#announced], or [#NOT_ANNOUNCED]
    /// @param dataOutBytes what the caller has told the host
    /// @param dataInBytes what the caller has told the host
    /// @param sentBytes at most `dataOutBytes`
    /// @param roomBytes at most `dataInBytes`
    record Execute(
            long announcedBytes, int dataOutBytes, int dataInBytes, int sentBytes, int roomBytes)
            implements Message {}

    /// Bytes follow in the frame.
    record Data() implements Message {}

    /// [io.cowherd.scsi.Task#abort].
    record Abort() implements Message {}

    /// The end of a task.
    ///
    /// @param ending how it ended
    /// @param dataInBytes [io.cowherd.scsi.Task#dataInLength]
    /// @param sentBytes bytes of Data that the owner has sent for it
    record Status(byte status, Ending ending, int dataInBytes, int sentBytes, ByteBuffer sense)
            implements Message {}

    /// The caller may begin it again at the next owner.
    record NotBegun() implements Message {}

    /// [io.cowherd.scsi.Nexus#manage].
    record Manage(TaskManagement function, long lun) implements Message {}

    /// Its end.
    record Managed(TaskManagement.Response response) implements Message {}

    /// [io.cowherd.scsi.Nexus#show].
    record Show(@Nullable Host host, LunRights rights) implements Message {}

    /// [io.cowherd.scsi.Nexus#onAttention].
    record Attention() implements Message {}

    /// [io.cowherd.scsi.Nexus#close].
    record Close() implements Message {}

    /// Its end, or the owner's own wish.
    ///
    /// @param lastTag of the last Begin that the owner has seen, or 0: later ones were not begun
    record Gone(int lastTag) implements Message {}

    /// Nothing to say, but alive.
    record KeepAlive() implements Message {}

    /// Nobody has announced another length.
    long NOT_ANNOUNCED = -1;

    /// Why a nexus is not opened.
    enum Reason {
        /// This node does not own the target, or not any more.
        NOT_HERE,
        /// Something was wrong with the request.
        NOT_UNDERSTOOD
    }

    /// How a task has ended.
    enum Ending {
        /// With its status.
        COMPLETED,
        /// Aborted, and nobody is answered.
        ABORTED,
        /// Aborted by somebody else, which the host is told.
        ABORTED_BY_OTHERS;

        static Ending of(Task task) {
            if (!task.aborted()) {
                return COMPLETED;
            }
            return task.respondsThoughAborted() ? ABORTED_BY_OTHERS : ABORTED;
        }
    }
}
