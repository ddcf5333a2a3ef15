"""Two machines for tests: network namespaces with one wire between them. Tests that need them skip where they cannot be had."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

WIRE = "wire"


class Machine(NamedTuple):
    """`namespace`: None = this machine itself, over its own loopback."""

    namespace: str | None
    address: str

    def command(self, *words: str) -> list[str]:
        return [*(("ip", "netns", "exec", self.namespace) if self.namespace else ()), *words]

    def environment(self) -> dict[str, str]:
        return {"GLOO_SOCKET_IFNAME": WIRE} if self.namespace else {}

    def unplug(self) -> None:
        """As when its power is lost: nobody is told."""
        ip("-n", self.namespace, "link", "set", WIRE, "down")


HERE = (Machine(None, "127.0.0.1"), Machine(None, "127.0.0.1"))


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    if not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("network namespaces need root and `ip` of iproute2")
    first, second = machines = tuple(Machine(f"m3ae-{os.getpid()}-{number}", f"10.77.0.{number + 1}") for number in range(2))
    try:
        for machine in machines:
            if not ip("netns", "add", machine.namespace):
                pytest.skip("this kernel or container makes no network namespaces")
        ip("link", "add", WIRE, "netns", first.namespace, "type", "veth", "peer", "name", WIRE, "netns", second.namespace)
        for machine in machines:
            ip("-n", machine.namespace, "address", "add", f"{machine.address}/24", "dev", WIRE)
            for device in ("lo", WIRE):
                ip("-n", machine.namespace, "link", "set", device, "up")
        yield machines
    finally:
        for machine in machines:
            ip("netns", "delete", machine.namespace)


def ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True).returncode == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
