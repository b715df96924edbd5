"""Runs the load generator against contestants in turn, A B C A B C, and makes ratios of what comes."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess


QUIET = 0.15


class WrongData(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Disk:
    """A patterned file and the file of its generations."""

    image: pathlib.Path
    state: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A server's disks with the options of a load: what is run once a round."""

    label: str
    server: object
    disks: tuple[str, ...]
    options: dict

    def words(self, **more):
        words = []
        for key, value in {**self.options, **more}.items():
            if value is True:
                words.append(f"--{key}")
            elif value is not None:
                words += [f"--{key}", str(value)]
        words.append(str(self.server.port))
        for disk in self.disks:
            words += map(str, self.server.disks[disk])
        return words


@dataclasses.dataclass(frozen=True)
class Ratio:
    """IOPS of one contestant over another's, round by round; of anything else if `of` says so."""

    over: str
    under: str
    goal: float | None = None
    of: str = "iops"
    at_most: bool = False

    def values(self, results):
        return [a[self.of] / b[self.of] for a, b in zip(results[self.over], results[self.under]) if b[self.of] and a[self.of]]

    def summary(self, results):
        found = {**dataclasses.asdict(self), **spread(self.values(results))}
        if self.goal is not None:
            found["reached"] = found["median"] <= self.goal if self.at_most else found["median"] >= self.goal
        return found


class Bench:
    tries = 2

    def __init__(self, programs, initiator, work, seconds, rounds, warmup):
        self.programs, self.work = programs, work
        self.load = programs / ("load-libiscsi" if initiator == "libiscsi" else "load")
        self.seconds, self.rounds, self.warmup = seconds, rounds, warmup
        self.seed = 0

    def disk(self, name, size):
        disk = Disk(self.work / f"{name}.img", self.work / f"{name}.state")
        self.seed += 1
        subprocess.run([self.programs / "load", "fill", disk.image, disk.state, str(size), str(0xC0 + self.seed)], check=True)
        return disk

    def settle(self):
        """Has the disks written back, so that no run pays for the writes of the one before."""
        for pattern in ("*.img", "**/*.cow"):
            for file in self.work.glob(pattern):
                with open(file, "rb") as opened:
                    os.fsync(opened.fileno())

    def start(self, contestant, **more):
        self.seed += 1
        defaults = {"seconds": self.seconds, "warmup": 0.2, "seed": self.seed, "server-pid": contestant.server.pid}
        words = [self.load, "run", *contestant.words(**{**defaults, **contestant.options, **more})]
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, contestant, process):
        output, errors = process.communicate()
        if process.returncode == 3:
            raise WrongData(f"{contestant.label}: {errors}")
        if process.returncode != 0:
            raise RuntimeError(f"{contestant.label}: {' '.join(map(str, process.args))}: {errors}")
        return json.loads(output)

    def run(self, contestant, **more):
        self.settle()
        return self.finish(contestant, self.start(contestant, **more))

    def run_undisturbed(self, contestant, **more):
        """A run in which others took less than QUIET of a core; else the quietest of some. Its result has no say in that."""
        runs = []
        for _ in range(self.tries):
            runs.append(self.run(contestant, **more))
            if runs[-1]["others_cpu"] <= QUIET:
                break
        return min(runs, key=lambda run: run["others_cpu"])

    def in_turn(self, contestants, prepare=lambda contestant, number: {}):
        """One warm-up each, then the rounds. `prepare` gives further options for a round; round -1 is the warm-up."""
        results = {contestant.label: [] for contestant in contestants}
        for contestant in contestants:
            self.run(contestant, seconds=self.warmup, **prepare(contestant, -1))
        for number in range(self.rounds):
            for contestant in contestants:
                results[contestant.label].append(self.run_undisturbed(contestant, **prepare(contestant, number)))
        return results

    def verify(self, server, disk, **options):
        """Reads the whole disk and looks at each byte."""
        whole = Contestant(f"{server.name}/{disk}", server, (disk,), {
            "block": 262144, "depth": 8, "order": "shuffled", "whole": True, "seconds": 600, "warmup": 0, **options})
        return self.run(whole)["checked_units"]


def spread(values):
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)} if values else {"median": 0, "min": 0, "max": 0}
