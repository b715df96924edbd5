package io.cowherd.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A volume as typed, `group/volume`, as far as the command line must understand it: the server checks the rest.
///
/// @param group its group
/// @param volume its name there
record VolumePath(String group, String volume) {
    static VolumePath parse(String text) {
        int slash = text.indexOf('/');
        if (slash <= 0 || slash != text.lastIndexOf('/') || slash == text.length() - 1) {
            throw new TypeConversionException(
                    "\""
                            + text
                            + "\" is not a volume: write GROUP/VOLUME, for example volumeGroup/base");
        }
        return new VolumePath(text.substring(0, slash), text.substring(slash + 1));
    }

    /// Where the API has it.
    String url() {
        return "/v1/volumes/" + ApiClient.segment(group) + "/" + ApiClient.segment(volume);
    }

    /// Its name among mapped devices: hyphens doubled, then joined by one (spec 3.2).
    String deviceName() {
        return group.replace("-", "--") + "-" + volume.replace("-", "--");
    }

    @Override
    public String toString() {
        return group + "/" + volume;
    }

    static final class Converter implements ITypeConverter<VolumePath> {
        @Override
        public VolumePath convert(String text) {
            return parse(text);
        }
    }
}
