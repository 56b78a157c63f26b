"""How much memory, disk and CPU this container may use."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Bytes that this process can still allocate: what the machine has and the cgroup's limit leaves."""
    values = [_machine_available(), _cgroup_available()]
    known = [value for value in values if value is not None]
    return min(known) if known else None


def resident_memory() -> int:
    """Bytes of physical memory that this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:  # no /proc in a bare chroot: the most that it held
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_disk(folder: Path) -> int:
    """Bytes that an unprivileged process can still write below ``folder``."""
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def is_memory(folder: Path) -> bool:
    """Whether what is written to ``folder`` takes memory (tmpfs) rather than disk."""
    folder = folder.resolve()
    best, kind = -1, ""
    try:
        mounts = Path("/proc/self/mounts").read_text()
    except FileNotFoundError:  # no /proc in a bare chroot, and nothing mounted
        return False
    for line in mounts.splitlines():
        _, mount, filesystem, *_ = line.split()
        if folder.is_relative_to(mount) and len(mount) >= best:
            best, kind = len(mount), filesystem
    return kind in ("tmpfs", "ramfs")


def cpus() -> int:
    """CPUs that this process may use: its affinity, capped by the cgroup's quota, at least one."""
    count = len(os.sched_getaffinity(0))
    quota = _cpu_quota()
    if quota is not None:
        count = min(count, round(quota))
    return max(1, count)


def _cpu_quota() -> float | None:
    fields = _read("cpu.max")  # version 2
    if fields is None:  # version 1
        fields = f"{_read('cpu/cpu.cfs_quota_us') or -1} {_read('cpu/cpu.cfs_period_us') or 1}"
    limit, period = fields.split()
    return None if limit in ("max", "-1") else int(limit) / int(period)


def _cgroup_available() -> int | None:
    for limit_file, usage_file, stat_file, cache in (
        ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        (
            "memory/memory.limit_in_bytes",
            "memory/memory.usage_in_bytes",
            "memory/memory.stat",
            "total_inactive_file",
        ),
    ):
        limit, usage = _read(limit_file), _read(usage_file)
        if limit is None or usage is None or limit == "max":
            continue
        stat = dict(line.split() for line in (_read(stat_file) or "").splitlines())
        return max(0, int(limit) - int(usage) + int(stat.get(cache, 0)))
    return None


def _machine_available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except FileNotFoundError:  # no /proc in a bare chroot
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _read(name: str) -> str | None:
    try:
        return (_CGROUP / name).read_text().strip()
    except OSError:
        return None
