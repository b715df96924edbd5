package io.cowherd.system;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// One virtio-serial port on which the guest's `init` serves one script at a time.
///
/// A request is the line `ID SECONDS BASE64`, the answer the line `ID STATUS LENGTH` and LENGTH bytes of output.
///
/// **Threading.** One script at a time, by the caller's discipline.
final class GuestChannel implements AutoCloseable {
    /// What the guest may take beyond a script's own limit before it counts as dead.
    private static final Duration GRACE = Duration.ofSeconds(20);

    /// More than any script here prints; beyond it the answer is not ours.
    private static final int MAX_OUTPUT_BYTES = 16 << 20;

    private final SocketChannel channel;
    private final InputStream input;
    private int lastId;

    GuestChannel(SocketChannel channel) {
        this.channel = channel;
        this.input = Channels.newInputStream(channel);
    }

    /// Runs a script in the guest.
    ///
    /// @throws IOException if the guest does not answer within `limit` and [#GRACE], or answers something else; the
    ///     channel is closed then
    Tool.Result run(Duration limit, String script) throws IOException {
        String whole = "set -e\n" + script + "\n";
        String encoded = Base64.getEncoder().encodeToString(whole.getBytes(StandardCharsets.UTF_8));
        String id = Integer.toString(++lastId);
        CompletableFuture<Void> watchdog =
                CompletableFuture.runAsync(
                        this::close,
                        CompletableFuture.delayedExecutor(
                                limit.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS));
        try {
            send(id + " " + limit.toSeconds() + " " + encoded + "\n");
            String[] answer = readLine().split(" ", -1);
            if (answer.length != 3 || !answer[0].equals(id)) {
                throw new IOException("answer to request " + id + ": " + String.join(" ", answer));
            }
            int length = Integer.parseInt(answer[2]);
            if (length > MAX_OUTPUT_BYTES) {
                throw new IOException("the script printed " + length + " bytes:\n" + script);
            }
            String output = new String(input.readNBytes(length), StandardCharsets.UTF_8);
            return new Tool.Result("guest: " + script, Integer.parseInt(answer[1]), output);
        } catch (IOException e) {
            close();
            throw new IOException("no answer within " + limit.plus(GRACE) + " to:\n" + script, e);
        } finally {
            watchdog.cancel(false);
        }
    }

    private void send(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0) {
                throw new EOFException("the guest hung up after \"" + line + "\"");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
