package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.CONFLICT;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.INVALID;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.NOT_FOUND;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.format.StoreHeader;
import io.cowherd.mapping.format.UnsupportedStoreVersionException;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// Takes an existing file or block device into a pool, where it stays and keeps its content.
///
/// **Threading.** *Immutable.*
final class Adoption {
    private static final String NOT_A_STORE =
            "Name a COW store of this origin, or zero its first 4 KiB to make a new one there.";

    /// What LVM2 zeroes of a new COW store, and has to be zero here. The engine, as the kernel, looks at four bytes only; but
    /// a disk with a file system often starts with that many zeros, and whoever names the wrong one shall not lose it.
    private static final int ZEROED_BYTES = 4096;

    private Adoption() {}

    /// Checks what can be checked without opening it.
    ///
    /// @return the path with links resolved
    static Path check(Path path, DataDirectory directory)
            throws VolumeRefusedException, IOException {
        if (!Files.exists(path)) {
            throw new VolumeRefusedException(
                    NOT_FOUND,
                    "There is no " + path + " that the server can see.",
                    "Name a file or a block device of the server.");
        }
        Path real = path.toRealPath();
        if (real.startsWith(directory.path())) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    path + " lies in the data directory " + directory + " and is Cowherd's own.",
                    "Move it elsewhere first.");
        }
        if (Files.isRegularFile(real)) {
            checkLength(real, Files.size(real));
        }
        return real;
    }

    /// What lies behind the last whole sector could not be reached any more: better said now.
    private static void checkLength(Path path, long length) throws VolumeRefusedException {
        if (length % BlockDevice.SECTOR_BYTES != 0) {
            long next = Math.ceilDiv(length, BlockDevice.SECTOR_BYTES) * BlockDevice.SECTOR_BYTES;
            throw new VolumeRefusedException(
                    INVALID,
                    path + " has " + length + " bytes, which are not whole sectors of 512.",
                    "Lengthen it: truncate -s " + next + " " + path);
        }
    }

    /// Opens what [#check] has passed, for this pool alone.
    static Opened open(Path path, DeviceOpener devices) throws VolumeRefusedException, IOException {
        Opened opened;
        try {
            opened = devices.open(path);
        } catch (IOException e) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    path + " cannot be used: " + FileFault.describe(e) + ".",
                    "Name a file or block device that the server may read and write, and that nobody else uses.");
        }
        long size = opened.device().sizeBytes();
        if (size < BlockDevice.SECTOR_BYTES || size > Extents.MAX_BYTES) {
            opened.file().close();
            throw new VolumeRefusedException(
                    INVALID,
                    path + " has " + size + " bytes.",
                    "Name one of 512 bytes to " + Sizes.display(Extents.MAX_BYTES) + ".");
        }
        return opened;
    }

    /// Looks at what is to be a COW store, and refuses what is neither fresh nor a store.
    ///
    /// @return the chunk size that will be in force, in bytes: the header's, if there is one
    static int checkCow(Path path, BlockDevice device, SnapshotRequest request)
            throws VolumeRefusedException, IOException {
        var first = ByteBuffer.allocate((int) Math.min(ZEROED_BYTES, device.sizeBytes()));
        device.read(0, first);
        first.flip();
        if (isZero(first)) {
            Sizes.checkChunk(request.chunkSizeBytes());
            Sizes.checkMinimum(device.sizeBytes(), request.chunkSizeBytes());
            return request.chunkSizeBytes();
        }
        StoreHeader header;
        try {
            if (StoreHeader.isFresh(first)) {
                throw new CorruptStoreException(
                        path.toString(), "data in its first 4 KiB", "zeros only, or a header");
            }
            header = StoreHeader.decode(first, path.toString());
        } catch (CorruptStoreException | UnsupportedStoreVersionException e) {
            throw refusal(path.toString(), e);
        }
        if (request.store() == StoreKind.N) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    path + " is a persistent COW store; a transient one would overwrite it.",
                    "Zero its first 4 KiB if its content is not needed, or choose store P.");
        }
        if (!header.valid()) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    path + " holds a snapshot that is marked invalid.",
                    "Zero its first 4 KiB to make a new one there.");
        }
        return chunkBytes(path, header);
    }

    private static boolean isZero(ByteBuffer bytes) {
        return bytes.mismatch(ByteBuffer.allocate(bytes.remaining())) < 0;
    }

    private static int chunkBytes(Path path, StoreHeader header) throws VolumeRefusedException {
        long bytes = header.chunkSectors() * BlockDevice.SECTOR_BYTES;
        if (bytes < BlockDevice.SECTOR_BYTES || bytes > CatalogFormat.MAX_CHUNK_BYTES) {
            throw new VolumeRefusedException(
                    INVALID,
                    path + " has a header with chunks of " + header.chunkSectors() + " sectors.",
                    NOT_A_STORE);
        }
        return (int) bytes;
    }

    /// A COW store that cannot be used, as an answer to whoever named it.
    static VolumeRefusedException refusal(String what, IOException cause) {
        return new VolumeRefusedException(
                INVALID,
                what + " cannot be the COW store: " + cause.getMessage() + ".",
                NOT_A_STORE);
    }
}
