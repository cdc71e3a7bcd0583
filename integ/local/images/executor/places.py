"""Where steps run: in a root directory that has been given what a machine mounts, or in a machine that has been booted."""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time

from .problems import Refused, StepFailed

LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP = 24
CLONE_NEWNS = 0x00020000
# A step is root of the image, and not of the machine that the image is made on: no clock, kernel module, restart or raw device.
CAPABILITIES_LEFT_OUT = {"SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_BOOT": 22, "SYS_TIME": 25}
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


class Place:
    """Runs functions and programs within a machine's files."""

    #: A file with the certificates that downloads trust, as this process sees it.
    trust = None

    def __init__(self, environment):
        self.environment = {**ENVIRONMENT, **environment}

    def enter(self):
        raise NotImplementedError

    def restart(self):
        raise NotImplementedError

    def call(self, work):
        """What a function gives when it runs within the machine's files."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                self.enter()
                answer = {"value": work()}
            except StepFailed as problem:
                answer = {"problem": str(problem)}
            except OSError as problem:
                answer = {"problem": f"{problem.strerror}: {problem.filename}"}
            except BaseException as problem:  # pylint: disable=broad-except
                answer = {"problem": repr(problem)}
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        answer = json.loads(text)
        if "problem" in answer:
            raise StepFailed(answer["problem"])
        return answer["value"]

    def execute(self, arguments, deadline):
        """Its exit code, what it wrote to standard output, and what it printed in all."""
        try:
            child = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                start_new_session=True,
                preexec_fn=self.enter,
            )
        except OSError as problem:
            raise StepFailed(f"{arguments[0]} cannot be run: {problem.strerror}") from None
        output, printed = bytearray(), bytearray()
        with selectors.DefaultSelector() as selector:
            for stream in (child.stdout, child.stderr):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            ended = False
            # What a step leaves running in the background may keep its output open: it is not waited for.
            while selector.get_map() and not ended:
                ended = child.poll() is not None
                for key, _ in selector.select(0 if ended else 0.2):
                    chunk = key.fileobj.read()
                    if not chunk:
                        selector.unregister(key.fileobj)
                        continue
                    printed += chunk
                    if key.fileobj is child.stdout:
                        output += chunk
                if not ended and time.monotonic() > deadline:
                    self._kill(child)
                    raise StepFailed("it took longer than its time limit", None, printed.decode(errors="replace"))
        while child.poll() is None:
            if time.monotonic() > deadline:
                self._kill(child)
                raise StepFailed("it took longer than its time limit", None, printed.decode(errors="replace"))
            time.sleep(0.05)
        return child.returncode, output.decode(errors="replace"), printed.decode(errors="replace")

    @staticmethod
    def _kill(child):
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _mount(*arguments):
    done = subprocess.run(["mount", *arguments], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"`mount {' '.join(arguments)}` failed: {done.stderr.strip()}")


DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"}
POLICY = "usr/sbin/policy-rc.d"
OURS = "run/cdk-atlantis"
# What is renamed into place is whole, whoever else does the same.
KEEP = f"""cd /var/cache/apt/archives || exit 0
for file in *.deb; do
  [ -e "$file" ] && [ ! -e "/{OURS}/apt/cache/$file" ] || continue
  cp "$file" "/{OURS}/apt/cache/.$file.$$" && mv "/{OURS}/apt/cache/.$file.$$" "/{OURS}/apt/cache/$file"
done
"""


class Root(Place):
    """A root directory. This process has mount and process namespaces of its own, and goes away with all that it has mounted."""

    def __init__(self, directory, hosts, trusted, apt_cache):
        super().__init__({"DPKG_FORCE": "unsafe-io"})
        self.directory = os.path.realpath(directory)
        self.hosts = hosts
        self.trusted = trusted
        self.apt_cache = apt_cache
        self.placed = []

    def at(self, path):
        return os.path.join(self.directory, path)

    def __enter__(self):
        for path in ("proc", "sys", "dev", "run", "tmp", "etc"):
            if not os.path.isdir(self.at(path)):
                raise Refused(f"{self.directory} is not the root of a system: it has no /{path}")
        _mount("--bind", self.directory, self.directory)
        _mount("-t", "proc", "proc", self.at("proc"))
        # Settings of the kernel are those of the machine that the image is made on.
        _mount("--bind", self.at("proc/sys"), self.at("proc/sys"))
        _mount("-o", "remount,ro,bind", self.at("proc/sys"))
        _mount("-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", self.at("sys"))
        self._devices()
        self._volatile()
        self._names()
        self._packages()
        return self

    def __exit__(self, *_):
        for path in self.placed:
            os.remove(path)

    def _devices(self):
        _mount("-t", "tmpfs", "-o", "mode=0755,nosuid", "tmpfs", self.at("dev"))
        umask = os.umask(0)
        for name, (major, minor) in DEVICES.items():
            os.mknod(self.at(f"dev/{name}"), 0o20666, os.makedev(major, minor))
        os.umask(umask)
        for name, target in LINKS.items():
            os.symlink(target, self.at(f"dev/{name}"))
        for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5"), ("shm", "tmpfs", "mode=1777")):
            os.mkdir(self.at(f"dev/{name}"))
            _mount("-t", kind, "-o", options, kind, self.at(f"dev/{name}"))

    def _volatile(self):
        """What a restart empties."""
        _mount("-t", "tmpfs", "-o", "mode=0755,nosuid,nodev", "tmpfs", self.at("run"))
        os.makedirs(self.at("run/lock"))
        os.chmod(self.at("run/lock"), 0o1777)
        _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", self.at("tmp"))
        certificates = [_read(file).rstrip("\n") + "\n" for file in self.trusted]
        self.trust = self.at(f"{OURS}/trust.pem")
        _write(self.trust, "".join(certificates))
        for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO"):
            self.environment[name] = f"/{OURS}/trust.pem"
        name_servers = self.at("etc/resolv.conf")
        if os.path.islink(name_servers):
            target = os.path.normpath(os.path.join("/etc", os.readlink(name_servers)))
            if target.startswith("/run/"):
                _write(self.at(target[1:]), _read("/etc/resolv.conf"))

    def _names(self):
        """Names of the network are this machine's; none of the files that say so is a part of the image."""
        name_servers = self.at("etc/resolv.conf")
        if not os.path.islink(name_servers):
            if not os.path.exists(name_servers):
                _write(name_servers, "")
                self.placed.append(name_servers)
            _mount("--bind", "/etc/resolv.conf", name_servers)
        if self.hosts:
            lines = "".join(f"{address} {name}\n" for name, address in self.hosts)
            # For the downloads of this process as well, which has the namespace for itself.
            for target in (self.at("etc/hosts"), "/etc/hosts"):
                changed = self.at(f"{OURS}/hosts-{len(target)}")
                _write(changed, lines + _read(target))
                _mount("--bind", changed, target)

    def _packages(self):
        """Packages start no service, since there is no machine yet that it would run on; and are not downloaded twice."""
        policy = self.at(POLICY)
        if not os.path.exists(policy):
            _write(policy, "#!/bin/sh\nexit 101\n", 0o755)
            self.placed.append(policy)
        if self.apt_cache and os.path.isdir(self.at("var/cache/apt/archives")):
            os.makedirs(self.apt_cache, exist_ok=True)
            scratch = self.at(f"{OURS}/apt")
            for name in ("upper", "work", "cache"):
                os.makedirs(f"{scratch}/{name}")
            layers = f"lowerdir={self.apt_cache},upperdir={scratch}/upper,workdir={scratch}/work"
            _mount("-t", "overlay", "-o", layers, "overlay", self.at("var/cache/apt/archives"))
            _mount("--bind", self.apt_cache, f"{scratch}/cache")
            # Before a step may empty it.
            _write(self.at(f"{OURS}/apt/keep.sh"), KEEP)
            _write(self.at(f"{OURS}/apt/apt.conf"), f'DPkg::Pre-Invoke {{ "sh /{OURS}/apt/keep.sh"; }};\n')
            self.environment["APT_CONFIG"] = f"/{OURS}/apt/apt.conf"

    def enter(self):
        os.chroot(self.directory)
        os.chdir("/")
        os.umask(0o022)
        for capability in CAPABILITIES_LEFT_OUT.values():
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)

    def restart(self):
        """As far as a root can: no process is left, and what lies in memory is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        subprocess.run(["umount", "--lazy", self.at("tmp")], check=True)
        _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", self.at("tmp"))
        for name in os.listdir(self.at("run")):
            if name not in ("cdk-atlantis", "lock", "systemd"):
                subprocess.run(["rm", "--recursive", "--force", self.at(f"run/{name}")], check=True)


class Machine(Place):
    """A machine that was booted: this process is in all its namespaces but that of its files, which each step enters."""

    def __init__(self, pid, trusted):
        super().__init__({})
        self.files = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.trust = trusted[0] if len(trusted) == 1 else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.files)

    def enter(self):
        if LIBC.setns(self.files, CLONE_NEWNS) != 0:
            sys.exit("the machine's files cannot be entered")
        os.chdir("/")
        os.umask(0o022)

    def restart(self):
        raise StepFailed("it asked for a restart, which a machine that is tested is not given here")
