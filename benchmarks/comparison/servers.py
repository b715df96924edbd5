"""The servers that are compared: started on 127.0.0.1 with ports of their own, ended by the process that was started."""

import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


class ServerFailed(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A running process, with `port`, `pid`, and `disks`: a name's (target, LUN, state file)."""

    def __init__(self, name, work, command, output=None):
        self.name = name
        self.disks = {}
        self.log = work / f"{name}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output or log, stderr=log, text=True)
        self.pid = self.process.pid

    def wait_until(self, true):
        end = time.monotonic() + PATIENCE_SECONDS
        while not true():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise ServerFailed(f"{self.name} did not come up; {self.log} ends with:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lean(Server):
    """The limit: load/responder.c."""

    def __init__(self, work, programs, disk):
        super().__init__("lean", work, [programs / "responder", disk.image], subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise ServerFailed(f"the lean responder did not start: {self.log.read_text()}")
        self.port = int(line)
        self.disks["disk"] = ("iqn.2026-11.io.cowherd.lean:disk", 0, disk.state)


class Tgtd(Server):
    """tgtd with its usual backing store (rdwr, 16 I/O threads), told to take large segments and unsolicited data."""

    SETTINGS = {"MaxRecvDataSegmentLength": "262144", "FirstBurstLength": "262144", "InitialR2T": "No", "MaxXmitDataSegmentLength": "262144",
                "HeaderDigest": "CRC32C", "DataDigest": "CRC32C"}  # if the initiator wishes them

    def __init__(self, work, disks):
        self.port = free_port()
        self.control = str(self.port % 32768)  # names its control socket
        target = "iqn.2026-11.io.cowherd.tgtd:disk"
        super().__init__("tgtd", work, ["tgtd", "-f", "-C", self.control, "--iscsi", f"portal=127.0.0.1:{self.port}"])
        self.wait_until(lambda: listens(self.port))
        self.admin("target", "new", "--targetname", target)
        for key, value in self.SETTINGS.items():
            self.admin("target", "update", "--name", key, "--value", value)
        for lun, (name, disk) in enumerate(disks.items(), 1):
            self.admin("logicalunit", "new", "--lun", str(lun), "--backing-store", str(disk.image))
            self.disks[name] = (target, lun, disk.state)
        self.admin("target", "bind", "--initiator-address", "ALL")

    def admin(self, mode, operation, *words):
        subprocess.run(["tgtadm", "-C", self.control, "--lld", "iscsi", "--mode", mode, "--op", operation, "--tid", "1", *words], check=True)

    def stop(self):
        self.process.kill()  # it keeps running after SIGTERM while it has targets
        self.process.wait()
        for left in pathlib.Path("/var/run/tgtd").glob(f"socket.{self.control}*"):
            left.unlink()


class Cowherd(Server):
    GROUP = "bench"

    def __init__(self, work, data="cowherd"):
        self.port, self.http = free_port(), free_port()
        self.data = work / data
        super().__init__("cowherd", work, [
            REPOSITORY / "bin/cowherd", "serve", "--data", self.data,
            "--portal", f"127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http}"])
        self.wait_until(self.is_ready)
        self.token = (self.data / "token").read_text().strip()

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/health/ready") as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/v1{path}", json.dumps(body).encode() if body else None,
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            raise ServerFailed(f"{method} {path}: {refused.read().decode()}") from refused

    def add_origin(self, name, disk):
        volume = self.ask("POST", "/volumes", {"vg_name": self.GROUP, "lv_name": name, "device": str(disk.image)})
        self.disks[name] = (volume["target"], volume["lun"], disk.state)

    def add_empty_origin(self, name, size):
        volume = self.ask("POST", "/volumes", {"vg_name": self.GROUP, "lv_name": name, "lv_size": size})
        self.disks[name] = (volume["target"], volume["lun"], "-")

    def add_snapshot(self, origin, name, **more):
        """A snapshot; its generations are those of the origin now."""
        volume = self.ask("POST", f"/volumes/{self.GROUP}/{origin}/snapshots", {"lv_name": name, "chunk_size": 4096, **more})
        state = self.disks[origin][2]
        if state != "-":
            copy = state.with_name(f"{name}.state")
            copy.write_bytes(state.read_bytes())
            state = copy
        self.disks[name] = (volume["target"], volume["lun"], state)

    def remove(self, name):
        self.ask("DELETE", f"/volumes/{self.GROUP}/{name}?withSnapshots=true&force=true")
        del self.disks[name]

    def live_heap_mib(self):
        """What is left after a collection."""
        jdk = subprocess.run([REPOSITORY / "bin/find-jdk"], check=True, capture_output=True, text=True).stdout.strip()
        histogram = subprocess.run([f"{jdk}/bin/jcmd", str(self.pid), "GC.class_histogram"], check=True, capture_output=True, text=True)
        return int(histogram.stdout.split("Total")[-1].split()[1]) / (1 << 20)
