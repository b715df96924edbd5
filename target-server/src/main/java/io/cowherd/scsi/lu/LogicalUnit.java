package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.cdb.SupportedOperations;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A disk: a block device with an identity that executes commands.
///
/// The life of a command here:
///
/// 1. [#refuses] judges it before any data moves: range, limits, write protection, pages we do not have.
/// 2. [#executeNow] executes it on an event loop, if it can without waiting.
/// 3. [#executeBlocking] executes it otherwise, on a thread that may wait.
///
/// **Threading.** *Thread-safe*: commands run at the same time from any threads; COMPARE AND WRITE and ORWRITE are atomic
/// against everything that overlaps ([RangeGate]).
public final class LogicalUnit {
    /// Most bytes that an event loop copies in one go: about 30 µs.
    static final int LOOP_TRANSFER_BYTES = 256 << 10;

    private static final Outcome UNIT_READY = Outcome.DONE;

    // Immutable
    private final HostDevice device;
    private final RangeGate gate;
    private final Sanitizer sanitizer;
    private final Visitors visitors = new Visitors();
    private final Identity identity;
    private final Settings settings;
    private final Provisioning provisioning;
    private final int blockBytes;
    private final BlockLimits limits;
    private final StorageFailures failures;
    private final BlockCommands blockCommands;
    private final SpaceCommands spaceCommands;

    // Any thread
    private final ModePages modes = new ModePages(this);
    private volatile Consumer<UnitAttention> attention = _ -> {};

    /// May hosts write?
    public enum Access {
        /// Yes.
        READ_WRITE,
        /// No: WRITE PROTECTED, 7/27/00.
        READ_ONLY
    }

    /// When is a write durable?
    public enum WriteCache {
        /// WCE=1: when FUA or SYNCHRONIZE CACHE asks for it. The cache is the page cache: it survives the process.
        VOLATILE,
        /// WCE=0: always, before GOOD.
        NONE
    }

    /// What is said about physical blocks: advice, by which hosts align what they write.
    public enum PhysicalBlocks {
        /// A logical block is a physical one: *512n* or *4Kn*.
        AS_LOGICAL,
        /// A physical block is 4 KiB, or a logical one if that is larger: *512e*. libiscsi's GetLBAStatus.UnmapSingle
        /// fails with it: it asks about block n + 1 and expects an answer about the physical block behind n.
        AT_LEAST_4_KIB
    }

    /// How a logical unit behaves.
    ///
    /// @param access whether hosts may write, asked for each command: it may change; on any thread, must not block
    /// @param writeCache when writes are durable
    /// @param maxTransferBytes largest READ or WRITE, at least one logical block
    /// @param physicalBlocks what is said about physical blocks
    /// @param sanitizeMark remembers a SANITIZE that has begun
    public record Settings(
            Supplier<Access> access,
            WriteCache writeCache,
            int maxTransferBytes,
            PhysicalBlocks physicalBlocks,
            SanitizeMark sanitizeMark) {
        /// With an access that stays, and physical blocks as logical ones.
        public Settings(Access access, WriteCache writeCache, int maxTransferBytes) {
            this(() -> access, writeCache, maxTransferBytes, PhysicalBlocks.AS_LOGICAL);
        }

        /// That remembers no SANITIZE.
        public Settings(
                Supplier<Access> access,
                WriteCache writeCache,
                int maxTransferBytes,
                PhysicalBlocks physicalBlocks) {
            this(access, writeCache, maxTransferBytes, physicalBlocks, SanitizeMark.NONE);
        }
    }

    /// Shows a device as a disk. The device stays the caller's: it is closed after the logical unit was removed everywhere.
    ///
    /// @throws IllegalArgumentException if the device is smaller than one of its blocks
    public LogicalUnit(BlockDevice device, Identity identity, Settings settings) {
        this(device, identity, settings, Provisioning.UNKNOWN);
    }

    /// The same, of which it is known what room it has.
    public LogicalUnit(
            BlockDevice device, Identity identity, Settings settings, Provisioning provisioning) {
        this.provisioning = provisioning;
        this.identity = identity;
        this.settings = settings;
        this.blockBytes = device.logicalBlockBytes();
        if (device.sizeBytes() < blockBytes || settings.maxTransferBytes() < blockBytes) {
            throw new IllegalArgumentException(
                    "%s has %d bytes and transfers of %d, less than one block of %d."
                            .formatted(
                                    identity.name(),
                                    device.sizeBytes(),
                                    settings.maxTransferBytes(),
                                    blockBytes));
        }
        this.limits = new BlockLimits(blockBytes, settings.maxTransferBytes() / blockBytes);
        this.failures = new StorageFailures(identity.name(), System::nanoTime);
        this.gate = RangeGate.of(device);
        this.sanitizer = new Sanitizer(identity.name(), device, gate, settings.sanitizeMark());
        this.device = new HostDevice(device, sanitizer::shut);
        this.blockCommands = new BlockCommands(this.device, gate, blockBytes, writeCache());
        this.spaceCommands = new SpaceCommands(this.device, gate, limits, writeMode());
    }

    /// Who it is.
    public Identity identity() {
        return identity;
    }

    /// Bytes of a logical block.
    public int blockBytes() {
        return blockBytes;
    }

    /// Present capacity in logical blocks.
    public long blocks() {
        return device.sizeBytes() / blockBytes;
    }

    /// D_SENSE of the control mode page: sense goes out in descriptor format.
    public boolean descriptorSense() {
        return modes.descriptorSense();
    }

    /// True if neither what it is nor SWP forbids writing.
    public boolean isWritable() {
        return !isReadOnly() && !modes.softwareWriteProtect();
    }

    private boolean isReadOnly() {
        return settings.access().get() == Access.READ_ONLY;
    }

    boolean writeCache() {
        return settings.writeCache() == WriteCache.VOLATILE;
    }

    BlockLimits limits() {
        return limits;
    }

    HostDevice device() {
        return device;
    }

    Visitors visitors() {
        return visitors;
    }

    RangeGate gate() {
        return gate;
    }

    WriteMode writeMode() {
        return writeCache() ? WriteMode.CACHED : WriteMode.DURABLE;
    }

    /// Tells hosts that the device has a new size. To be called after it has.
    public void resized() {
        establish(UnitAttention.CAPACITY_CHANGED);
    }

    /// Tells hosts that something has happened, by a unit attention on every nexus.
    public void establish(UnitAttention unitAttention) {
        attention.accept(unitAttention);
    }

    /// Who carries unit attentions to the nexuses: the target that shows this logical unit. One, the last to say so.
    public void onAttention(Consumer<UnitAttention> carrier) {
        attention = carrier;
    }

    /// What a logical unit reset does here: mode parameters go back to their defaults.
    public void reset() {
        modes.reset();
    }

    // -- 1. judge --

    /// Stops what goes on here besides its tasks, because the logical unit goes: a SANITIZE, and third-party copies of others.
    ///
    /// @return completes when they do not use the device any more
    public CompletionStage<@Nullable Void> retire() {
        CompletionStage<@Nullable Void> left = visitors.close();
        return sanitizer.stop().thenCompose(_ -> left);
    }

    /// Somebody's rights have been taken away: waits for third-party copies, of whatever target, that may use this logical unit
    /// no more. They end with their present piece.
    ///
    /// @return completes when none of them touches the device any more; on any thread, maybe at once
    public CompletionStage<Void> shutOut() {
        return visitors.shutOut();
    }

    /// Why the command cannot be executed, or null. Looks at nothing but the command and the present state.
    public @Nullable Sense refuses(Cdb cdb) {
        Sense shut = sanitizer.refuses(cdb);
        if (shut != null) {
            return shut;
        }
        if (cdb instanceof Cdb.Changing && !isWritable()) {
            return isReadOnly() ? Sense.WRITE_PROTECTED : Sense.SOFTWARE_WRITE_PROTECTED;
        }
        return switch (cdb) {
            case Cdb.Refused(Sense sense) -> sense;
            case Cdb.OnBlocks range -> refusesRange(range);
            case Cdb.GetLbaStatus(long lba, _) ->
                    Long.compareUnsigned(lba, blocks()) < 0 ? null : outOfRange(lba);
            case Cdb.ReportOperations report -> SupportedOperations.refuses(report);
            case Cdb.Sanitize sanitize -> refusesList(sanitize);
            case Cdb.LogSense log -> LogPages.refuses(log);
            case Cdb.VitalProductData(int page, _) ->
                    InquiryData.hasPage(page) ? null : Sense.invalidField(2);
            case Cdb.ModeSense sense ->
                    ModePages.hasPage(sense.page(), sense.subpage()) ? null : Sense.invalidField(2);
            default -> null; // nothing about the others depends on us
        };
    }

    /// A pattern has at least one byte, and at most a block.
    private @Nullable Sense refusesList(Cdb.Sanitize cdb) {
        int patternBytes = cdb.listBytes() - OverwriteList.HEADER_BYTES;
        boolean wrong =
                cdb.action() == Cdb.SanitizeAction.OVERWRITE
                        && (patternBytes < 1 || patternBytes > blockBytes);
        return wrong ? Sense.invalidField(7) : null;
    }

    private @Nullable Sense refusesRange(Cdb.OnBlocks range) {
        long capacity = blocks();
        if (Long.compareUnsigned(range.lba(), capacity) > 0) {
            return outOfRange(range.lba());
        }
        if (range.blocks() > capacity - range.lba()) {
            return outOfRange(capacity);
        }
        boolean withinLimit =
                switch (range) {
                    case Cdb.Read _,
                            Cdb.Write _,
                            Cdb.WriteAndVerify _,
                            Cdb.Verify _,
                            Cdb.OrWrite _ ->
                            range.blocks() <= limits.maxTransferBlocks();
                    case Cdb.CompareAndWrite _ ->
                            range.blocks() <= BlockLimits.MAX_COMPARE_AND_WRITE_BLOCKS;
                    case Cdb.WriteSame _ ->
                            range.blocks() > 0 && range.blocks() <= limits.maxWriteSameBlocks();
                    case Cdb.PreFetch _, Cdb.SynchronizeCache _ -> true;
                };
        return withinLimit ? null : Sense.INVALID_FIELD;
    }

    /// Points at the first block that is not there, if that can be said.
    private static Sense outOfRange(long lba) {
        return lba < 0 ? Sense.LBA_OUT_OF_RANGE : Sense.LBA_OUT_OF_RANGE.withInformation(lba);
    }

    // -- 2. execute without waiting --

    /// Executes a command that was not refused, if that needs no waiting. For event loops.
    ///
    /// @param dataOut what was received; borrowed
    /// @param dataIn room for data to send, filled from its position on; borrowed
    /// @param port where the command came in
    /// @return null if it has to wait: nothing has happened, and the buffers are as they were
    public @Nullable Outcome executeNow(
            Cdb cdb, ByteBuffer dataOut, ByteBuffer dataIn, TargetPort port) {
        try {
            return switch (cdb) {
                case Cdb.Read read -> blockCommands.tryRead(read, dataIn);
                case Cdb.Write write -> blockCommands.tryWrite(write, dataOut);
                case Cdb.TestUnitReady _,
                        Cdb.PreventAllow _,
                        Cdb.PreFetch _,
                        Cdb.SendDiagnostic _,
                        Cdb.ReassignBlocks _ ->
                        UNIT_READY;
                case Cdb.StartStop(boolean flushes, _) -> flushes ? null : Outcome.DONE;
                case Cdb.ModeSelect select -> modes.select(select, dataOut);
                case Cdb.Refused(Sense sense) -> new Outcome.CheckCondition(sense);
                default -> {
                    ByteBuffer answer = describe(cdb, port);
                    yield answer == null ? null : send(answer, cdb.dataInBytes(blockBytes), dataIn);
                }
            };
        } catch (IOException e) {
            return new Outcome.CheckCondition(senseOf(e, cdb));
        } catch (RuntimeException | Error e) {
            return new Outcome.CheckCondition(failures.senseOfBug(e, cdb)); // as below
        }
    }

    /// The answer to a command that asks what we are, or null if that is not what it asks.
    private @Nullable ByteBuffer describe(Cdb cdb, TargetPort port) {
        return switch (cdb) {
            case Cdb.StandardInquiry _ -> InquiryData.standard();
            case Cdb.VitalProductData(int page, _) -> InquiryData.page(page, this, port);
            case Cdb.ModeSense sense -> modes.sense(sense);
            case Cdb.RequestSense(boolean descriptor, _) -> present().encode(descriptor);
            case Cdb.ReadCapacity10 _ -> capacity10();
            case Cdb.ReadCapacity16 _ -> capacity16();
            case Cdb.ReadDefectData defects -> Reports.noDefects(defects);
            case Cdb.LogSense log ->
                    log.page() == LogPages.PROVISIONING ? null : LogPages.sense(log);
            case Cdb.ReportIdentifyingInformation _ -> Reports.noIdentifyingInformation();
            case Cdb.ReportTimestamp _ -> Reports.timestamp(InstantSource.system().millis());
            case Cdb.ReportOperations report -> SupportedOperations.encode(report);
            case Cdb.ReportTaskManagement(boolean extended, _) -> Reports.taskManagement(extended);
            default -> null;
        };
    }

    /// What there is to say without being asked for anything else.
    private Sense present() {
        Sense shut = sanitizer.shut();
        return shut == null ? Sense.NONE : shut;
    }

    /// Puts as much of an answer into `dataIn` as was allocated and there is room for.
    public static Outcome send(ByteBuffer answer, long allocationBytes, ByteBuffer dataIn) {
        int length = (int) Math.min(answer.remaining(), allocationBytes);
        answer.limit(answer.position() + Math.min(length, dataIn.remaining()));
        dataIn.put(answer);
        return new Outcome.Good(length);
    }

    private ByteBuffer capacity10() {
        long last = blocks() - 1;
        return ByteBuffer.allocate(8)
                .putInt((int) Math.min(last, 0xFFFF_FFFFL))
                .putInt(blockBytes)
                .flip();
    }

    /// LOGICAL BLOCKS PER PHYSICAL BLOCK EXPONENT.
    private int physicalExponent() {
        return switch (settings.physicalBlocks()) {
            case AS_LOGICAL -> 0;
            case AT_LEAST_4_KIB -> Integer.numberOfTrailingZeros(Math.max(1, 4096 / blockBytes));
        };
    }

    /// LBPME and LBPRZ: unmapped blocks exist, and read as zeros.
    private ByteBuffer capacity16() {
        return ByteBuffer.allocate(32)
                .putLong(0, blocks() - 1)
                .putInt(8, blockBytes)
                .put(13, (byte) physicalExponent())
                .put(14, (byte) 0xC0);
    }

    // -- 3. execute, waiting --

    /// Executes a command that [#executeNow] left. For threads that may block and are never interrupted.
    ///
    /// @param stopped true once nobody waits for the command any more; looked at between pieces
    public Outcome executeBlocking(
            Cdb cdb, ByteBuffer dataOut, ByteBuffer dataIn, BooleanSupplier stopped) {
        return attempt(cdb, () -> execute(cdb, dataOut, dataIn, stopped));
    }

    private Outcome execute(Cdb cdb, ByteBuffer dataOut, ByteBuffer dataIn, BooleanSupplier stopped)
            throws IOException {
        return switch (cdb) {
            case Cdb.Read read -> blockCommands.read(read, dataIn);
            case Cdb.Write write -> blockCommands.write(write, dataOut);
            case Cdb.WriteAndVerify write -> blockCommands.writeAndVerify(write, dataOut);
            case Cdb.Verify verify -> blockCommands.verify(verify, dataOut, stopped);
            case Cdb.CompareAndWrite compare -> blockCommands.compareAndWrite(compare, dataOut);
            case Cdb.OrWrite or -> blockCommands.orWrite(or, dataOut);
            case Cdb.SynchronizeCache _, Cdb.StartStop _ -> blockCommands.flush();
            case Cdb.Unmap _ -> spaceCommands.unmap(dataOut, blocks(), stopped);
            case Cdb.WriteSame same -> spaceCommands.writeSame(same, dataOut, stopped);
            case Cdb.Sanitize sanitize -> sanitizer.execute(sanitize, dataOut, blockBytes, stopped);
            case Cdb.GetLbaStatus status -> spaceCommands.status(status, blocks(), dataIn);
            case Cdb.LogSense(_, _, int pointer, long allocationBytes) ->
                    send(
                            LogPages.provisioning(pointer, provisioning.room()),
                            allocationBytes,
                            dataIn);
            default -> throw new AssertionError(cdb + " does not wait for storage.");
        };
    }

    /// What a command does that may fail.
    public interface Work {
        /// Does it.
        Outcome run() throws IOException;
    }

    /// Does what a command does, and turns what goes wrong into sense.
    public Outcome attempt(Cdb cdb, Work work) {
        try {
            return work.run();
        } catch (IOException e) {
            return new Outcome.CheckCondition(senseOf(e, cdb));
        } catch (RuntimeException | Error e) {
            // The outermost loop of a command: what is broken is this logical unit, not the server.
            return new Outcome.CheckCondition(failures.senseOfBug(e, cdb));
        }
    }

    /// A change that failed because the device has become read-only since it was judged is told so.
    private Sense senseOf(IOException cause, Cdb cdb) {
        Sense sense = failures.senseOf(cause, cdb);
        return cdb instanceof Cdb.Changing && isReadOnly() ? Sense.WRITE_PROTECTED : sense;
    }

    /// A third-party copy could not read here, or not write: the true cause is logged, the host learns that much.
    Sense copyFailed(IOException cause) {
        Sense _ = failures.senseOf(cause, new Cdb.ExtendedCopy(0));
        return Sense.COPY_DEVICE_FAILURE;
    }

    @Override
    public String toString() {
        return identity.name();
    }
}
