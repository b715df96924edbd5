package io.cowherd.scsi.copy;

import io.cowherd.scsi.sense.Sense;

/// What a host has sent with an EXTENDED COPY: a list, or something that is none.
///
/// **Threading.** *Immutable.*
sealed interface CopyParameters permits CopyList, CopyParameters.Wrong {
    /// A list that is wrong; nothing has been copied.
    record Wrong(Sense sense) implements CopyParameters {}
}
