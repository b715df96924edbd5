package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.TaskManagementHeader;
import io.cowherd.iscsi.pdu.TaskManagementResponseHeader;
import io.cowherd.scsi.TaskManagement;
import java.util.concurrent.Executor;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jscsi.parser.tmf.TaskManagementFunctionRequestParser.FunctionCode;
import org.jscsi.parser.tmf.TaskManagementFunctionResponseParser.ResponseCode;

/// Task management functions (RFC 7143 11.5). Each is answered exactly once: when what it aborts has ended, or when
/// `Limits.taskManagementTimeoutMillis` have passed, with "function rejected".
///
/// ABORT TASK of a task that is gone is answered "task does not exist", as RFC 7143 11.5.1 wants it and iscsi-test-cu
/// checks: its status is already on the way. ESXi would ask for ever, so it is told "complete".
///
/// **Threading.** *Confined to the connection's event loop.*
final class TaskManagementExchange {
    /// Functions that may be under way at once in a session.
    static final int MAX_FUNCTIONS = 16;

    private static final String ESXI_NAME_PREFIX = "iqn.1998-01.com.vmware:";

    /// What the nexus gets on top of its own deadline before we stop waiting for it.
    private static final int NEXUS_GRACE_MILLIS = 1_000;

    private static final FunctionCode[] FUNCTIONS =
            FunctionCode.values(); // in the order of their codes, from 0

    private final Commands commands;
    private final Timers timers;
    private final Executor loop;
    private final int timeoutMillis;
    private final Runnable dropTarget;
    private final TaskManagementResponseHeader response = new TaskManagementResponseHeader();
    private int underWay;

    /// @param dropTarget drops all sessions of the target, at the end of TARGET COLD RESET
    TaskManagementExchange(
            Commands commands,
            Timers timers,
            Executor loop,
            int timeoutMillis,
            Runnable dropTarget) {
        this.commands = commands;
        this.timers = timers;
        this.loop = loop;
        this.timeoutMillis = timeoutMillis;
        this.dropTarget = dropTarget;
    }

    /// One function, from request to response.
    private final class Function {
        private final int itt;
        private boolean isAnswered;
        private final Timers.Timer deadline;

        Function(int itt) {
            this.itt = itt;
            this.deadline =
                    timers.after(
                            loop,
                            timeoutMillis + NEXUS_GRACE_MILLIS,
                            () -> answer(ResponseCode.FUNCTION_REJECTED));
        }

        void answer(ResponseCode code) {
            if (isAnswered) {
                return;
            }
            isAnswered = true;
            deadline.cancel();
            underWay--;
            TaskManagementExchange.this.answer(itt, code);
        }
    }

    /// Begins a function.
    ///
    /// @throws PduRejected if too many are under way
    void request(TaskManagementHeader request) throws PduRejected {
        if (underWay >= MAX_FUNCTIONS) {
            throw new PduRejected(
                    ReasonCode.IMMEDIATE_COMMAND_REJECT,
                    underWay + " task management functions are under way");
        }
        int code = request.function();
        FunctionCode function = code < FUNCTIONS.length ? FUNCTIONS[code] : FunctionCode.UNSET;
        switch (function) {
            case ABORT_TASK -> abortTask(request);
            case ABORT_TASK_SET -> manage(request, TaskManagement.ABORT_TASK_SET);
            case CLEAR_TASK_SET -> manage(request, TaskManagement.CLEAR_TASK_SET);
            case LUN_RESET -> manage(request, TaskManagement.LOGICAL_UNIT_RESET);
            case TARGET_WARM_RESET -> manage(request, TaskManagement.TARGET_WARM_RESET);
            case TARGET_COLD_RESET -> manage(request, TaskManagement.TARGET_COLD_RESET);
            case TASK_REASSIGN ->
                    answer(request.itt(), ResponseCode.TASK_ALLEGIANCE_REASSIGNMENT_NOT_SUPPORTED);
            case CLEAR_ACA, UNSET ->
                    answer(request.itt(), ResponseCode.TASK_MANAGEMENT_FUNCTION_NOT_SUPPORTED);
        }
    }

    private void abortTask(TaskManagementHeader request) {
        CommandTask task = commands.find(request.referencedTaskTag());
        if (task == null) {
            answer(request.itt(), isGone());
            return;
        }
        Function function = begin(request);
        task.whenEnded(() -> function.answer(ResponseCode.FUNCTION_COMPLETE));
        task.abort();
    }

    private ResponseCode isGone() {
        String initiator = commands.session().identity().initiatorName();
        return initiator.startsWith(ESXI_NAME_PREFIX)
                ? ResponseCode.FUNCTION_COMPLETE
                : ResponseCode.TASK_DOES_NOT_EXIST;
    }

    private void manage(TaskManagementHeader request, TaskManagement what) {
        Function function = begin(request);
        long lun = request.lun();
        boolean wholeTarget =
                what == TaskManagement.TARGET_WARM_RESET
                        || what == TaskManagement.TARGET_COLD_RESET;
        commands.abortWaiting(task -> wholeTarget || task.lun() == lun);
        commands.nexus()
                .manage(
                        what,
                        lun,
                        response -> {
                            function.answer(code(response));
                            if (what == TaskManagement.TARGET_COLD_RESET) {
                                dropTarget.run();
                            }
                        });
    }

    private Function begin(TaskManagementHeader request) {
        underWay++;
        return new Function(request.itt());
    }

    private static ResponseCode code(TaskManagement.Response response) {
        return switch (response) {
            case COMPLETE -> ResponseCode.FUNCTION_COMPLETE;
            case NO_SUCH_LUN -> ResponseCode.LUN_DOES_NOT_EXIST;
            case REJECTED -> ResponseCode.FUNCTION_REJECTED;
        };
    }

    private void answer(int itt, ResponseCode code) {
        if (!commands.isClosed()) {
            response.answer(itt, code.value());
            commands.responses().send(response);
        }
    }
}
