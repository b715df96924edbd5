package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunRights.Access;
import io.cowherd.config.access.LunSet;
import io.cowherd.iscsi.discovery.TargetPlacement;
import io.cowherd.iscsi.login.ChapDemand;
import io.cowherd.iscsi.login.LoginPolicy;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.login.Visitor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// TARGET COLD RESET of a host that may not do everything at its target ends its own session, and no other.
@ExtendWith(LeakWatch.class)
class ColdResetTest {
    private static final int TARGET_COLD_RESET = 7;
    private static final int DROPPED = 3;

    @ParameterizedTest
    @CsvSource({"all, READ_ONLY", "0, READ_WRITE"})
    void whoMayNotDoEverythingDropsItself(String luns, Access access) {
        var few = new LunRights(LunSet.parse(luns), access);
        var policy =
                new LoginPolicy() {
                    @Override
                    public LunRights rights(Visitor visitor, String target) {
                        return few;
                    }

                    @Override
                    public @Nullable ChapDemand demand(Visitor visitor, @Nullable String target) {
                        return null;
                    }
                };
        try (var conversation = new Conversation(new Reception(policy, TargetPlacement.HERE));
                var resetting = conversation.initiator();
                var other = conversation.initiator()) {
            resetting.logsInAs("iqn.resetting:x", TARGET);
            other.logsInAs("iqn.other:x", TARGET);
            resetting.sends(resetting.taskManagement(TARGET_COLD_RESET, -1));
            assertEquals(0, resetting.receives(0x22).u8(2), "complete");
            assertEquals(DROPPED, resetting.receives(0x32).u8(36));
            resetting.seesClose();
            other.sync();
        }
    }
}
