"""Puts a program behind a container runtime's default filter of system calls (seccomp(2)).

    python3 seccomp_filter.py PROFILE COMMAND…

PROFILE is a runtime's `seccomp.json` (Debian's golang-github-containers-common has one). Where that
lets more through than Docker's default profile does, this does not. libseccomp makes the filter.
"""

import ctypes
import json
import os
import platform
import sys
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, EEXIST, ENOSYS = 1, 17, 38
COMPARISONS = {"SCMP_CMP_NE": 1, "SCMP_CMP_LT": 2, "SCMP_CMP_LE": 3, "SCMP_CMP_EQ": 4,
               "SCMP_CMP_GE": 5, "SCMP_CMP_GT": 6, "SCMP_CMP_MASKED_EQ": 7}
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
#: What https://docs.docker.com/engine/security/seccomp/ names as blocked, whatever the file says.
BLOCKED = frozenset("""
    acct add_key bpf clock_adjtime clock_settime create_module delete_module finit_module
    get_kernel_syms get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm
    iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind mount move_pages
    name_to_handle_at nfsservctl open_by_handle_at perf_event_open pivot_root process_vm_readv
    process_vm_writev ptrace query_module quotactl reboot request_key set_mempolicy setns
    settimeofday stime swapoff swapon sysfs _sysctl umount umount2 unshare uselib ustat userfaultfd
    vm86 vm86old""".split())
#: New namespaces, of which clone(2) may make none.
NAMESPACES = 0x7E020000


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int),
                ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


class Filter:
    def __init__(self) -> None:
        self.library = ctypes.CDLL("libseccomp.so.2")
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(ERRNO | EPERM)))

    def rule(self, action: int, name: str, comparisons: list[Comparison]) -> None:
        """A call that this kernel or machine does not know needs none."""
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (Comparison * max(1, len(comparisons)))(*comparisons)
        result = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, len(comparisons), array)
        if result not in (0, -EEXIST):
            raise OSError(-result, f"seccomp rule for {name}")

    def load(self) -> None:
        result = self.library.seccomp_load(self.context)
        if result:
            raise OSError(-result, "seccomp_load")


def applies(entry: dict) -> bool:
    """Whether it is for this machine and for a process without capabilities."""
    includes, excludes = entry.get("includes") or {}, entry.get("excludes") or {}
    return (not includes.get("caps") and ARCHITECTURE in includes.get("arches", [ARCHITECTURE])
            and ARCHITECTURE not in excludes.get("arches", []))


def confine(profile: dict) -> None:
    own = Filter()
    own.rule(ERRNO | ENOSYS, "clone3", [])
    own.rule(ALLOW, "clone", [Comparison(0, COMPARISONS["SCMP_CMP_MASKED_EQ"], NAMESPACES, 0)])
    for entry in filter(applies, profile["syscalls"]):
        code = entry.get("errnoRet") or EPERM
        action = ALLOW if entry["action"] == "SCMP_ACT_ALLOW" else ERRNO | code
        if action == ERRNO | EPERM:  # As all that is not named.
            continue
        comparisons = [Comparison(one["index"], COMPARISONS[one["op"]], one["value"],
                                  one["valueTwo"]) for one in entry.get("args") or []]
        for name in entry["names"]:
            if name not in BLOCKED and name not in ("clone", "clone3"):
                own.rule(action, name, comparisons)
    own.load()


if __name__ == "__main__":
    confine(json.loads(Path(sys.argv[1]).read_text()))
    os.execvp(sys.argv[2], sys.argv[2:])
