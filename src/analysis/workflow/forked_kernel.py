"""A kernel that was forked from a process which has already imported everything: it starts in milliseconds.

The kernel is forked before its runner opens a socket or starts a thread, and waits on a pipe for the command line
that papermill would have given to a new process. From then on it is an ordinary kernel in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner


class WaitingKernel:
    """A forked process that becomes a kernel when it is told how; looks to Jupyter like a started process."""

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        told, tell = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.close(tell)
            _become_kernel(told)
        os.close(told)
        self._tell: int | None = tell
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)

    def start(self, command: list[str], environment: dict[str, str], folder: str) -> None:
        """Tell the process what papermill would have started."""
        if self._tell is None:
            raise RuntimeError("a forked kernel starts once")
        message = json.dumps([[*map(str, command)], environment, folder]).encode()
        with os.fdopen(self._tell, "wb") as pipe:
            self._tell = None
            pipe.write(message)

    def poll(self) -> int | None:
        """Exit status, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> int:
        """Exit status, when it has ended."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def dismiss(self) -> None:
        """End it if it was never started, or still runs."""
        if self._tell is not None:
            os.close(self._tell)
            self._tell = None
        if self.poll() is None:
            self.kill()
            self.wait()


def _become_kernel(told: int) -> None:
    """Wait for the command line, then run the kernel; never returns."""
    status = 1
    try:
        os.setpgid(
            0, 0
        )  # a signal for the kernel's group is for the kernel alone; whoever of the two is first
        with os.fdopen(told, "rb") as pipe:
            content = pipe.read()
        if content:
            command, environment, folder = json.loads(content)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            sys.argv = ["ipykernel_launcher", *command[command.index("ipykernel_launcher") + 1 :]]
            from ipykernel.kernelapp import IPKernelApp

            # Its default was read when the module was imported, before there was a parent to watch.
            IPKernelApp.launch_instance(argv=sys.argv[1:], parent_handle=os.getppid())
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)  # what the process it was forked from would do at its end is not this one's to do


class _Provisioner(LocalProvisioner):
    """Starts the waiting kernel instead of a new process."""

    waiting: WaitingKernel | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Tell the waiting kernel its command line; returns how to connect to it."""
        kernel = type(self).waiting
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        type(self).waiting = None
        kernel.start(cmd, {**os.environ, **kwargs.get("env", {})}, str(kwargs.get("cwd") or Path.cwd()))
        facts: dict[str, Any] = {"process": kernel, "pid": kernel.pid, "pgid": kernel.pid}
        for name, value in facts.items():
            setattr(self, name, value)
        return self.connection_info


class ForkedKernelManager(AsyncKernelManager):
    """papermill's kernel manager, with the waiting kernel; a second kernel would be an ordinary one."""

    async def _async_pre_start_kernel(self, **given: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.provisioner = _Provisioner(
                kernel_id=self.kernel_id or "forked", kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**given)


@contextlib.contextmanager
def forked(kernel: WaitingKernel) -> Any:
    """Within this block the next kernel that :class:`ForkedKernelManager` starts is this one."""
    _Provisioner.waiting = kernel
    try:
        yield ForkedKernelManager
    finally:
        _Provisioner.waiting = None
        kernel.dismiss()
