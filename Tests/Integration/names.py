"""Host names that resolve to what a test says, for the processes that the test starts.

A process begun with `PrivateHosts.prefix` has a mount namespace of its own, in which a private
file lies over `/etc/hosts`. The machine's own file is not touched and no name server is asked.
"""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

#: Each pair of arguments is a private file and what it lies over; the command follows `--`.
MOUNT = """
while [ "$1" != -- ]; do
    mount --bind "$1" "$2" || exit 125
    shift 2
done
shift
exec "$@"
"""
#: The file keeps this size, so that a change is one write over it and never an empty file.
FILE_BYTES = 4096


class PrivateHosts:
    """Names of a test's own: `with PrivateHosts() as hosts:`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sidegate-hosts-"))
        self.file = self.folder / "hosts"
        self.names: dict[str, tuple[str, ...]] = {"localhost": ("127.0.0.1",)}
        self._write()
        pairs = [str(self.file), "/etc/hosts"]
        if os.path.exists("/etc/nsswitch.conf"):
            # A name that the file does not have is unknown at once: no name server is asked.
            switch = self.folder / "nsswitch.conf"
            switch.write_text("hosts: files\n", encoding="ascii")
            pairs += [str(switch), "/etc/nsswitch.conf"]
        # Who is not root gets a user namespace as well, in which the mount is allowed.
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        #: What a command is put behind; the command takes over the process, its signals included.
        self.prefix = ["unshare", *user, "--mount", "sh", "-c", MOUNT, "sh", *pairs, "--"]

    def __enter__(self) -> "PrivateHosts":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def set(self, name: str, addresses: Sequence[str]) -> None:
        """From now on, `name` has these addresses; without any it is unknown."""
        if addresses:
            self.names[name] = tuple(addresses)
        else:
            self.names.pop(name, None)
        self._write()

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self) -> None:
        lines = [
            f"{address} {name}\n" for name, has in self.names.items() for address in has]
        text = "".join(lines).encode("ascii")
        assert len(text) < FILE_BYTES, "too many names"
        # The mount is of this very file, so it is written in place: one renamed over it would not
        # be seen. One write within one page, so that a reader finds the old text or the new one.
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(descriptor, text.ljust(FILE_BYTES, b"\n"), 0)
        finally:
            os.close(descriptor)

    @staticmethod
    @functools.cache
    def available() -> bool:
        """Whether this machine lets a process have mounts of its own."""
        with PrivateHosts() as hosts:
            try:
                tried = subprocess.run([*hosts.prefix, "true"], capture_output=True, timeout=10)
            except (OSError, subprocess.TimeoutExpired):
                return False
            return tried.returncode == 0
