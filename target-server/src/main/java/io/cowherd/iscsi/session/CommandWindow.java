package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.ConnectionFailed;
import io.cowherd.iscsi.pdu.SerialNumber;

/// The command window of a session: which CmdSN comes next and how many more may come (RFC 7143 4.2.2.1).
///
/// A command takes a slot when it is admitted and gives it back with its response, so MaxCmdSN stands still while commands
/// come in and moves on as they end; it never goes back.
///
/// **A gap ends the connection.** A session has one connection, TCP keeps the order, and what a digest has spoiled has
/// already ended it: a CmdSN that is skipped will never come, and to wait for it would be a hang.
///
/// **Threading.** *Confined to the connection's event loop.*
final class CommandWindow {
    private final int size;
    private int expCmdSn;
    private int inFlight;

    /// A window that is wide open.
    ///
    /// @param size commands that may be in flight; 1 or more
    /// @param expCmdSn CmdSN of the first command
    CommandWindow(int size, int expCmdSn) {
        this.size = size;
        this.expCmdSn = expCmdSn;
    }

    /// Takes in a non-immediate request.
    ///
    /// @return false if its CmdSN is outside of the window: the request is to be ignored in silence
    /// @throws ConnectionFailed if requests before it are missing
    boolean admit(int cmdSn) throws ConnectionFailed {
        if (SerialNumber.compare(cmdSn, expCmdSn) < 0
                || SerialNumber.compare(cmdSn, maxCmdSn()) > 0) {
            return false;
        }
        if (cmdSn != expCmdSn) {
            throw new ConnectionFailed("CmdSN " + cmdSn + ", but " + expCmdSn + " was never sent");
        }
        expCmdSn++;
        inFlight++;
        return true;
    }

    /// Gives the slot of an admitted request back.
    void release() {
        if (--inFlight < 0) {
            throw new AssertionError("More commands have ended than were admitted.");
        }
    }

    int expCmdSn() {
        return expCmdSn;
    }

    int maxCmdSn() {
        return expCmdSn - 1 + size - inFlight;
    }
}
