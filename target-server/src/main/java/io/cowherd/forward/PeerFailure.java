package io.cowherd.forward;

/// The other node does not keep to the protocol, or is not one of ours: the connection is closed.
final class PeerFailure extends Exception {
    private static final long serialVersionUID = 1L;

    PeerFailure(String what) {
        super(what);
    }
}
