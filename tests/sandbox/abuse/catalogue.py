"""The cases: what is tried in or at a jail, and what must come of it.

`CASES` maps an id such as "A1" to its Case. The table below is the only place that words them; the tests name
them by id with `@case`, and the page on security shows the same table.
"""

from dataclasses import dataclass

SECTIONS = {
    "A": "Time",
    "B": "Memory",
    "C": "Processes and threads",
    "D": "Output",
    "E": "Files",
    "F": "Requests",
    "G": "Kernel surface",
    "H": "The service",
}
SOURCES = {
    "S": "snekbox",
    "P": "Piston",
    "J": "Jobe and CodeRunner",
    "C": "codejail",
    "B": "bubblewrap",
    "N": "nsjail",
    "I": "isolate",
    "V": "a published incident",
    "R": "reading a peer's source",
    "X": "nobody: no peer tests it",
}
MUST_WORK = "works: "
UNTESTABLE: dict[str, str] = {}  # id -> why no host could ever try it


@dataclass(frozen=True)
class Case:
    """One case; `sources` are keys of SOURCES. One that `must_work` is an honest program, not an attack."""

    id: str
    sources: str
    title: str
    must: str

    @property
    def must_work(self) -> bool:
        return self.must.startswith(MUST_WORK)


_TABLE = """
A1 | SJC | a busy loop | cpu_limit
A2 | C | a sleep past the limit | wall_limit
A3 | C | processor time and wall time used up, each alone | cpu_limit and wall_limit, told apart
A4 | JC | a limit raised for one lesson, and one raised too far | used as given; over the maximum: refused
A5 | V | limits of zero, less than zero, NaN, infinite, huge | refused, the field named
A6 | V | limits that are no numbers | refused, the field named
A7 | C | reading /dev/urandom for ever | cpu_limit
A8 | X | SIGTERM and SIGINT ignored | wall_limit; Stop ends it as well
A9 | X | the program and its children stop themselves with SIGSTOP | wall_limit; Stop ends it as well
A10 | S | one long call into C that never looks for signals | cpu_limit; Stop ends it as well
A11 | XV | a double-forked child in a session of its own that holds stdout | ended with the program
A12 | X | stdout and stderr closed, then a loop | cpu_limit or wall_limit
A13 | V | text without a line end, not flushed, when the limit comes | delivered
A14 | X | an event loop blocked by a call that waits | wall_limit
A15 | X | a task that swallows CancelledError | wall_limit; Stop ends it as well
A16 | X | a thread that is no daemon, or an exit handler, that never ends | wall_limit
B1 | SJC | one huge allocation | memory_limit
B2 | S | memory taken by many children together | memory_limit
B3 | S | several programs at once, each near its limit | works: the limit is each run's own
B4 | X | anonymous memory shared between processes | memory_limit
B5 | X | SharedMemory as large as the disk limit, larger, and sparse | works up to it; beyond: disk_limit
B6 | X | a file without a name, memfd | refused by the kernel or memory_limit
B7 | SI | memory pushed out to swap | counted all the same: memory_limit
B8 | JX | recursion with the recursion limit lifted | ended by a signal or memory_limit
B9 | X | a slow leak | memory_limit
B10 | X | regular expression, big integer and zip bombs | cpu_limit or memory_limit
B11 | V | a flood of output | the runner's own memory stays flat
B12 | C | a program near its memory limit starts another | works: the child runs
C1 | SPJ | a fork bomb | process_limit
C2 | SJC | one child after the other up to the limit | as many as allowed, then EAGAIN
C3 | X | a thread bomb | process_limit
C4 | SX | thread and process pools, 64 threads, subprocess, subinterpreters | works: as on any machine
C5 | V | two programs at once, each near its process limit | works: the limit is each run's own
C6 | X | signals to everybody, to process 1, to the parent, to the helper | reach nobody outside
C7 | V | a hundred children in sessions of their own when the program ends | none survives
C8 | V | a set-uid bit on a program of one's own, then started | nobody's rights but one's own
C9 | B | the runner is killed while a program runs | the program is dead within 1 s
C10 | C | the practice internet or the runner's helper dies while a program runs | the next run has it again
C11 | X | exec of another program, a shell, pip | same jail, same limits
D1 | SPJ | a flood on stdout | output_limit
D2 | X | 200 MB without a line end | output_limit; the runner's memory stays flat
D3 | X | a flood on stderr | output_limit
D4 | S | one byte more than allowed | cut exactly there, and the cut is told
D5 | C | 2.5 MB on each stream where that is allowed | works: all of it arrives
D6 | SJ | bytes that are no UTF-8 | replaced
D7 | SC | every lone surrogate, D800 to DFFF | replaced or the program's own error; never ours
D8 | JX | accents, emoji, right-to-left text | works: arrives as written
D9 | S | stdout and stderr in turns | works: each stream in order, nothing lost
D10 | JX | ANSI and OSC sequences, NUL, carriage returns | arrive as text, and do nothing
D11 | X | HTML and script | arrive as text, and stay text on the page
D12 | CX | forged events on stdout and on the event pipe | stdout stays text; checked, renumbered or dropped
D13 | R | characters of many bytes across the borders of chunks | arrive whole
D14 | X | as many two-byte writes as the machine can do | put together into few events
D15 | R | a reader that does not read | the program waits; the runner's memory is bounded
D16 | CX | an uncaught exception | the traceback shows the lesson's frames only
E1 | S | writing to /, /etc, /lib, /lib64, the product's own folder, /usr | refused by the kernel
E2 | SP | /tmp, /var/tmp, /run/lock, /dev/shm | private to the run, or not there
E3 | SCJ | writing to the home folder | works: it is the program's own
E4 | SPC | one file beyond the disk limit | disk_limit
E5 | CX | as many small files as go in | disk_limit at the limit of inodes
E6 | S | sparse files up to a pebibyte | refused by the kernel; nothing is taken on the host
E7 | S | a farm of symbolic links | counted as files; no harm
E8 | V | a link out of the jail, for the host to read through | the host reads no file of a jail
E9 | V | chown and chmod through a link | nothing outside changes
E10 | V | a path planted where the host might write | the host writes to no path of a jail
E11 | S | hidden files | gone with the run
E12 | S | folders a thousand deep | made, and gone with the run at once
E13 | S | file names with line breaks, quotes, control and broken characters | allowed; no harm
E14 | S | a file where a folder is expected, and the other way round | the program's own error
E15 | IX | fifos, sockets and device nodes left behind | no devices; the rest is gone with the run
E16 | C | files and folders of mode 0 left behind | gone with the run
E17 | CB | /etc/passwd and shadow, settings, database, other users' code | not to be read
E18 | C | looking for other jails | none is seen
E19 | PI | a second run looks for what the first left | nothing is there
E20 | I | hard links to files of the system | refused by the kernel
E21 | S | mounting over, twice, and in a race | refused by the kernel
F1 | SPV | a file name that climbs out of its folder | refused, the field named
F2 | S | an absolute file name | refused, the field named
F3 | S | NUL in names, code and input | refused, the field named, or text as any other
F4 | S | odd but legal file names | works: the program runs under them
F5 | SJ | wrong types, unknown messages, what is no message at all | refused; ends that connection only
F6 | BSV | names and words that look like options | taken as text
F7 | S | an interpreter that is not on the list, or is a path | refused, the field named
F8 | X | a request, a program or an input that is too large | refused, the field named
F9 | J | a lesson, a version or a field that does not exist | refused, the field named
F10 | X | watching or stopping somebody else's run | refused as if there were no such run
G1 | CPN | the outside by name, by address, IPv4, IPv6, DNS | cannot be reached
G2 | VX | the host's own ports on loopback | cannot be reached
G3 | X | loopback servers and clients, port 0, unix sockets, signals to oneself | works: as on any machine
G4 | V | asking for the network in a request | refused: there is no such field
G5 | X | abstract unix sockets of the host | cannot be reached
G6 | IX | VSOCK, packet, ALG and raw sockets, changes through netlink | refused by the kernel
G7 | I | keyrings: add_key, keyctl, request_key | refused by the kernel
G8 | IV | io_uring | refused by the kernel
G9 | I | 32-bit and x32 calls, personality | refused by the kernel
G10 | NX | ptrace, process_vm_readv and _writev | refused by the kernel
G11 | X | unshare, setns, clone with new namespaces, mount, pivot_root | refused by the kernel
G12 | X | bpf, perf, userfaultfd, modules, kexec, the clock, reboot | refused by the kernel
G13 | V | TIOCSTI and TIOCLINUX, also with bits set above the 32nd | refused by the kernel
G14 | BX | what rights a program has | no capability, no_new_privs, seccomp on, not root outside
G15 | X | /proc of others, /proc/1/environ, /proc/sys, /sys | closed, read-only or not there
G16 | CV | secrets in the environment | none is there
G17 | I | descriptors left open | three streams and the event pipe, nothing else
G18 | I | file locks and leases as a way from run to run | refused by the kernel, or private to the run
G19 | IX | the user id outside, of jails at the same time | each has its own where the runner started as root
G20 | IJ | core dumps | none is written
G21 | SC | a segmentation fault, abort, a broken code object | failed, the signal named
G22 | V | set-uid programs | none is in view
G23 | B | /dev | null, zero, full, random, urandom, and no terminal that is the host's
G24 | CV | a host where a layer is missing | nothing runs, and the reason is told
G25 | SV | control groups of version 2, version 1, delegated or none | the limits hold with any of them
H1 | P | many jails ending at the same time | each is cleared away once, no error
H2 | J | more programs than places | a line with positions, then a refusal
H3 | X | a short program behind long ones | gets its turn within its share
H4 | R | refused requests | free no place and take none
H5 | P | two starts, words before a start, none at all, unknown words | refused; ends that connection only
H6 | R | the connection is closed while a program runs | killed, and its place free, within 1 s
H7 | R | Stop | INT, TERM, KILL, each told, gone within 1 s
H8 | S | the runner is started again | no process of the old one is left, none is taken over
H9 | S | the free-threaded interpreter | works: the GIL is really off
H10 | CJP | input given, large, ended, and typed while the program runs | works: the program reads it
H11 | J | one person starts many runs | one at a time, and so many a minute
H12 | X | a browser that comes back | goes on after the last event it saw, none twice
H13 | X | the numbers of events | 1, 2, 3 and so on, without a gap, ended by one `end`
"""


def _read(line: str) -> Case:
    return Case(*(word.strip() for word in line.split("|")))


CASES = {case.id: case for case in map(_read, _TABLE.strip().splitlines())}
