"""Put walls around a process, and become it: `python walls.py ROOT READABLE... -- COMMAND...`.

On Linux a process may leave the namespaces of its system for empty ones of its own. Inside, the
machine consists of the READABLE paths, which cannot be written, and of /notebook, which lives in
memory: no network, no other processes, no sockets, and no way to rights once given up. ROOT is an
empty folder to build it on. The script exits with 97 and says why where the system allows none of
this. It is run as a file, before anything is imported that could be replaced.
"""

import ctypes
import os
import sys
from pathlib import Path

NO_WALLS = 97
WORK = "/notebook"  # where no system keeps anything
ROOM = "size=256m,mode=777"  # of WORK

# From <sched.h>, <sys/mount.h>, <sys/prctl.h> and <linux/mount.h>; the same on all processors.
NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = (
    0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
NO_SETUID, NO_DEVICES, BIND, RECURSIVE = 2, 4, 4096, 16384
DIE_WITH_PARENT, NO_NEW_RIGHTS = 1, 38
MOUNT_SETATTR, AT_CWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1


def call(name: str, *arguments: object) -> None:
    """A function of the C library; OSError where it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = (text and text.encode() for text in (source, target, kind, options))
    source, target, kind, options = texts
    call("mount", source, target, kind, ctypes.c_ulong(flags), options)


def leave() -> None:
    """Leave all namespaces; inside, an ordinary user stands for the one who started this."""
    user, group = os.geteuid(), os.getegid()
    call("unshare", NEW_USER | NEW_MOUNTS | NEW_NETWORK | NEW_PROCESSES | NEW_IPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {user} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {group} 1")


def build(root: str, readable: list[str]) -> None:
    """Build the machine that consists of the readable paths, and move into it."""
    mount("tmpfs", root, "tmpfs", NO_SETUID | NO_DEVICES, "mode=755")
    for path in readable:
        target = Path(root + path)
        if os.path.isdir(path):
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        mount(path, str(target), None, BIND | RECURSIVE, None)
    for folder in (WORK, "/tmp"):
        Path(root + folder).mkdir(exist_ok=True)
    read_only = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(read_only))
    call("syscall", MOUNT_SETATTR, AT_CWD, root.encode(), AT_RECURSIVE, read_only, size)
    mount("tmpfs", root + WORK, "tmpfs", NO_SETUID | NO_DEVICES, ROOM)
    os.chroot(root)
    os.chdir(WORK)


def main(root: str, *words: str) -> int:
    cut = words.index("--")
    readable, command = words[:cut], words[cut + 1 :]
    try:
        # Where memory runs out, this ends before anything of the teacher's.
        Path("/proc/self/oom_score_adj").write_text("1000")
        leave()
        child = os.fork()  # the first process of the new machine; when it ends, all of them do
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256
        call("prctl", DIE_WITH_PARENT, 9, 0, 0, 0)
        build(root, list(readable))
        call("prctl", NO_NEW_RIGHTS, 1, 0, 0, 0)
        os.execv(command[0], command)  # by this an ordinary user's last rights are gone
    except (OSError, AttributeError) as error:
        print(error, file=sys.stderr)
    return NO_WALLS


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
