package io.cowherd.management;

/// A request that an endpoint refuses; the answer is its problem. Nothing has changed.
final class RequestRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    RequestRefusedException(Problem problem) {
        super(problem.cause());
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
