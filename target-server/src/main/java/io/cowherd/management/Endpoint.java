package io.cowherd.management;

import io.cowherd.mapping.volume.VolumeRefusedException;
import java.io.IOException;

/// Answers one kind of call. Runs on a worker thread and may block.
@FunctionalInterface
interface Endpoint {
    /// Answers.
    Reply answer(Call call) throws RequestRefusedException, VolumeRefusedException, IOException;
}
