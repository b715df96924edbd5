package io.cowherd.cli;

import io.cowherd.config.LvmSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads sizes with LVM2's default units.
final class SizeConverters {
    private SizeConverters() {}

    private static LvmSize parse(String text, char defaultUnit) {
        try {
            return LvmSize.parse(text, defaultUnit);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    private static LvmSize absolute(LvmSize size, String text) {
        if (size.relative()) {
            throw new TypeConversionException(
                    "\"" + text + "\" is relative (+), and there is nothing to add it to");
        }
        return size;
    }

    /// `-L` of something new: MiB unless said otherwise.
    static final class Size implements ITypeConverter<LvmSize> {
        @Override
        public LvmSize convert(String text) {
            return absolute(parse(text, 'm'), text);
        }
    }

    /// `-L` of something there is: maybe relative.
    static final class NewSize implements ITypeConverter<LvmSize> {
        @Override
        public LvmSize convert(String text) {
            return parse(text, 'm');
        }
    }

    /// `--block-size`: bytes unless said otherwise.
    static final class BlockSize implements ITypeConverter<LvmSize> {
        @Override
        public LvmSize convert(String text) {
            return absolute(parse(text, 'b'), text);
        }
    }

    /// `-c`: KiB unless said otherwise.
    static final class ChunkSize implements ITypeConverter<LvmSize> {
        @Override
        public LvmSize convert(String text) {
            return absolute(parse(text, 'k'), text);
        }
    }
}
