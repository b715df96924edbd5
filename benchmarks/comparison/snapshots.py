"""Cowherd beside itself: what snapshots cost. All with chunks of 4 KiB, so that a load's blocks are whole chunks.

Each origin has 1 GiB: 0 to 64 MiB is written once its snapshots are there (4 MiB with many snapshots), so it is mapped: overwrites go
there, and reads of what is mapped. 64 to 128 MiB stays as it was. The rest is parted among the rounds: first writes go there,
each chunk once.
"""

from measure import Contestant, Ratio
from servers import Cowherd

MEBIBYTE = 1 << 20
SIZE = 1024 * MEBIBYTE
MAPPED, MAPPED_IN_MANY, UNMAPPED, FRESH = 64 * MEBIBYTE, 4 * MEBIBYTE, 64 * MEBIBYTE, 128 * MEBIBYTE
SNAPSHOTS = (0, 1, 8, 100)
STORE_MEBIBYTES = {1: 1100, 8: 512, 100: 256}

ROWS = ("overwrites", "first-writes", "snapshot-reads", "snapshot-writes")


class Family:
    """Makes origins with snapshots when a row needs them."""

    def __init__(self, bench):
        self.bench = bench
        self.cowherd = Cowherd(bench.work)

    def origin(self, name, snapshots):
        if name in self.cowherd.disks:
            return name
        disk = self.bench.disk(name, SIZE)
        self.cowherd.add_origin(name, disk)
        self.bench.verify(self.cowherd, name)
        for number in range(snapshots):
            self.cowherd.add_snapshot(name, f"{name}-{number}", lv_size=f"{STORE_MEBIBYTES[snapshots]}M")
        self.write(name, MAPPED if snapshots < 2 else MAPPED_IN_MANY)
        return name

    def write(self, name, length):
        self.bench.run(Contestant(f"preparation of {name}", self.cowherd, (name,), {
            "reads": 0, "block": 65536, "depth": 8, "order": "shuffled", "length": length, "seconds": 600, "warmup": 0}))

    def contestant(self, label, name, **options):
        return Contestant(label, self.cowherd, (name,), {"depth": 32, **options})


def fresh(bench):
    """The part of the round: options for chunks that are first written in it."""
    length = (SIZE - FRESH) // (bench.rounds * bench.tries + 1) // 65536 * 65536
    used = {}

    def prepare(contestant, _number):
        used[contestant.label] = used.get(contestant.label, 0) + 1
        return {"offset": FRESH + (used[contestant.label] - 1) * length, "length": length, "warmup": 0}

    return prepare


def measure_row(bench, family, name):
    def origins(**options):
        return [family.contestant(f"{n} snapshots", family.origin(f"origin{n}", n), reads=0, **options) for n in SNAPSHOTS]

    if name == "overwrites":
        results = bench.in_turn(origins(length=MAPPED_IN_MANY))
        return "random 4 KiB overwrites of an origin, depth 32", results, [
            Ratio(f"{n} snapshots", "0 snapshots", 0.9 if n == 100 else None) for n in SNAPSHOTS[1:]]
    if name == "first-writes":
        results = bench.in_turn(origins(order="shuffled"), fresh(bench))
        return "random 4 KiB first writes of an origin, depth 32", results, [
            Ratio(f"{n} snapshots", "0 snapshots") for n in SNAPSHOTS[1:]]
    if name == "snapshot-reads":
        origin = family.origin("origin1", 1)
        results = bench.in_turn([
            family.contestant("origin", origin, length=MAPPED),
            family.contestant("mapped", "origin1-0", length=MAPPED),
            family.contestant("unmapped", "origin1-0", offset=UNMAPPED, length=MAPPED)])
        return "random 4 KiB reads of a snapshot, depth 32", results, [
            Ratio("mapped", "origin", 0.9), Ratio("unmapped", "origin", 0.9)]
    forked = family.origin("forked", 1)
    first, over, plain = (family.contestant(label, disk, reads=0, **options) for label, disk, options in (
        ("first writes", "forked-0", {"order": "shuffled"}),
        ("overwrites", "forked-0", {"length": MAPPED_IN_MANY}),
        ("origin", forked, {"length": MAPPED_IN_MANY})))
    part = fresh(bench)
    results = bench.in_turn([plain, first, over], lambda contestant, number: part(contestant, number) if contestant is first else {})
    return "random 4 KiB writes of a snapshot, depth 32", results, [Ratio("first writes", "origin"), Ratio("overwrites", "origin")]


def measure(bench, names):
    family = Family(bench)
    try:
        for name in names:
            title, results, ratios = measure_row(bench, family, name)
            yield name, {"title": title, "results": results, "ratios": [ratio.summary(results) for ratio in ratios]}
        cowherd = family.cowherd
        for disk in cowherd.disks:
            number = disk.rpartition("-")[2]
            if not number.isdigit() or int(number) in (0, 50, 99):  # of 100 snapshots, three
                bench.verify(cowherd, disk)
    finally:
        family.cowherd.stop()
