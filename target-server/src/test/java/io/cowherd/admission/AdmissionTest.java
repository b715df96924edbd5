package io.cowherd.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.admission.Admission.Bounds;
import io.cowherd.admission.Admission.Place;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Who goes when there is no room. A connection is called by its address and a letter.
class AdmissionTest {
    private final List<String> evicted = new ArrayList<>();

    private @Nullable Place tryEnter(Admission admission, String who) {
        String[] parts = who.split(" ", 2);
        try {
            return admission.enter(
                    new InetSocketAddress(InetAddress.getByName(parts[0]), 40_000),
                    () -> evicted.add(who));
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // it is a literal
        }
    }

    private Place enter(Admission admission, String who) {
        Place place = tryEnter(admission, who);
        assertNotNull(place, who);
        return place;
    }

    @Test
    void theOldestOfTheAddressGoes() {
        var admission = new Admission(new Bounds(10, 10, 2));
        enter(admission, "10.0.0.9 a");
        enter(admission, "10.0.0.1 a");
        enter(admission, "10.0.0.1 b");
        enter(admission, "10.0.0.1 c");
        enter(admission, "10.0.0.1 d");
        assertEquals(List.of("10.0.0.1 a", "10.0.0.1 b"), evicted);
    }

    /// Three addresses, none of which has used up its share, do not push out the one that has a single connection.
    @Test
    void whoHasTheMostMakesRoom() {
        var admission = new Admission(new Bounds(10, 6, 4));
        enter(admission, "10.0.0.9 a");
        enter(admission, "10.0.0.1 a");
        enter(admission, "10.0.0.2 a");
        enter(admission, "10.0.0.2 b");
        enter(admission, "10.0.0.2 c");
        enter(admission, "10.0.0.1 b");
        enter(admission, "10.0.0.3 a");
        enter(admission, "10.0.0.3 b");
        assertEquals(List.of("10.0.0.2 a", "10.0.0.1 a"), evicted);
    }

    @Test
    void ofIpv6TheNetworkCounts() {
        var admission = new Admission(new Bounds(10, 10, 1));
        enter(admission, "2001:db8:0:1::1 a");
        enter(admission, "2001:db8:0:2::1 a");
        enter(admission, "2001:db8:0:1:ffff::2 b");
        assertEquals(List.of("2001:db8:0:1::1 a"), evicted);
    }

    @Test
    void whoIsSecureStaysAndIsNotCountedByAddress() {
        var admission = new Admission(new Bounds(3, 2, 1));
        enter(admission, "10.0.0.1 a").secure();
        Place b = enter(admission, "10.0.0.1 b");
        b.secure();
        Place c = enter(admission, "10.0.0.1 c");
        assertEquals(List.of(), evicted);
        enter(admission, "10.0.0.2 d"); // all places are taken, c has the only one that can be had
        assertEquals(List.of("10.0.0.1 c"), evicted);
        assertEquals(4, admission.connections(), "c is not closed yet");
        c.secure(); // too late
        c.leave();
        assertEquals(3, admission.connections());
        b.expose();
        b.secure();
        b.leave();
        enter(admission, "10.0.0.3 e").secure();
        assertEquals(List.of("10.0.0.1 c"), evicted, "b's place was free");
    }

    @Test
    void nobodyEntersAmongThoseWhoStay() {
        var admission = new Admission(new Bounds(2, 2, 2));
        enter(admission, "10.0.0.1 a").secure();
        Place b = enter(admission, "10.0.0.1 b");
        b.secure();
        assertNull(tryEnter(admission, "10.0.0.2 c"));
        assertEquals(2, admission.connections());
        b.expose();
        enter(admission, "10.0.0.2 d");
        assertEquals(List.of("10.0.0.1 b"), evicted);
    }

    /// Between two requests a connection is exposed, but the last of those to go.
    @Test
    void whoIsExposedAgainIsTheNewest() {
        var admission = new Admission(new Bounds(3, 3, 3));
        Place a = enter(admission, "10.0.0.1 a");
        enter(admission, "10.0.0.1 b");
        enter(admission, "10.0.0.1 c");
        a.secure();
        a.expose();
        enter(admission, "10.0.0.1 d");
        enter(admission, "10.0.0.1 e");
        enter(admission, "10.0.0.1 f");
        assertEquals(List.of("10.0.0.1 b", "10.0.0.1 c", "10.0.0.1 a"), evicted);
    }

    /// Sockets that are told to go and do not are bounded too.
    @Test
    void closingConnectionsAreBounded() {
        var admission = new Admission(new Bounds(1, 1, 1));
        List<Place> places = new ArrayList<>();
        Place place = tryEnter(admission, "10.0.0.1 x");
        while (place != null) {
            places.add(place);
            assertTrue(places.size() < 10_000, "no bound");
            place = tryEnter(admission, "10.0.0.1 x");
        }
        assertEquals(Admission.MAX_CLOSING + 1, admission.connections());
        places.getFirst().leave();
        enter(admission, "10.0.0.1 x");
        assertThrows(AssertionError.class, () -> places.getFirst().leave());
    }

    /// Whatever happens, the counts are right and the bounds hold.
    @Test
    void countsStayRight() {
        long seed = Long.getLong("cowherd.seed", System.nanoTime());
        var random = new Random(seed);
        var admission = new Admission(new Bounds(12, 8, 3));
        List<Place> here = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    Place place = tryEnter(admission, "10.0.0." + random.nextInt(6) + " x");
                    if (place != null) {
                        here.add(place);
                    }
                }
                case 2 -> any(here, random).ifPresent(Place::secure);
                case 3 -> any(here, random).ifPresent(Place::expose);
                default ->
                        any(here, random)
                                .ifPresent(
                                        place -> {
                                            place.leave();
                                            here.remove(place);
                                        });
            }
            assertEquals(here.size(), admission.connections(), "seed " + seed);
        }
        here.forEach(Place::leave);
        assertEquals(0, admission.connections(), "seed " + seed);
    }

    private static java.util.Optional<Place> any(List<Place> places, Random random) {
        return places.isEmpty()
                ? java.util.Optional.empty()
                : java.util.Optional.of(places.get(random.nextInt(places.size())));
    }
}
