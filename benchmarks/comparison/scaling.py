"""How throughput goes with more of something; each row becomes a plot."""

import array
import random
import statistics
import struct
import time

from goals import three_servers
from measure import Contestant
from servers import Cowherd

MEBIBYTE = 1 << 20
CHUNK, RECORDS_OF_AREA = 4096, 256

ROWS = ("connections", "depth", "luns", "snapshots", "exceptions", "exceptions-load", "exceptions-memory")
CONNECTIONS = (1, 2, 4, 8, 16, 32, 64)
DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128)
LUNS = (1, 2, 4, 8, 16)
SNAPSHOTS = (0, 1, 2, 4, 8, 16, 32, 64, 100)
EXCEPTIONS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
READ_RANGE = 4096 * MEBIBYTE  # at most, of what is mapped: what fits into the page cache


def thousands(results):
    return statistics.median(run["iops"] for run in results) / 1000


def row(title, x, y, series, log_y=False):
    return {"title": title, "x": x, "y": y, "series": series, "log_y": log_y}


def points(bench, lines, xs):
    """Thousand IOPS at each x of each line: lines is a label's function of x to a contestant. At an x, lines take turns."""
    series = {label: [] for label in lines}
    for x in xs:
        contestants = {label: contestant(x) for label, contestant in lines.items()}
        results = bench.in_turn(list(contestants.values()))
        for label, contestant in contestants.items():
            series[label].append((x, thousands(results[contestant.label])))
    return series


def of_servers(bench, names):
    def by_server(xs, options):
        return points(bench, {
            server.name: lambda x, server=server: Contestant(server.name, server, ("disk",), options(x)) for server in servers}, xs)

    with three_servers(bench) as servers:
        if "connections" in names:
            yield "connections", row(
                "Random 4 KiB reads, depth 4 a connection", "connections", "thousand IOPS",
                by_server(CONNECTIONS, lambda n: {"connections": n, "depth": 4}))
        if "depth" in names:
            yield "depth", row(
                "Random 4 KiB reads, one connection", "depth", "thousand IOPS", by_server(DEPTHS, lambda n: {"depth": n}))


def of_luns(bench):
    cowherd = Cowherd(bench.work, "luns")
    try:
        names = [f"lun{n}" for n in range(max(LUNS))]
        for name in names:
            cowherd.add_origin(name, bench.disk(name, 64 * MEBIBYTE))
            bench.verify(cowherd, name)

        def line(reads):
            return lambda n: Contestant(f"{reads} % reads", cowherd, tuple(names[:n]), {
                "connections": max(LUNS), "depth": 2, "reads": reads})

        yield "luns", row(
            f"Random 4 KiB over {max(LUNS)} connections, depth 2 each", "LUNs", "thousand IOPS",
            points(bench, {"reads": line(100), "writes": line(0)}, LUNS))
        for name in names:
            bench.verify(cowherd, name)
    finally:
        cowherd.stop()


def of_snapshots(bench):
    """One origin that gets more and more snapshots. Each step's first writes have a range of their own, that no snapshot has yet."""
    cowherd = Cowherd(bench.work, "many")
    size, mapped = 1024 * MEBIBYTE, 4 * MEBIBYTE
    fresh = (size - mapped) // len(SNAPSHOTS) // bench.rounds // 65536 * 65536
    try:
        cowherd.add_origin("many", bench.disk("many", size))
        bench.verify(cowherd, "many")
        series = {"origin reads": [], "overwrites": [], "first writes": []}
        taken = 0
        for step, count in enumerate(SNAPSHOTS):
            while taken < count:
                cowherd.add_snapshot("many", f"many-{taken}", lv_size="1100M")
                taken += 1

            def load(label, **options):
                return Contestant(label, cowherd, ("many",), {"depth": 32, **options})

            bench.run(load("preparation", reads=0, block=65536, depth=8, order="shuffled", length=mapped, seconds=600, warmup=0))
            results = bench.in_turn([load("origin reads", length=mapped), load("overwrites", reads=0, length=mapped)])
            first = [bench.run(load("first writes", reads=0, order="shuffled", warmup=0, length=fresh,
                                    offset=mapped + (step * bench.rounds + number) * fresh)) for number in range(bench.rounds)]
            for label, found in {**results, "first writes": first}.items():
                series[label].append((count, thousands(found)))
        yield "snapshots", row("Random 4 KiB on an origin, depth 32", "snapshots", "thousand IOPS", series, log_y=True)
        for disk in ("many", "many-0", "many-7", f"many-{taken - 1}"):
            bench.verify(cowherd, disk)
    finally:
        cowherd.stop()


def write_store(path, count, seed):
    """A COW store in the kernel's format with `count` exceptions, in random order of the origin's chunks. Its data are holes."""
    origin_chunks = array.array("Q", range(count))
    random.Random(seed).shuffle(origin_chunks)
    with open(path, "wb") as store:
        store.write(struct.pack("<4I", 0x70416E53, 1, 1, CHUNK // 512))
        for area in range(count // RECORDS_OF_AREA + 1):
            at = 1 + area * (RECORDS_OF_AREA + 1)
            chunks = origin_chunks[area * RECORDS_OF_AREA:(area + 1) * RECORDS_OF_AREA]
            store.seek(at * CHUNK)
            store.write(b"".join(struct.pack("<2Q", chunk, at + 1 + slot) for slot, chunk in enumerate(chunks)))
        store.truncate((at + 2 + RECORDS_OF_AREA) * CHUNK)


def of_exceptions(bench):
    """Takes a snapshot with a store that has them: how long that is, what it adds to the heap, and reads of what is mapped."""
    reads, seconds, mebibytes = [], [], []
    cowherd = Cowherd(bench.work, "exceptions")
    try:
        for count in EXCEPTIONS:
            origin, name, store = f"origin{count}", f"many{count}", bench.work / f"{count}.cow.img"
            write_store(store, count, count)
            cowherd.add_empty_origin(origin, count * CHUNK)
            before, started = cowherd.live_heap_mib(), time.monotonic()
            cowherd.add_snapshot(origin, name, cow_device=str(store))
            seconds.append((count, time.monotonic() - started))
            mebibytes.append((count, cowherd.live_heap_mib() - before))
            mapped = Contestant("mapped", cowherd, (name,), {"depth": 32, "length": min(count * CHUNK, READ_RANGE)})
            bench.run(mapped, order="shuffled", seconds=600, warmup=0)  # all of it is in the page cache from now on
            reads.append((count, thousands(bench.in_turn([mapped])["mapped"])))
    finally:
        cowherd.stop()
    yield "exceptions", row("Random 4 KiB reads of mapped chunks, depth 32", "exceptions", "thousand IOPS", {"snapshot": reads})
    yield "exceptions-load", row("Taking a snapshot with such a store", "exceptions", "seconds", {"load": seconds}, log_y=True)
    yield "exceptions-memory", row("What it adds to the heap", "exceptions", "MiB", {"heap": mebibytes}, log_y=True)


def measure(bench, names):
    if {"connections", "depth"} & set(names):
        yield from of_servers(bench, names)
    if "luns" in names:
        yield from of_luns(bench)
    if "snapshots" in names:
        yield from of_snapshots(bench)
    if any(name.startswith("exceptions") for name in names):
        yield from of_exceptions(bench)
