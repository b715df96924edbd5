package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// Names as LVM2 has them (spec 3.2).
class NameRulesTest {
    @Test
    void namesThatLvm2AllowsAreAllowed() throws VolumeRefusedException {
        for (String name : new String[] {"base", "a-b", "+x", "_y", ".z", "A.b_c-9", "my_tdat"}) {
            assertEquals("vg/" + name, VolumeName.parse("vg/" + name).toString());
        }
    }

    @Test
    void namesThatLvm2RefusesAreRefused() {
        for (String text :
                new String[] {
                    "base",
                    "/base",
                    "vg/",
                    "vg/a/b",
                    "vg/-a",
                    "-vg/a",
                    "vg/.",
                    "vg/..",
                    "../x",
                    "vg/a b",
                    "vg/ä",
                    "vg/" + "x".repeat(128)
                }) {
            var refused = assertThrows(VolumeRefusedException.class, () -> VolumeName.parse(text));
            assertEquals(Reason.INVALID, refused.reason(), text);
        }
    }

    /// Vector 81, second half.
    @Test
    void reservedNamesAreRefusedInLvm2sWords() {
        assertEquals("Names starting \"snapshot\" are reserved.", refusal("snapshot1"));
        assertEquals("Names starting \"pvmove\" are reserved.", refusal("pvmove0"));
        assertEquals("Names including \"_tdata\" are reserved.", refusal("a_tdata_b"));
        assertEquals("Names including \"_vorigin\" are reserved.", refusal("s_vorigin"));
    }

    @Test
    void aGroupMayBeCalledLikeAReservedVolume() throws VolumeRefusedException {
        assertEquals("snapshots", VolumeName.parse("snapshots/a").group());
    }

    @Test
    void hyphensAreDoubledInDeviceNames() {
        var names = DeviceNames.of(new VolumeName("vg-a", "lv-b"));
        assertEquals("vg--a-lv--b", names.visible());
        assertEquals("vg--a-lv--b-real", names.real());
        assertEquals("vg--a-lv--b-cow", names.cow());
    }

    @Test
    void aNameWhoseDeviceNameIsTooLongIsRefused() throws VolumeRefusedException {
        // 60 + 1 + 61 + "-real" is 127: what device-mapper takes at most
        assertEquals(61, VolumeName.parse("v".repeat(60) + "/" + "l".repeat(61)).volume().length());
        String tooLong = "v".repeat(60) + "/" + "l".repeat(62);
        assertThrows(VolumeRefusedException.class, () -> VolumeName.parse(tooLong));
        String doubled = "v".repeat(60) + "/" + "l-".repeat(30);
        assertThrows(VolumeRefusedException.class, () -> VolumeName.parse(doubled));
    }

    @Test
    void deviceUuidsAreOfGroupAndVolume() {
        var group = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        var volume = UUID.fromString("ffeeddcc-bbaa-9988-7766-554433221100");
        String uuid = "LVM-00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100";
        assertEquals(uuid, DeviceNames.uuid(group, volume));
        assertEquals(uuid + "-real", DeviceNames.realUuid(group, volume));
        assertEquals(uuid + "-cow", DeviceNames.cowUuid(group, volume));
        assertTrue(uuid.length() == 4 + 32 + 32);
    }

    private static String refusal(String volume) {
        var refused =
                assertThrows(VolumeRefusedException.class, () -> VolumeName.parse("vg/" + volume));
        return String.valueOf(refused.getMessage());
    }
}
