package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.ManagementLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: whoever holds connections to the API, with or without a token, probes and honest requests get through. Method: four
/// places, of which three can be at work, and sockets that say little or nothing.
class ApiConnectionsTest {
    private static final int PLACES = 6;
    private static final int LONG = 600_000;
    private static final int SHORT = 200;
    private static final String HOST = "Host: 127.0.0.1\r\n";

    @TempDir private Path directory;
    private final List<Socket> sockets = new ArrayList<>();

    private RunningApi api(int requestMillis) throws IOException {
        return new RunningApi(
                directory,
                new ManagementLimits(PLACES, 65_536, requestMillis, 60, 2, 2, 1, 16, 25_000));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private Socket says(RunningApi api, String text) throws IOException {
        URI uri = URI.create(api.url());
        var socket = new Socket(uri.getHost(), uri.getPort());
        sockets.add(socket);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
        say(socket, text);
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String authorization(RunningApi api) {
        return "Authorization: Bearer " + api.token + "\r\n";
    }

    private static int live(RunningApi api) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create(api.url() + "/health/live")).build(),
                            BodyHandlers.discarding())
                    .statusCode();
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (SocketException _) {
            return true; // reset
        }
    }

    @Test
    void silentConnectionsMakeRoom() throws Exception {
        try (var api = api(LONG)) {
            Socket first = says(api, "");
            for (int i = 0; i < 3 * PLACES; i++) {
                says(api, "");
            }
            assertEquals(200, live(api));
            assertTrue(isClosed(first));
        }
    }

    @Test
    void connectionsWithHalfARequestMakeRoom() throws Exception {
        try (var api = api(LONG)) {
            Socket header = says(api, "GET /v1/volumes HTTP/1.1\r\n" + HOST);
            Socket body =
                    says(
                            api,
                            "POST /v1/volumes HTTP/1.1\r\n"
                                    + HOST
                                    + authorization(api)
                                    + "Content-Length: 1000\r\n\r\n{");
            Socket answered = says(api, "GET /v1/volumes HTTP/1.1\r\n" + HOST + "\r\n");
            assertTrue(line(answered).contains("401"));
            for (int i = 0; i < PLACES; i++) {
                says(api, "GET /health/live HTTP/1.1\r\n");
            }
            assertEquals(200, live(api));
            assertTrue(isClosed(header));
            assertTrue(isClosed(body));
        }
    }

    private static String line(Socket socket) throws IOException {
        return String.valueOf(
                new BufferedReader(
                                new InputStreamReader(
                                        socket.getInputStream(), StandardCharsets.ISO_8859_1))
                        .readLine());
    }

    /// A stream of events is a request at work, for as long as it lasts.
    @Test
    void whatIsAtWorkStays() throws Exception {
        try (var api = api(SHORT)) {
            Socket stream =
                    says(
                            api,
                            "GET /v1/events HTTP/1.1\r\n"
                                    + HOST
                                    + authorization(api)
                                    + "Accept: text/event-stream\r\n\r\n");
            var lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    stream.getInputStream(), StandardCharsets.ISO_8859_1));
            await(lines, ": events");
            assertDribbleEnds(says(api, "GET /v1/volumes HTTP/1.1\r\n" + HOST), "X-a: b\r\n");
            for (int i = 0; i < 3 * PLACES; i++) {
                says(api, "");
            }
            assertEquals(200, live(api));
            api.volumes.create(io.cowherd.mapping.volume.VolumeName.parse("g/base"), 4 << 20);
            await(lines, "event: created");
        }
    }

    private static void await(BufferedReader lines, String start) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith(start)) {
            line = lines.readLine();
        }
        assertTrue(line != null, "ended before " + start);
    }

    @Test
    void aHeaderThatDribblesInIsCutOff() throws Exception {
        try (var api = api(SHORT)) {
            assertDribbleEnds(says(api, "GET /v1/volumes HTTP/1.1\r\n" + HOST), "X-a: b\r\n");
        }
    }

    @Test
    void aBodyThatDribblesInIsCutOff() throws Exception {
        try (var api = api(SHORT)) {
            Socket socket =
                    says(
                            api,
                            "POST /v1/volumes HTTP/1.1\r\n"
                                    + HOST
                                    + authorization(api)
                                    + "Content-Length: 60000\r\n\r\n{");
            assertDribbleEnds(socket, " ");
        }
    }

    /// Goes on saying a little until the connection is closed.
    private static void assertDribbleEnds(Socket socket, String little) throws IOException {
        socket.setSoTimeout(10);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!isClosed(socket)) {
            assertTrue(System.nanoTime() < deadline, "the connection is still there");
            try {
                say(socket, little);
            } catch (SocketException _) {
                return; // closed between the two
            }
        }
    }

    @Test
    void probesHaveRoomBesideWhatIsAtWork() {
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new ManagementLimits(160, 65_536, 1, 1, 64, 4, 32, 1, 1));
        assertTrue(String.valueOf(refused.getMessage()).contains("httpConnections"));
    }
}
