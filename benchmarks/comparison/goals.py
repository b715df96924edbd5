"""The rows that issue 3 sets goals for: Cowherd, tgtd and the lean responder."""

import contextlib

from measure import Contestant, Ratio
from servers import Cowherd, Lean, Tgtd

SIZE = 1 << 30

# name: title, options of the load, and the goals: times tgtd, of the lean responder.
ROWS = {
    "read-4k-1": ("random 4 KiB read, depth 1", {"depth": 1}, 3.0, None),
    "read-4k-32": ("random 4 KiB read, depth 32", {"depth": 32}, 5.0, 0.7),
    "write-4k-1": ("random 4 KiB write, depth 1", {"depth": 1, "reads": 0}, 3.0, None),
    "write-4k-32": ("random 4 KiB write, depth 32", {"depth": 32, "reads": 0}, 3.5, 0.7),
    "read-64k": ("sequential 64 KiB read, depth 8", {"depth": 8, "block": 65536, "order": "sequential"}, None, None),
    "write-64k": ("sequential 64 KiB write, depth 8", {"depth": 8, "block": 65536, "order": "sequential", "reads": 0}, None, None),
    "read-256k": ("sequential 256 KiB read, depth 8", {"depth": 8, "block": 262144, "order": "sequential"}, 1.8, None),
    "write-256k": ("sequential 256 KiB write, depth 8", {"depth": 8, "block": 262144, "order": "sequential", "reads": 0}, 2.5, None),
    "mix": ("random 4 KiB, 70 % reads, depth 32", {"depth": 32, "reads": 70}, None, None),
    "read-4x": ("4 connections, random 4 KiB read, depth 8 each", {"depth": 8, "connections": 4}, 5.0, None),
    "write-4x": ("4 connections, random 4 KiB write, depth 8 each", {"depth": 8, "connections": 4, "reads": 0}, 3.5, None),
    "digests-read-4k": ("digests, random 4 KiB read, depth 32", {"depth": 32, "digests": True}, 4.0, None),
    "digests-write-4k": ("digests, random 4 KiB write, depth 32", {"depth": 32, "reads": 0, "digests": True}, 4.0, None),
    "digests-read-256k": ("digests, sequential 256 KiB read, depth 8", {"depth": 8, "block": 262144, "order": "sequential", "digests": True}, 4.0, None),
    "digests-write-256k": ("digests, sequential 256 KiB write, depth 8", {"depth": 8, "block": 262144, "order": "sequential", "reads": 0, "digests": True}, 4.0, None),
}
CPU_GOAL = 0.25


def measure_row(bench, name, cowherd, tgtd, lean):
    title, options, times_tgtd, of_lean = ROWS[name]
    results = bench.in_turn([Contestant(server.name, server, ("disk",), options) for server in (cowherd, tgtd, lean)])
    ratios = [
        Ratio("cowherd", "tgtd", times_tgtd),
        Ratio("cowherd", "lean", of_lean),
        Ratio("cowherd", "tgtd", CPU_GOAL, "server_cpu_us", at_most=True),
        Ratio("lean", "tgtd")]
    return title, results, ratios


@contextlib.contextmanager
def three_servers(bench):
    """Cowherd, tgtd and the lean responder, each with a `disk` of its own, equal but for their seeds."""
    with contextlib.ExitStack() as stack:
        disks = {name: bench.disk(name, SIZE) for name in ("cowherd", "tgtd", "lean")}
        cowherd = Cowherd(bench.work)
        stack.callback(cowherd.stop)
        cowherd.add_origin("disk", disks["cowherd"])
        tgtd = Tgtd(bench.work, {"disk": disks["tgtd"]})
        stack.callback(tgtd.stop)
        lean = Lean(bench.work, bench.programs, disks["lean"])
        stack.callback(lean.stop)
        servers = (cowherd, tgtd, lean)
        for server in servers:
            bench.verify(server, "disk")  # and so it is in the page cache
        yield servers
        for server in servers:
            bench.verify(server, "disk")


def measure(bench, names):
    with three_servers(bench) as servers:
        for name in names:
            title, results, ratios = measure_row(bench, name, *servers)
            yield name, {"title": title, "results": results, "ratios": [ratio.summary(results) for ratio in ratios]}
