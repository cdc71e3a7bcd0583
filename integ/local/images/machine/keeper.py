"""Boots a root directory as a machine, and takes everything away again when its standard input ends: also when its user was killed.

It is given its configuration as JSON in its argument, commands as lines of JSON on standard input, and answers with lines of JSON.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1


def say(event, **more):
    # Whoever asked may have been killed: what is left to do is done all the same.
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{json.dumps({'event': event, **more})}\n".encode())


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Volume:
    """A file that the machine sees as a block device."""

    def __init__(self, path, file):
        self.path = path
        self.device = run("losetup", "--find", "--show", file)

    def release(self):
        subprocess.run(["losetup", "--detach", self.device], check=False)

    def node(self):
        numbers = os.stat(self.device).st_rdev
        return f"{self.path}:{os.major(numbers)}:{os.minor(numbers)}"


class Group:
    """A control group of the machine's own: what its systemd makes lies below it."""

    def __init__(self, scratch, name):
        # Mounted here since a machine may have it elsewhere, or not at all; this process has its mounts for itself.
        groups = f"{scratch}/groups"
        os.mkdir(groups)
        run("mount", "-t", "cgroup2", "cgroup2", groups)
        self.groups = groups
        self.path = f"{groups}/{name}"
        os.mkdir(self.path)

    def join(self):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))

    async def empty(self):
        """Ends what is left in it, and removes the groups that are below it."""
        with contextlib.suppress(OSError):
            with open(f"{self.path}/cgroup.kill", "w", encoding="ascii") as file:
                file.write("1")
        for _ in range(100):
            busy = False
            for path, _, _ in os.walk(self.path, topdown=False):
                if path == self.path:
                    continue
                try:
                    os.rmdir(path)
                except OSError:
                    busy = True
            if not busy:
                return
            await asyncio.sleep(0.05)

    async def remove(self):
        await self.empty()
        for _ in range(100):
            try:
                os.rmdir(self.path)
                break
            except OSError:
                await asyncio.sleep(0.05)
        run("umount", "--lazy", self.groups)


async def pass_on(reader, writer):
    """From one side to the other, until it ends."""
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


class Network:
    """Connections between this machine's loopback and that of the machine that was booted, whose network is otherwise empty."""

    def __init__(self):
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.inner = None
        self.inside = []
        self.outside = []

    def enter(self, pid):
        self.leave()
        self.inner = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)

    def leave(self):
        for server in self.inside:
            server.close()
        self.inside = []
        if self.inner is not None:
            os.close(self.inner)
            self.inner = None

    def _socket(self, family, within):
        """A socket belongs to the network it was made in, wherever this process is later."""
        if not within:
            return socket.socket(family)
        if LIBC.setns(self.inner, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "the machine's network cannot be entered")
        try:
            return socket.socket(family)
        finally:
            LIBC.setns(self.own, CLONE_NEWNET)

    async def _connect(self, reader, writer, port, within):
        target = None
        try:
            target = self._socket(socket.AF_INET, within)
            target.setblocking(False)
            await asyncio.get_running_loop().sock_connect(target, ("127.0.0.1", port))
            other_reader, other_writer = await asyncio.open_connection(sock=target)
        except OSError:
            if target:
                target.close()
            # A reset, as from a port that nothing listens on: some clients wait for ever after an end without an answer.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        await asyncio.gather(pass_on(reader, other_writer), pass_on(other_reader, writer))
        other_writer.close()
        writer.close()

    async def _serve(self, family, address, port, within, target_port):
        listening = self._socket(family, within)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        return await asyncio.start_server(
            lambda reader, writer: self._connect(reader, writer, target_port, not within), sock=listening
        )

    async def reach_out(self, forward):
        """A service of this machine's loopback, at an address in the machine."""
        family = socket.AF_INET6 if ":" in forward["address"] else socket.AF_INET
        self.inside.append(await self._serve(family, forward["address"], forward["port"], True, forward["to"]))

    async def expose(self, port):
        """A port of the machine, at a free port of this machine's loopback."""
        server = await self._serve(socket.AF_INET, "127.0.0.1", 0, False, port)
        self.outside.append(server)
        return server.sockets[0].getsockname()[1]

    def close(self):
        self.leave()
        for server in self.outside:
            server.close()


class Machine:
    def __init__(self, config):
        self.config = config
        self.scratch = config["scratch"]
        os.mkdir(self.scratch, 0o700)
        self.group = Group(self.scratch, config["id"])
        self.volumes = []
        self.network = Network()
        self.changes = config.get("changes") or f"{self.scratch}/changes"
        self.process = None
        self.pid = None
        self.ending = None
        for volume in config["volumes"]:
            self.volumes.append(Volume(volume["path"], volume["file"]))

    def _prepare(self):
        for name in ("upper", "work"):
            os.makedirs(f"{self.changes}/{name}", exist_ok=True)
        given = f"{self.scratch}/given"
        shutil.rmtree(given, ignore_errors=True)
        os.makedirs(given)
        for path, content in self.config["files"].items():
            file = f"{given}{path}"
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w", encoding="utf-8") as opened:
                opened.write(content)

    def _environment(self):
        addresses = {forward["address"] for forward in self.config["forwards"]}
        return {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "ROOT": self.config["root"],
            "CHANGES": self.changes,
            "SCRATCH": self.scratch,
            "MACHINE": self.config["name"],
            "ADDRESSES": " ".join(sorted(address for address in addresses if not address.startswith("127.") and address != "::1")),
            "HOSTS": "".join(f"{address} {name}\n" for name, address in self.config["hosts"].items()),
            "VOLUMES": " ".join(volume.node() for volume in self.volumes),
        }

    def _in_group(self):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self.group.join()

    async def start(self):
        self._prepare()
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private"]
        command += ["--uts", "--ipc", "--net", "--cgroup", "bash", f"{HERE}/first.sh"]
        with open(f"{self.scratch}/first.log", "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                preexec_fn=self._in_group,
            )
        self.ending = asyncio.ensure_future(self._ended(self.process))
        self.pid = await self._first_process()
        if self.pid is None:
            return
        self.network.enter(self.pid)
        for forward in self.config["forwards"]:
            await self.network.reach_out(forward)
        say("started", pid=self.pid)

    async def _first_process(self):
        """The process that is the machine's first one, once it is systemd and its network is set up."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        while self.process.returncode is None:
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(children, encoding="ascii") as file:
                    pid = int(file.read().split()[0])
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    if file.read().strip() == "systemd":
                        return pid
            await asyncio.sleep(0.02)
        return None

    async def _ended(self, process):
        code = await process.wait()
        self.pid = None
        self.network.leave()
        await self.group.empty()
        # The kernel tells a restart of the machine from its end by the signal that its first process seems to have died of.
        if code in (-signal.SIGHUP, 128 + signal.SIGHUP):
            say("restarting")
            await self.start()
        else:
            with open(f"{self.scratch}/first.log", encoding="utf-8", errors="replace") as log:
                say("ended", code=code, reason=log.read()[-2000:])

    async def kill(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            await self.ending

    async def remove(self):
        await self.kill()
        self.network.close()
        await self.group.remove()
        for volume in self.volumes:
            volume.release()
        shutil.rmtree(self.scratch, ignore_errors=True)


async def serve(machine, lines):
    await machine.start()
    while line := await lines.readline():
        command = json.loads(line)
        try:
            if command["do"] == "kill":
                await machine.kill()
                say("killed")
            elif command["do"] == "start":
                await machine.start()
            elif command["do"] == "expose":
                say("exposed", port=await machine.network.expose(command["port"]))
            elif command["do"] == "forward":
                machine.config["forwards"].append(command["forward"])
                await machine.network.reach_out(command["forward"])
                say("forwarded")
        except OSError as problem:
            say("problem", reason=str(problem))


async def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    machine = Machine(json.loads(sys.argv[1]))
    try:
        await serve(machine, lines)
    finally:
        await machine.remove()
        say("removed")


asyncio.run(main())
