package io.cowherd.management;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.cowherd.config.LvmSize;
import io.cowherd.mapping.volume.SnapshotRequest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What requests on volumes may carry in their bodies.
final class VolumeRequests {
    private VolumeRequests() {}

    /// A size in a body: a number of bytes, or a text in LVM2's letters that has a unit.
    record Size(LvmSize size) {
        @JsonCreator(mode = JsonCreator.Mode.DISABLED) // no object of ours has this form
        Size {}

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Size ofBytes(long bytes) {
            return new Size(new LvmSize(bytes, false));
        }

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Size ofText(String text) {
            return new Size(LvmSize.parse(text));
        }

        /// The size, which must not be relative here.
        long absoluteBytes(String field) throws RequestRefusedException {
            if (size.relative()) {
                throw refused(field + " is relative (+), and there is nothing to add it to.", "");
            }
            return size.bytes();
        }
    }

    /// Which node is to serve a family.
    record Move(@Nullable String node) {}

    /// An existing file or device in a body: an absolute path on the server.
    record ServerPath(Path path) {
        @JsonCreator(mode = JsonCreator.Mode.DISABLED) // no object of ours has this form
        ServerPath {}

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static ServerPath of(String text) {
            try {
                Path path = Path.of(text);
                if (!path.isAbsolute()) {
                    throw new IllegalArgumentException(
                            "\"" + text + "\" is not absolute: the server's folder is not yours.");
                }
                return new ServerPath(path);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("not a path: " + e.getReason(), e);
            }
        }
    }

    /// Body of `POST /v1/volumes`: exactly one of `lvSize` and `device`.
    record Create(
            @Nullable String vgName,
            @Nullable String lvName,
            @Nullable Size lvSize,
            @Nullable ServerPath device,
            @Nullable Size blockSize,
            @Nullable Size physicalBlockSize) {}

    /// Body of `POST …/snapshots`.
    record Snapshot(
            @Nullable String lvName,
            @Nullable Size lvSize,
            @Nullable Size chunkSize,
            SnapshotRequest.@Nullable StoreKind store,
            @Nullable Boolean readOnly,
            @Nullable ServerPath cowDevice) {}

    /// Body of `POST …:fork`.
    record Fork(@Nullable String lvName, @Nullable Size chunkSize, @Nullable Boolean readOnly) {}

    /// Body of `POST …:extend`.
    record Extend(@Nullable Size lvSize) {}

    /// Body of `POST …:rename`.
    record Rename(@Nullable String lvName) {}

    static RequestRefusedException refused(String cause, String correction) {
        return new RequestRefusedException(Problem.invalid(cause, correction));
    }

    static <T> T required(@Nullable T value, String field, String example)
            throws RequestRefusedException {
        if (value == null) {
            throw refused("\"" + field + "\" is missing.", "Add it, for example " + example + ".");
        }
        return value;
    }
}
