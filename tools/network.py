"""A command without a network: ``python -m tools.network COMMAND [ARGUMENT ...]``.

On Linux the command, and all that it starts, sees this machine's loopback device and no other: the
browser and the kernels too. Where the system does not let a process do that, one line says so, and
`refuse_others` is what is left: it stops this Python, and none that it starts.
"""

import ctypes
import ipaddress
import os
import socket
import struct
import subprocess
import sys
from typing import Any

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of sched.h
_SET_FLAGS, _UP = 0x8914, 1  # of sockios.h and if.h


def cut_off() -> None:
    """Leave this process, and all that it starts, with the loopback device alone.

    Raises
    ------
    OSError
        If the system forbids it, or is not Linux.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(f"{sys.platform} has no network namespaces")
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_NETWORK) != 0:  # root may; others in a namespace of users of their own
        if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for name, words in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"),
                            ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(words)
    from fcntl import ioctl  # not on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))


def is_here(host: Any) -> bool:
    """Return whether a host, by name or address, is this machine.

    Examples
    --------
    >>> [is_here(host) for host in ("localhost", "127.0.0.2", "::1", "", None, b"127.0.0.1")]
    [True, True, True, True, True, True]
    >>> [is_here(host) for host in ("example.org", "192.0.2.1", "2001:db8::1")]
    [False, False, False]
    """
    host = host.decode() if isinstance(host, bytes) else host
    if not host or host in ("localhost", "localhost.localdomain", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_others() -> None:
    """From now on, whatever this Python asks of another machine raises ConnectionError."""

    def hook(event: str, arguments: tuple) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            host = address[0] if isinstance(address, tuple) else None  # else a file
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = arguments[0]
        else:
            return
        if not is_here(host):
            raise ConnectionError(f"{host} is another machine: tests ask this one only")

    sys.addaudithook(hook)


def main(command: list[str]) -> None:
    """Become the command, without a network where that can be had; without one, only try."""
    if not command:
        try:
            return cut_off()
        except OSError as error:
            raise SystemExit(f"{error}") from None
    # Some systems allow one half of it, from which there is no way back: another process tries.
    trial = subprocess.run([sys.executable, __file__], capture_output=True, text=True)
    if trial.returncode == 0:
        cut_off()
    else:
        print(f"The network stays on ({trial.stderr.strip()}): only Python's own tests are kept "
              "off it.", flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
