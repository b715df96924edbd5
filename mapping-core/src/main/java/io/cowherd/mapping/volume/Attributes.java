package io.cowherd.mapping.volume;

/// LVM2's `lv_attr` (spec 3.3): ten characters, one per question.
///
/// | position | question | answers used here |
/// |---------:|----------|-------------------|
/// | 1 | kind | `-` plain, `o` origin of snapshots, `s` snapshot |
/// | 2 | access | `w` writable, `r` read-only, `R` writable but read-only for now |
/// | 3 | allocation policy | `i` inherited |
/// | 4 | fixed minor number | `-` |
/// | 5 | state | `a` active, `s` suspended, `I` invalid snapshot, `S` the same and suspended, `X` unknown |
/// | 6 | device open | `o` or `-` |
/// | 7 | target type | `s` for origins of snapshots and for snapshots, else `-` |
/// | 8 | zeroing | `-` |
/// | 9 | health | `p` partial: a file or device is missing or damaged, else `-` |
/// | 10 | skip activation | `-` |
///
/// **Threading.** *Immutable.*
///
/// @param kind position 1
/// @param access position 2
/// @param state position 5
/// @param open position 6
record Attributes(Kind kind, Access access, State state, boolean open) {
    /// What a volume is to others.
    enum Kind {
        PLAIN('-', '-'),
        ORIGIN('o', 's'),
        SNAPSHOT('s', 's');

        private final char letter;
        private final char targetType;

        Kind(char letter, char targetType) {
            this.letter = letter;
            this.targetType = targetType;
        }
    }

    /// Whether hosts may write.
    enum Access {
        WRITABLE('w'),
        READ_ONLY('r'),
        /// Made writable, but writing would do harm at present.
        HELD_READ_ONLY('R');

        private final char letter;

        Access(char letter) {
            this.letter = letter;
        }
    }

    /// What a volume can be used for at present.
    enum State {
        ACTIVE('a'),
        SUSPENDED('s'),
        INVALID('I'),
        INVALID_SUSPENDED('S'),
        /// Its data cannot be reached: the device serves errors.
        BROKEN('X');

        private final char letter;

        State(char letter) {
            this.letter = letter;
        }
    }

    @Override
    public String toString() {
        return "%c%ci-%c%c%c-%c-"
                .formatted(
                        kind.letter,
                        access.letter,
                        state.letter,
                        open ? 'o' : '-',
                        kind.targetType,
                        state == State.BROKEN ? 'p' : '-');
    }
}
