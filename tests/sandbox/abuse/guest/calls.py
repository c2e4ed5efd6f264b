"""Stands before the code of attacks, inside the jail: what they try, and how the kernel answers.

An answer is "done", or the name of the error such as "EPERM".
"""

import ctypes
import errno
import os
import platform
import re
import signal
from collections.abc import Callable

NUMBERS_OF = {
    "x86_64": """
    acct 163 add_key 248 adjtimex 159 bpf 321 chroot 161 clock_adjtime 305 clock_settime 227 clone 56
    delete_module 176 fanotify_init 300 finit_module 313 get_mempolicy 239 getpid 39 init_module 175
    ioctl 16 ioperm 173 iopl 172 kcmp 312 kexec_file_load 320 kexec_load 246 keyctl 250 linkat 265
    lookup_dcookie 212 mbind 237 memfd_create 319 migrate_pages 256 modify_ldt 154 mount 165
    move_pages 279 msgget 68 name_to_handle_at 303 open_by_handle_at 304 perf_event_open 298
    personality 135 pivot_root 155 prctl 157 process_vm_readv 310 process_vm_writev 311 ptrace 101
    quotactl 179 reboot 169 request_key 249 seccomp 317 semget 64 set_mempolicy 238 sethostname 170
    setns 308 settimeofday 164 shmget 29 swapoff 168 swapon 167 sysfs 139 syslog 103 umount2 166
    unshare 272 userfaultfd 323 ustat 136 vhangup 153
    """,
    "aarch64": """
    acct 89 add_key 217 adjtimex 171 bpf 280 chroot 51 clock_adjtime 266 clock_settime 112 clone 220
    delete_module 106 fanotify_init 262 finit_module 273 get_mempolicy 236 getpid 172 init_module 105
    ioctl 29 kcmp 272 kexec_file_load 294 kexec_load 104 keyctl 219 linkat 37 lookup_dcookie 18
    mbind 235 memfd_create 279 migrate_pages 238 mount 40 move_pages 239 msgget 186
    name_to_handle_at 264 open_by_handle_at 265 perf_event_open 241 personality 92 pivot_root 41
    prctl 167 process_vm_readv 270 process_vm_writev 271 ptrace 117 quotactl 60 reboot 142
    request_key 218 seccomp 277 semget 190 set_mempolicy 237 sethostname 161 setns 268 settimeofday 170
    shmget 194 swapoff 225 swapon 224 syslog 116 umount2 39 unshare 97 userfaultfd 282 vhangup 58
    """,
}
NUMBERS_OF_BOTH = """
    clone3 435 fsconfig 431 fsmount 432 fsopen 430 fspick 433 io_uring_enter 426 io_uring_register 427
    io_uring_setup 425 memfd_secret 447 mount_setattr 442 move_mount 429 open_tree 428 pidfd_getfd 438
    pidfd_open 434 process_madvise 440 quotactl_fd 443
"""
words = f"{NUMBERS_OF[platform.machine()]} {NUMBERS_OF_BOTH}".split()
NUMBERS = {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}
PLACES = "/home/learner", "/tmp", "/dev/shm"  # noqa: S108  # all that can be written in a jail
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def found() -> list[str]:
    """All names in PLACES but that of the program's own file."""
    own = os.path.basename(__file__)
    return [name for place in PLACES for name in os.listdir(place) if name != own]


def errno_name(number: int) -> str:
    return errno.errorcode.get(number, str(number))


def call(which: str | int, *arguments: object) -> str:
    """A raw system call by name or number; a number among the arguments fills a register."""
    number = NUMBERS[which] if isinstance(which, str) else which
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    if libc.syscall(ctypes.c_long(number), *words) >= 0:
        return "done"
    return errno_name(ctypes.get_errno())


def attempt(action: Callable[..., object], *arguments: object, **options: object) -> str:
    """Something that Python raises OSError for."""
    try:
        action(*arguments, **options)
    except OSError as error:
        return errno_name(error.errno or -1)
    return "done"


def overwrite(path: str, data: bytes) -> str:
    """What the kernel says to a write, not only to the opening."""
    opened = -1
    try:
        opened = os.open(path, os.O_WRONLY)
        os.write(opened, data)
    except OSError as error:
        return errno_name(error.errno or -1)
    finally:
        if opened >= 0:
            os.close(opened)
    return "done"


def in_child(action: Callable[[], object]) -> str:
    """What `action` returns in a fork of its own, or the signal that ended that."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(action()).encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 4096).decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(reading)
    return said if code == 0 else signal.Signals(-code).name


def in_memory(pattern: bytes) -> set[bytes]:
    """All that matches the pattern in what this process may write of its own memory."""
    matches: set[bytes] = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps.readlines():
            start, end = (int(word, 16) for word in line.split()[0].split("-"))
            if " rw" in line:
                memory.seek(start)
                matches |= set(re.findall(pattern, memory.read(end - start)))
    return matches
