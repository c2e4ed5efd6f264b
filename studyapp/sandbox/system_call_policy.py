"""What a learner's program may ask of the kernel, by the names of the system calls. Data only.

A call is allowed, refused with an error that says so, or decided by an argument (`system_call_arguments`).
What no list names fails with ENOSYS, as on a kernel that does not have it, so that libraries fall back on
what they did before. That holds for calls yet to be invented, and on purpose for: clone3, whose flags no
filter can read; memfd_create, the System V calls and io_setup, memory and slots that no limit counts;
landlock_*, pkey_*, cachestat and the like, which no ordinary program needs.
"""

import errno

_EVERY_MOMENT = """
futex read write epoll_wait epoll_pwait clock_nanosleep sched_yield munmap mprotect brk close
openat newfstatat fstat stat lseek rt_sigaction rt_sigprocmask rt_sigreturn getpid gettid recvfrom
sendto poll getrandom clock_gettime epoll_ctl
"""
_MEMORY = """
mremap msync mincore mlock munlock mlockall munlockall mlock2 mseal map_shadow_stack
"""
_FILES = """
open creat openat2 lstat statx statfs fstatfs access faccessat faccessat2 readv writev pread64 pwrite64
preadv pwritev preadv2 pwritev2 getdents getdents64 getcwd chdir fchdir rename renameat renameat2 mkdir
mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat mknod mknodat chmod
fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime utimes futimesat utimensat truncate
ftruncate fallocate fadvise64 readahead fsync fdatasync sendfile copy_file_range splice tee getxattr
lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat removexattr lremovexattr
fremovexattr removexattrat
"""
_DESCRIPTORS = """
dup dup2 dup3 pipe pipe2 close_range select pselect6 ppoll epoll_create epoll_create1 epoll_pwait2
eventfd eventfd2 signalfd signalfd4
"""
_PROCESSES = """
fork vfork execve execveat exit exit_group wait4 waitid restart_syscall set_tid_address set_robust_list
rseq arch_prctl futex_waitv futex_wake futex_wait futex_requeue membarrier pidfd_open pidfd_send_signal
getppid getpgrp getpgid setpgid getsid setsid getcpu uname sysinfo times getrusage getrlimit setrlimit
prlimit64 getpriority setpriority ioprio_get ioprio_set sched_getaffinity
sched_getscheduler sched_getparam sched_getattr
sched_get_priority_max sched_get_priority_min sched_rr_get_interval uretprobe uprobe
"""
_USERS = """
getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid
setresgid setgroups setfsuid setfsgid capget capset
"""
_SIGNALS = """
kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo rt_sigpending rt_sigtimedwait rt_sigsuspend
sigaltstack pause
"""
_TIME = """
time gettimeofday clock_getres nanosleep alarm getitimer setitimer timer_create timer_settime
timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
"""
_MESSAGES = """
connect accept accept4 bind listen shutdown getsockname getpeername getsockopt sendmsg recvmsg sendmmsg
recvmmsg mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
"""

ALLOWED = "".join(
    (
        _EVERY_MOMENT,
        _MEMORY,
        _FILES,
        _DESCRIPTORS,
        _PROCESSES,
        _USERS,
        _SIGNALS,
        _TIME,
        _MESSAGES,
    )
).split()
"""Calls that are left to the kernel, whatever their arguments."""

_SECRETS_OF_THE_KERNEL = "keyctl add_key request_key"
_WAYS_ROUND_A_FILTER = "io_uring_setup io_uring_enter io_uring_register"
_OTHER_PROCESSES = """
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp
"""
# A filter of the guest's own has no use here, and all filters of the machine share one budget of memory.
_PROGRAMS_IN_THE_KERNEL = "bpf seccomp perf_event_open userfaultfd init_module finit_module delete_module"
_MOUNTS = """
mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree open_tree_attr
mount_setattr
"""
_NAMESPACES = "unshare setns"
_FILES_BY_HANDLE = "name_to_handle_at open_by_handle_at fanotify_init fanotify_mark"
_PLACES_OF_PAGES = """
mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages vmsplice memfd_secret
"""
# sync and syncfs would write back the file systems of the host; nothing of a jail outlives it.
_THE_MACHINE = """
kexec_load kexec_file_load reboot swapon swapoff acct syslog quotactl quotactl_fd settimeofday
clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm modify_ldt vhangup
lookup_dcookie sync syncfs
"""
# A watch on a file that all jails see tells who opens it.
_WATCHES = "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"

REFUSED: dict[int, list[str]] = {
    errno.EPERM: "\n".join(
        (
            _SECRETS_OF_THE_KERNEL,
            _WAYS_ROUND_A_FILTER,
            _OTHER_PROCESSES,
            _PROGRAMS_IN_THE_KERNEL,
            _MOUNTS,
            _NAMESPACES,
            _FILES_BY_HANDLE,
            _PLACES_OF_PAGES,
            _THE_MACHINE,
            _WATCHES,
        )
    ).split(),
    # A lock on a file that all jails see would let one signal to another.
    errno.ENOLCK: ["flock"],
    # Attributes live in the kernel's memory, which no limit counts. Copying files copes with this error.
    errno.EOPNOTSUPP: ["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
}
"""The error that each of these calls fails with, whatever its arguments."""
