"""What a neighbour that reads what is not in memory does to a connection whose data are."""

import contextlib
import os
import pathlib

from measure import Contestant, Ratio
from servers import Cowherd, ServerFailed, Tgtd

MEBIBYTE = 1 << 20
HOT, COLD = 256 * MEBIBYTE, 2048 * MEBIBYTE
SLOW_READS_A_SECOND = 50
AT_MOST = 2.0
THROTTLES = pathlib.Path("/sys/fs/cgroup/blkio")

ROWS = ("cold-neighbour", "slow-neighbour")


def evict(disk):
    with open(disk.image, "rb") as image:
        os.fsync(image.fileno())
        os.posix_fadvise(image.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextlib.contextmanager
def slow_device(server, disk):
    """Lets a server read from the device of a disk only now and then: the kernel's throttle (cgroup v1, as root)."""
    group = THROTTLES / f"cowherd-compare-{os.getpid()}-{server.name}"
    group.mkdir()
    try:
        device = os.stat(disk.image).st_dev
        whole = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
        if (whole / "partition").exists():
            device = (whole.resolve().parent / "dev").read_text().strip()
        else:
            device = f"{os.major(device)}:{os.minor(device)}"
        (group / "blkio.throttle.read_iops_device").write_text(f"{device} {SLOW_READS_A_SECOND}")
        (group / "cgroup.procs").write_text(str(server.pid))
        yield
    finally:
        (THROTTLES / "cgroup.procs").write_text(str(server.pid))
        group.rmdir()


def in_turn(bench, servers, cold_disks, kinds):
    """A load on the hot disk, alone and beside each kind of neighbour, of each server."""
    results = {}
    for number in range(-1, bench.rounds):
        for server in servers:
            for kind in ("alone", *kinds):
                hot = Contestant(f"{server.name}, {kind}", server, ("hot",), {"depth": 4})
                run = run_beside(bench, hot, kind, cold_disks[server.name])
                if number >= 0:
                    results.setdefault(hot.label, []).append(run)
    return results


def run_beside(bench, hot, kind, cold_disk):
    if kind == "alone":
        return bench.run(hot)
    neighbour = Contestant("neighbour", hot.server, ("cold",), {"depth": 16, "seconds": bench.seconds + 1})
    if kind == "cached neighbour":
        neighbour = Contestant("neighbour", hot.server, ("hot",), {"depth": 16, "seconds": bench.seconds + 1})
    else:
        evict(cold_disk)
    with slow_device(hot.server, cold_disk) if kind == "slow neighbour" else contextlib.nullcontext():
        beside = bench.start(neighbour)
        found = bench.run(hot, warmup=0.5)
        found["neighbour_iops"] = bench.finish(neighbour, beside)["iops"]
    return found


def ratios(servers, kind):
    for server in servers:
        yield Ratio(f"{server.name}, {kind}", f"{server.name}, alone", AT_MOST if server.name == "cowherd" else None, "p99_us", at_most=True)
        yield Ratio(f"{server.name}, {kind}", f"{server.name}, cached neighbour", None, "p99_us", at_most=True)


def measure(bench, names):
    with contextlib.ExitStack() as stack:
        disks = {server: {"hot": bench.disk(f"{server}-hot", HOT), "cold": bench.disk(f"{server}-cold", COLD)} for server in ("cowherd", "tgtd")}
        cowherd = Cowherd(bench.work, "cold")
        stack.callback(cowherd.stop)
        for name, disk in disks["cowherd"].items():
            cowherd.add_origin(name, disk)
        tgtd = Tgtd(bench.work, disks["tgtd"])
        stack.callback(tgtd.stop)
        servers, cold_disks = (cowherd, tgtd), {server: found["cold"] for server, found in disks.items()}
        for server in servers:
            bench.verify(server, "hot")
        for name in names:
            kind = name.replace("-", " ")
            if kind == "slow neighbour" and not os.access(THROTTLES / "blkio.throttle.read_iops_device", os.W_OK):
                raise ServerFailed(f"{name} needs root and the kernel's throttle in {THROTTLES}")
            results = in_turn(bench, servers, cold_disks, ("cached neighbour", kind))
            title = "p99 of random 4 KiB reads of cached data, depth 4, beside 16 random reads of " + (
                "data that are not cached" if kind == "cold neighbour" else f"a device that does {SLOW_READS_A_SECOND} reads a second")
            yield name, {"title": title, "results": results, "ratios": [ratio.summary(results) for ratio in ratios(servers, kind)]}
