package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.ChapAccount.Direction;
import io.cowherd.config.access.Grant;
import io.cowherd.config.access.InitiatorPattern;
import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.Redirect;
import io.cowherd.mapping.volume.BlockSize;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeListener;
import io.cowherd.mapping.volume.VolumeName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: whatever goes wrong while a target gets another name, afterwards the rules are those of the name that it has, and of no
/// other. Method: the rename fails before, after and around the point where the name changes.
class RenamedRulesTest {
    private static final String OLD = "iqn.2026-11.io.cowherd:volumegroup.base";
    private static final String NEW = "iqn.2026-11.io.cowherd:volumegroup.root";

    @TempDir private Path data = Path.of("replaced");

    private RunningApi api = unstarted();

    @SuppressWarnings("NullAway") // set before each test
    private static RunningApi unstarted() {
        return null;
    }

    @BeforeEach
    void makeBase() throws Exception {
        api = new RunningApi(data);
        api.volumes.create(VolumeName.parse("volumeGroup/base"), 1 << 20, BlockSize.OF_DEVICE);
        api.access.change(
                rules ->
                        rules.with(new Grant(OLD, InitiatorPattern.ANY, List.of(), LunRights.ALL)));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private HttpResponse<String> rename() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                api.url() + "/v1/volumes/volumeGroup/base:rename"))
                                .header("Authorization", "Bearer " + api.token)
                                .POST(BodyPublishers.ofString("{\"lv_name\":\"root\"}"))
                                .build(),
                        BodyHandlers.ofString());
    }

    private List<String> targets() {
        return api.access.rules().grants().stream().map(Grant::target).toList();
    }

    @Test
    void rulesAreShownAsTheVolumeIsSpelled() throws Exception {
        String spelled = "iqn.2026-11.io.cowherd:volumeGroup.base";
        var portals = List.of(HostPort.parse("192.0.2.1", 3260));
        api.access.change(
                rules -> rules.with(new Redirect(OLD, portals, Redirect.Duration.TEMPORARY)));
        api.access.setAccount(
                new ChapAccount(
                        "web01", Direction.INCOMING, List.of(OLD), InitiatorPattern.ANY, ""),
                "twelve bytes".getBytes(StandardCharsets.UTF_8));
        assertEquals(3, occurrences(OLD, shown()), "as there is no such target");
        api.hosts.spellings.add(spelled);
        assertEquals(3, occurrences(spelled, shown()));
    }

    private String shown() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(api.url() + "/v1/access"))
                                .header("Authorization", "Bearer " + api.token)
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private static int occurrences(String what, String text) {
        return text.split(Pattern.quote(what), -1).length - 1;
    }

    private void onceRenamed(Runnable action) {
        api.volumes.addListener(
                new VolumeListener() {
                    @Override
                    public void renamed(Volume volume, VolumeName from) {
                        action.run();
                    }
                });
    }

    @Test
    void theyGoWithTheName() throws Exception {
        assertEquals(200, rename().statusCode());
        assertEquals(List.of(NEW), targets());
    }

    @Test
    void theyStayWhenTheDiskFails() throws Exception {
        api.volumes.failWith(new IOException("the disk is gone"));
        assertEquals(500, rename().statusCode());
        assertEquals(List.of(OLD), targets());
    }

    @Test
    void theyGoWhenWhatComesAfterTheRenameFails() throws Exception {
        onceRenamed(
                () -> {
                    throw new IllegalStateException("a listener");
                });
        assertEquals(500, rename().statusCode());
        assertEquals(List.of(NEW), targets());
    }

    /// Both names have them then, and the answer is that of the rename, which is done.
    @Test
    void whatCannotBeForgottenDoesNotUndoTheRename() throws Exception {
        onceRenamed(
                () -> {
                    try {
                        Files.createDirectories(data.resolve("access.new/in the way"));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        HttpResponse<String> answer = rename();
        assertEquals(200, answer.statusCode(), answer::body);
        assertEquals(List.of(OLD, NEW), targets());
    }

    @Test
    void rulesThatCannotBeCopiedAreARefusal() throws Exception {
        Stream<String> most = IntStream.range(1, 256).mapToObj(i -> "iqn.x:" + i);
        api.access.setAccount(
                new ChapAccount(
                        "web01",
                        Direction.INCOMING,
                        Stream.concat(Stream.of(OLD), most).toList(),
                        InitiatorPattern.ANY,
                        ""),
                "twelve bytes".getBytes(StandardCharsets.UTF_8));
        AccessRules before = api.access.rules();
        HttpResponse<String> answer = rename();
        assertEquals(400, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("web01 needs 1 to 256"), answer::body);
        assertEquals(before, api.access.rules());
    }
}
