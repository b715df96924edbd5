package io.cowherd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LvmSizeTest {
    @ParameterizedTest
    @CsvSource({
        "1G,1073741824,false",
        "1g,1073741824,false",
        "100M,104857600,false",
        "+100m,104857600,true",
        "8k,8192,false",
        "8s,4096,false",
        "513b,513,false",
        "1.5G,1610612736,false",
        "0.3b,1,false",
        "7E,8070450532247928832,false",
        "0m,0,false"
    })
    void readsLvmsLetters(String text, long bytes, boolean relative) {
        assertEquals(new LvmSize(bytes, relative), LvmSize.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"100,m,104857600", "8,k,8192", "8k,m,8192"})
    void aBareNumberIsInTheDefaultUnit(String text, char unit, long bytes) {
        assertEquals(bytes, LvmSize.parse(text, unit).bytes());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "+",
                "G",
                "1X",
                "-1G",
                "1,5G",
                "1 G",
                "1GiB",
                "1e9b",
                ".5G",
                "5.G",
                "8E",
                "100",
                "99999999999999999999999999999999999999999999999999999999999g"
            })
    void refusesTheRestAndSaysWhy(String text) {
        var refused = assertThrows(IllegalArgumentException.class, () -> LvmSize.parse(text));
        assertTrue(String.valueOf(refused.getMessage()).contains("\"" + text + "\""));
    }

    @ParameterizedTest
    @CsvSource({
        "0,0",
        "512,512.00b",
        "1024,1.00k",
        "104857600,100.00m",
        "1073741824,1.00g",
        "1073741823,<1024.00m",
        "1077936128,1.00g",
        "1082130432,<1.01g",
        "9223372036854775807,<8.00e"
    })
    void printsAsLvsDoes(long bytes, String text) {
        assertEquals(text, LvmSize.format(bytes));
    }

    @Test
    void aSizeIsNotNegative() {
        assertThrows(IllegalArgumentException.class, () -> new LvmSize(-1, false));
    }
}
