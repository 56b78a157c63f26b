"""Runs a training in its environment; what to do stands in order.json beside this file.

Makes a virtual environment from a requirements file (kept and shared between builds), runs the
command in the current directory and ends with its exit code. After a success it leaves
environment.json: which Python and which libraries there were. Needs nothing but Python's own
library, from 3.8 on.
"""

import ast
import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
PATIENCE_SECONDS = 5
USER, PASSWORD = "MODEL_TO_ECS_PIP_USER", "MODEL_TO_ECS_PIP_PASSWORD"


class Refused(Exception):
    """Ends the training with one clear message."""


class Aborted(BaseException):
    """A signal asks this process to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


def say(line):
    try:
        print(line, flush=True)
    except OSError:  # whoever read it has gone
        sys.stdout = open(os.devnull, "w")


# --- processes ---------------------------------------------------------------------------------


class Signals:
    """Turns signals into Aborted, but for a moment in which that would lose a process."""

    held = False
    pending = None

    @classmethod
    def watch(cls):
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, cls.arrived)

    @classmethod
    def arrived(cls, number, _frame):
        cls.pending = number
        if not cls.held:
            raise Aborted(number)

    @classmethod
    @contextlib.contextmanager
    def hold(cls):
        cls.held = True
        try:
            yield
        finally:
            cls.held = False


def run(command, **options):
    """Runs a command to its end; if this process is aborted, so is all that it started."""
    process = None
    try:
        with Signals.hold():
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, start_new_session=not WINDOWS, **options
            )
        if Signals.pending is not None:
            raise Aborted(Signals.pending)
        return process.wait()
    except BaseException:
        if process is not None:
            end(process)
        raise


def end(process):
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if WINDOWS:
        subprocess.call(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)  # until nothing of the group is left
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def alive(what):
    """Says every ten seconds that something is still being done."""
    ended = threading.Event()
    started = time.monotonic()

    def tell():
        while not ended.wait(10):
            say("%s: %d s so far" % (what, time.monotonic() - started))

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


# --- requirements ------------------------------------------------------------------------------


def lines_of(path, above=()):
    """Lines of a requirements file and of those that it includes."""
    if path.resolve() in above:
        raise Refused("requirements '%s' includes itself" % path)
    above += (path.resolve(),)
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        yield line
        included = re.match(r"\s*(?:-r|-c|--requirement|--constraint)[\s=]+(\S+)", line)
        if included and "://" not in included.group(1):
            other = path.parent / included.group(1)
            if other.is_file():
                yield from lines_of(other, above)


def depends_on_files(line):
    """Whether a requirement is a folder or file, whose content this line doesn't tell."""
    return re.match(r"\s*(-e\b|--editable\b|\.|/|file:)", line) or re.search(r"@\s*file:", line)


def dependencies_of(project):
    """The dependencies that a pyproject.toml names, as requirement lines."""
    try:
        import tomllib as toml
    except ImportError:
        try:
            from pip._vendor import tomli as toml
        except ImportError:
            raise Refused(
                "requirements '%s': reading a pyproject.toml needs Python 3.11 or newer,"
                " this is %s" % (project.name, platform.python_version())
            ) from None
    try:
        table = toml.loads(project.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused("requirements '%s' is no TOML: %s" % (project.name, error)) from None
    if "dependencies" not in table.get("project", {}):
        raise Refused("requirements '%s' has no [project] dependencies" % project.name)
    return table["project"]["dependencies"]


def pip_settings():
    """pip's settings from its files and the environment, which uv doesn't read."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
        check=False,
    )
    settings = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        with contextlib.suppress(ValueError, SyntaxError):
            settings[key.rsplit(".", 1)[-1]] = str(ast.literal_eval(value))
    for key in ("index-url", "extra-index-url", "find-links"):
        value = os.environ.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            settings[key] = value
    return settings


def uv_environment(settings):
    environment = {}
    for key, name in (
        ("index-url", "UV_DEFAULT_INDEX"),
        ("extra-index-url", "UV_INDEX"),
        ("find-links", "UV_FIND_LINKS"),
        ("cert", "SSL_CERT_FILE"),
    ):
        if key in settings and name not in os.environ:
            value = settings[key].split()
            environment[name] = (",".join if name == "UV_FIND_LINKS" else " ".join)(value)
    return environment


def quoted(word):
    """A word of a netrc file."""
    return '"%s"' % re.sub(r'(["\\])', r"\\\1", word)


@contextlib.contextmanager
def credentials(lines):
    """Environment that lets pip and uv log in to the indexes that are named, and to no others."""
    user, password = os.environ.pop(USER, None), os.environ.pop(PASSWORD, None)
    if password is None:
        yield {}
        return
    named = " ".join(
        [line for line in lines if re.match(r"\s*(-i\b|--index-url|--extra-index-url)", line)]
        + [pip_settings().get(key, "") for key in ("index-url", "extra-index-url")]
        + [os.environ.get(key, "") for key in ("UV_DEFAULT_INDEX", "UV_INDEX")]
    )
    hosts = {urlsplit(url).hostname for url in re.findall(r"https?://\S+", named)}
    if not hosts:
        raise Refused(
            "pipCredentialsId is given, but no package index: name it in the requirements file"
            " (--index-url https://...) or in PIP_INDEX_URL"
        )
    folder = tempfile.mkdtemp(prefix="model-to-ecs-")  # mode 700
    try:
        netrc = Path(folder, "netrc")
        netrc.touch(mode=0o600)
        netrc.write_text(
            "".join(
                "machine %s login %s password %s\n" % (host, quoted(user), quoted(password))
                for host in sorted(hosts)
            )
        )
        yield {"NETRC": str(netrc)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- the virtual environment -------------------------------------------------------------------


def python_of(environment):
    return str(environment / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def works(environment):
    return (environment / "complete").is_file() and (
        subprocess.call(
            [python_of(environment), "-c", ""],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        == 0
        if Path(python_of(environment)).exists()
        else False
    )


def cache():
    """The folder of kept environments, or None where none can be kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(base, "model-to-ecs", "venvs")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = tempfile.TemporaryFile(dir=str(folder))
        probe.close()
        return folder
    except OSError:
        return None


@contextlib.contextmanager
def only_one(path):
    """Lets one process at a time in; the system lets go for one that is killed."""
    with open(path, "a+b") as lock:
        if WINDOWS:
            import msvcrt

            def take():
                lock.seek(0)
                msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            def take():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

        told = False
        while True:
            try:
                take()
                break
            except OSError:
                if not told:
                    say("environment: another build is making the same one; waiting for it")
                    told = True
                time.sleep(0.2)
        yield


def install(environment, requirements, what, lines):
    """Makes the environment, at the place where it stays: its scripts name that place."""
    shutil.rmtree(environment, ignore_errors=True)
    uv = shutil.which("uv")
    say("environment: %s with Python %s and %s"
        % (what, platform.python_version(), "uv" if uv else "pip"))
    started = time.monotonic()
    with credentials(lines) as login, alive("environment"):
        settings = dict(os.environ, **login)
        if uv:
            settings.update(uv_environment(pip_settings()))
            commands = [
                [uv, "venv", "--quiet", "--python", sys.executable, str(environment)],
                [uv, "pip", "install", "--python", python_of(environment)],
            ]
        else:
            try:
                import ensurepip  # noqa: F401
                import venv  # noqa: F401
            except ImportError:
                raise Refused(
                    "%s can't make a virtual environment: its modules venv and ensurepip are"
                    " missing. Install python3-venv (Debian, Ubuntu), or put uv on PATH"
                    % sys.executable
                ) from None
            settings.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
            commands = [
                [sys.executable, "-m", "venv", str(environment)],
                [python_of(environment), "-m", "pip", "install"],
            ]
        commands[-1] += ["-r", str(requirements)]
        for command in commands:
            code = run(command, env=settings)
            if code != 0:
                raise Refused("%s can't be installed: %s ended with exit code %d, see above"
                              % (what, " ".join(command[:3]), code))
    (environment / "complete").touch()
    say("environment: ready in %.1f s" % (time.monotonic() - started))


def virtual_environment(name):
    """The environment of a requirements file: as it was kept, or made anew."""
    given = Path(name)
    if not given.is_file():
        raise Refused("requirements '%s' isn't in %s" % (name, os.getcwd()))
    try:
        if given.name.endswith(".toml"):
            lines = dependencies_of(given)
            requirements = HERE / "requirements.txt"
            requirements.write_text("\n".join(lines), encoding="utf-8")
        else:
            lines = list(lines_of(given))
            requirements = given
    except UnicodeDecodeError as error:
        raise Refused("requirements '%s' isn't UTF-8: %s" % (name, error)) from None
    kept = None if any(map(depends_on_files, lines)) else cache()
    if kept is None:
        environment = HERE / "venv"
        install(environment, requirements, name, lines)
        return environment
    identity = [lines, sys.version, os.path.realpath(sys.executable), platform.platform()]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
    environment = kept / key
    if works(environment):
        say("environment: %s as it was made before" % name)
        return environment
    with only_one(kept / (key + ".lock")):
        if not works(environment):
            install(environment, requirements, name, lines)
    return environment


# --- the training ------------------------------------------------------------------------------


def settings_for(environment, params):
    settings = dict(os.environ)
    if environment is not None:
        programs = os.path.dirname(python_of(environment))
        settings["PATH"] = programs + os.pathsep + settings.get("PATH", os.defpath)
        settings["VIRTUAL_ENV"] = str(environment)
        settings.pop("PYTHONHOME", None)
    settings.setdefault("PYTHONUNBUFFERED", "1")
    settings.update(params)
    return settings


def record(python):
    """Leaves environment.json, whole or not at all."""
    found = subprocess.run(
        [python, str(HERE / "environment.py")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    unfinished = HERE / "environment.json.part"
    unfinished.write_bytes(found.stdout)
    os.replace(unfinished, HERE / "environment.json")


def train(order):
    environment = None
    if order["requirements"]:
        environment = virtual_environment(order["requirements"])
    settings = settings_for(environment, order["params"])
    for name in (USER, PASSWORD):
        settings.pop(name, None)
    say("training: %s" % order["train"])
    started = time.monotonic()
    command = order["train"] if WINDOWS else ["/bin/sh", "-e", "-c", order["train"]]
    code = run(command, shell=WINDOWS, env=settings)
    if code == 0:
        record(sys.executable if environment is None else python_of(environment))
        say("training: done in %.1f s" % (time.monotonic() - started))
        return 0
    code = 128 - code if code < 0 else code
    say("training: ended with exit code %d after %.1f s" % (code, time.monotonic() - started))
    return code


def main():
    Signals.watch()
    try:
        return train(json.loads((HERE / "order.json").read_text(encoding="utf-8")))
    except Refused as refused:
        print("training: %s" % refused, file=sys.stderr, flush=True)
        return 1
    except Aborted as aborted:
        say("training: aborted")
        return 128 + aborted.number


sys.exit(main())
