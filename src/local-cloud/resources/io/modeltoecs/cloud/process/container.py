"""Runs a program in an image's unpacked root file system, as plain processes of this machine.

    python3 container.py run FOLDER             starts what FOLDER/spec.json says and stays till it ends
    python3 container.py exec FOLDER COMMAND... runs a command beside it

In FOLDER, `run` writes output.log (each line with the time it was printed) and, each in one step:
state.json once the program runs, failed.json where it could not be started, exit.json when it has
ended. It is a process of its own, so that it outlives the cloud, whose next process reads the files.
"""

import ctypes
import json
import os
import signal
import stat
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x20000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
LAST_OUTPUT_SECONDS = 5
MAX_LINE_BYTES = 256 * 1024
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


class Refused(Exception):
    """Why the program can't be started."""


def inside(root, path):
    """Where a path of the container lies on this machine; its links never lead out of the root."""
    at, left, links = root, [p for p in path.split("/") if p], 0
    while left:
        part = left.pop(0)
        if part == "." or part == ".." and at == root:
            continue
        if part == "..":
            at = os.path.dirname(at)
            continue
        step = os.path.join(at, part)
        if os.path.islink(step):
            links += 1
            if links > 40:
                raise Refused(f"too many symbolic links in {path}")
            target = os.readlink(step)
            left = [p for p in target.split("/") if p] + left
            at = root if target.startswith("/") else at
        else:
            at = step
    return at


def executable(spec, name):
    """Fails as container engines do where there is no such command."""
    folders = [""] if "/" in name else spec["environment"].get("PATH", "/usr/bin:/bin").split(":")
    for folder in folders:
        file = inside(spec["root"], os.path.join(spec["directory"], folder, name))
        if os.path.isfile(file) and os.stat(file).st_mode & 0o111:
            return
    raise Refused(f'exec: "{name}": executable file not found in $PATH')


def make_devices(root):
    """What programs expect in /dev, as far as this user may make it."""
    dev = inside(root, "/dev")
    os.makedirs(os.path.join(dev, "shm"), exist_ok=True)
    os.chmod(os.path.join(dev, "shm"), 0o1777)
    for name, (major, minor) in DEVICES.items():
        file = os.path.join(dev, name)
        if not os.path.lexists(file):
            try:
                os.mknod(file, stat.S_IFCHR | 0o666, os.makedev(major, minor))
                os.chmod(file, 0o666)
            except PermissionError:
                if name == "null":
                    Path(file).touch(0o666)
                    os.chmod(file, 0o666)


def mount_what_may_be(spec):
    """/proc, and a read-only root, for this process and what it starts: as far as root may mount here."""
    if LIBC.unshare(CLONE_NEWNS) != 0 or not mount(None, "/", MS_REC | MS_PRIVATE):
        return
    root = spec["root"]
    if spec["readOnly"]:
        mount(root, root, MS_BIND | MS_REC)
    os.makedirs(inside(root, "/proc"), exist_ok=True)
    mount("/proc", inside(root, "/proc"), MS_BIND | MS_REC)
    for path, folder in spec["writable"].items():
        mount(folder, inside(root, path), MS_BIND)
    if spec["readOnly"]:
        mount(root, root, MS_BIND | MS_REMOUNT | MS_RDONLY)


def mount(source, target, flags):
    return LIBC.mount(source and source.encode(), target.encode(), None, flags, None) == 0


def enter(spec, argv):
    """Becomes the program."""
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    environment = spec["environment"]
    if spec["bubblewrap"]:
        bind = "--ro-bind" if spec["readOnly"] else "--bind"
        command = [spec["bubblewrap"], bind, spec["root"], "/", "--dev", "/dev", "--bind", "/proc", "/proc"]
        for path, folder in spec["writable"].items():
            command += ["--bind", folder, path]
        command += ["--unshare-user", "--uid", str(spec["uid"]), "--gid", str(spec["gid"])]
        command += ["--die-with-parent", "--chdir", spec["directory"], "--", *argv]
        os.execve(command[0], command, environment)
    mount_what_may_be(spec)
    os.chroot(spec["root"])
    os.chdir(spec["directory"])
    os.setgroups(spec["groups"])
    os.setgid(spec["gid"])
    os.setuid(spec["uid"])
    os.execvpe(argv[0], argv, environment)


def run(folder):
    spec = json.loads((folder / "spec.json").read_text())
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        if not spec["bubblewrap"]:
            make_devices(spec["root"])
        executable(spec, spec["arguments"][0])
        program, output = start(spec)
    except (OSError, Refused) as error:
        write(folder / "failed.json", {"error": str(error)})
        return
    copying = threading.Thread(target=copy, args=(output, folder / "output.log"), daemon=True)
    copying.start()
    write(
        folder / "state.json",
        {"supervisor": os.getpid(), "supervisorStart": start_time(os.getpid()), "process": program},
    )
    code = None
    while code is None:
        pid, status = os.wait()
        if pid == program:
            code = os.waitstatus_to_exitcode(status)
    end_rest()
    copying.join(LAST_OUTPUT_SECONDS)
    write(folder / "exit.json", {"exitCode": 128 - code if code < 0 else code})


def start(spec):
    """Starts the program; returns its process id and what it prints to."""
    output, its_output = os.pipe()
    failure, its_failure = os.pipe()
    program = os.fork()
    if program == 0:
        try:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(its_output, 1)
            os.dup2(its_output, 2)
            enter(spec, spec["arguments"])
        except BaseException as error:
            os.write(its_failure, str(error).encode())
        finally:
            os._exit(127)
    os.close(its_output)
    os.close(its_failure)
    # It is closed, without a word, by the exec that succeeds.
    said = os.read(failure, 4096).decode()
    if said:
        os.waitpid(program, 0)
        raise Refused(said)
    return program, output


def copy(output, log):
    """Each line with its time, as container engines print it; long ones in pieces."""
    rest = b""
    with open(log, "ab", buffering=0) as file:
        while data := os.read(output, 65536):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            if lines:
                now = datetime.now(timezone.utc).isoformat().encode() + b" "
                file.write(b"".join(now + line + b"\n" for line in lines))
        if rest:
            file.write(datetime.now(timezone.utc).isoformat().encode() + b" " + rest + b"\n")


def end_rest():
    """A container ends with its first process. What that left has become a child of this one."""
    while children := [pid for pid, parent in parents().items() if parent == os.getpid()]:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for _ in children:
            try:
                os.wait()
            except ChildProcessError:
                return


def parents():
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = stat_fields(int(name))
        if fields:
            found[int(name)] = int(fields[1])
    return found


def stat_fields(pid):
    """/proc/PID/stat from the state on (the name before it may hold anything)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid):
    return int(stat_fields(pid)[19])


def write(path, value):
    new = path.with_name("." + path.name)
    new.write_text(json.dumps(value))
    os.replace(new, path)


def main():
    mode, folder = sys.argv[1], Path(sys.argv[2])
    if mode == "run":
        os.setsid()
        run(folder)
    else:
        enter(json.loads((folder / "spec.json").read_text()), sys.argv[3:])


if __name__ == "__main__":
    main()
