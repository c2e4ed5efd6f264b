"""G: system calls that have no business in a program of a learner, with arguments the kernel would go by.

What would do harm on a host whose jail does not hold is asked for in a way that changes nothing there.
"""

import ast
import platform

from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.programs import BRIEF, REFUSED_CALLS, with_calls
from tests.sandbox.abuse.trial import Trial


async def answers(trial: Trial, code: str) -> dict[str, str]:
    """What the program, which fills the dict `answers`, was answered by the kernel."""
    program = f"answers = {{}}\n{with_calls(code)}\nprint(answers)\n"
    done = await trial.ends("finished", program, limits=BRIEF, traced=False)
    assert done.printed("stderr") == ""
    told: dict[str, str] = ast.literal_eval(done.printed())
    assert told
    return told


async def all_refused(trial: Trial, code: str) -> None:
    """As `answers`, each of which must be that of the filter: the kernel itself would say something else."""
    told = await answers(trial, code)
    assert {name: answer for name, answer in told.items() if answer not in REFUSED_CALLS} == {}


@case("G7")
async def test_keyrings_are_closed(trial: Trial) -> None:
    code = """
        SESSION, USER = -3, -4
        answers['add_key'] = call('add_key', b'user', b'note', b'text', 4, SESSION)
        answers['request_key'] = call('request_key', b'user', b'note', 0, SESSION)
        operations = {'get_id': 0, 'join': 1, 'search': 10, 'persistent': 22, 'capabilities': 31}
        for name, operation in operations.items():
            answers[name] = call('keyctl', operation, USER, 1, 0, 0)
    """
    await all_refused(trial, code)


@case("G8")
async def test_io_uring_is_closed(trial: Trial) -> None:
    code = """
        answers['setup'] = call('io_uring_setup', 8, ctypes.create_string_buffer(120))
        answers['enter'] = call('io_uring_enter', 0, 1, 0, 0, 0, 0)
        answers['register'] = call('io_uring_register', 0, 0, 0, 0)
    """
    await all_refused(trial, code)


@case("G9")
async def test_other_personalities_and_numberings_are_closed(trial: Trial) -> None:
    code = """
        NO_RANDOM_ADDRESSES, READ_IMPLIES_EXEC, LINUX_32, X32 = 0x40000, 0x400000, 8, 0x40000000
        for flags in NO_RANDOM_ADDRESSES, READ_IMPLIES_EXEC, LINUX_32:
            answers[f'personality {flags:x}'] = call('personality', flags)
        for name in 'getpid', 'mount', 'ptrace':
            answers[f'x32 {name}'] = call(X32 | NUMBERS[name])
        for number in 512, 520, 521, 540:
            answers[f'x32 {number}'] = call(X32 | number)
        answers['a number from the far end'] = call(-1)
        answers['upper half set'] = call('personality', 0x1_0004_0000)
    """
    await all_refused(trial, code)


@case("G9")
async def test_calls_in_the_32_bit_way_are_closed(trial: Trial) -> None:
    if platform.machine() != "x86_64":
        cannot_test("G9", f"{platform.machine()} has no int 0x80; its other parts are tried")
    code = """
        import mmap
        def old_call(number):
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(b'\\xb8' + number.to_bytes(4, 'little') + b'\\xcd\\x80\\xc3')  # mov eax; int 0x80; ret
            at = ctypes.addressof(ctypes.c_char.from_buffer(page))
            result = ctypes.CFUNCTYPE(ctypes.c_int)(at)()
            return errno_name(-result) if result < 0 else 'done'
        for name, number in {'getpid': 20, 'mount': 21, 'socketcall': 102, 'keyctl': 288}.items():
            answers[name] = in_child(lambda: old_call(number))
    """
    told = await answers(trial, code)
    assert set(told.values()) <= {*REFUSED_CALLS, "SIGSYS", "SIGSEGV"}


@case("G10")
async def test_no_process_can_be_traced_or_read(trial: Trial) -> None:
    code = """
        import signal
        ATTACH, SEIZE = 16, 0x4206
        class Span(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
        secret, taken = ctypes.create_string_buffer(b'secret'), ctypes.create_string_buffer(6)
        own, its = Span(ctypes.addressof(taken), 6), Span(ctypes.addressof(secret), 6)
        child = os.fork()
        if child == 0: signal.pause()
        answers['traceme'] = in_child(lambda: call('ptrace', 0, 0, 0, 0))
        others = [int(name) for name in os.listdir('/proc') if name.isdecimal() and int(name) != os.getpid()]
        for pid in others:
            answers[f'attach {pid}'] = call('ptrace', ATTACH, pid, 0, 0)
            answers[f'seize {pid}'] = call('ptrace', SEIZE, pid, 0, 0)
            for name in 'process_vm_readv', 'process_vm_writev':
                answers[f'{name} {pid}'] = call(name, pid, ctypes.byref(own), 1, ctypes.byref(its), 1, 0)
            answers[f'compare {pid}'] = call('kcmp', os.getpid(), pid, 0, 1, 1)
            watch = os.pidfd_open(pid)
            answers[f'descriptor {pid}'] = call('pidfd_getfd', watch, 1, 0)
            answers[f'advice {pid}'] = call('process_madvise', watch, ctypes.byref(its), 1, 20, 0)
        os.kill(child, signal.SIGKILL)
        assert taken.raw == bytes(6)
    """
    await all_refused(trial, code)


@case("G10")
async def test_the_memory_of_processes_that_are_not_the_programs_own_is_closed(trial: Trial) -> None:
    code = """
        others = [int(name) for name in os.listdir('/proc') if name.isdecimal() and int(name) != os.getpid()]
        for pid in others:
            for name in 'mem', 'environ', 'auxv', 'maps', 'stack', 'syscall', 'pagemap', 'map_files', 'io':
                look = os.listdir if name == 'map_files' else open
                answers[f'{pid} {name}'] = attempt(look, f'/proc/{pid}/{name}')
            for name in 'root', 'cwd', 'exe', 'fd/0', 'ns/mnt':
                answers[f'{pid} {name}'] = attempt(os.readlink, f'/proc/{pid}/{name}')
    """
    assert "done" not in (await answers(trial, code)).values()


@case("G11")
async def test_no_namespace_can_be_made_or_entered(trial: Trial) -> None:
    code = """
        import signal
        FLAGS = {'time': 0x80, 'mnt': 0x20000, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': 0x8000000,
                 'user': 0x10000000, 'pid': 0x20000000, 'net': 0x40000000}
        for name, flag in FLAGS.items():
            answers[f'unshare {name}'] = in_child(lambda: call('unshare', flag))
            both = flag | FLAGS['user']
            answers[f'unshare user and {name}'] = in_child(lambda: call('unshare', both))
            answers[f'clone {name}'] = in_child(lambda: call('clone', both | signal.SIGCHLD, 0, 0, 0, 0))
            arguments = (ctypes.c_uint64 * 11)(both, 0, 0, 0, signal.SIGCHLD)
            answers[f'clone3 {name}'] = in_child(lambda: call('clone3', ctypes.byref(arguments), 88))
            opened = os.open(f'/proc/self/ns/{name}', os.O_RDONLY)
            answers[f'setns {name}'] = in_child(lambda: call('setns', opened, flag))
        answers['setns 1'] = in_child(lambda: call('setns', os.pidfd_open(1), FLAGS['mnt']))
    """
    await all_refused(trial, code)


@case("G11")
async def test_nothing_can_be_mounted(trial: Trial) -> None:
    code = """
        HERE, CLONE_TREE, SET_STRING = -100, 1, 1
        opened = os.open('/', os.O_PATH)
        answers['mount'] = call('mount', b'proc', b'/tmp', b'proc', 0, 0)
        answers['remount'] = call('mount', b'none', b'/', 0, 32, 0)
        answers['bind'] = call('mount', b'/proc/1/root', b'/tmp', 0, 4096, 0)
        answers['share'] = call('mount', b'none', b'/', 0, 1 << 20, 0)
        answers['umount'] = call('umount2', b'/proc', 2)
        answers['pivot_root'] = call('pivot_root', b'.', b'.')
        answers['chroot'] = call('chroot', b'/tmp')
        answers['fsopen'] = call('fsopen', b'tmpfs', 0)
        answers['fsconfig'] = call('fsconfig', opened, SET_STRING, b'size', b'1', 0)
        answers['fsmount'] = call('fsmount', opened, 0, 0)
        answers['fspick'] = call('fspick', HERE, b'/', 0)
        answers['open_tree'] = call('open_tree', HERE, b'/', CLONE_TREE)
        answers['move_mount'] = call('move_mount', HERE, b'/tmp', HERE, b'/proc', 0)
        answers['mount_setattr'] = call('mount_setattr', HERE, b'/', 0, ctypes.create_string_buffer(32), 32)
        handle = ctypes.create_string_buffer(b'\\x80', 136)
        answers['open_by_handle_at'] = call('open_by_handle_at', opened, handle, 0)
        answers['fanotify_init'] = call('fanotify_init', 0, 0)
    """
    await all_refused(trial, code)


@case("G12")
async def test_programs_in_the_kernel_and_the_machine_itself_are_closed(trial: Trial) -> None:
    code = """
        import time
        empty, now = ctypes.create_string_buffer(208), (ctypes.c_long * 2)(int(time.time()), 0)
        answers |= {
            'bpf': call('bpf', 0, empty, 48),
            'perf_event_open': call('perf_event_open', empty, 0, -1, -1, 0),
            'userfaultfd': call('userfaultfd', 1),
            'init_module': call('init_module', b'', 0, b''),
            'finit_module': call('finit_module', -1, b'', 0),
            'delete_module': call('delete_module', b'no_such_module', 0),
            'kexec_load': call('kexec_load', 0, 0, 0, 0),
            'kexec_file_load': call('kexec_file_load', -1, -1, 0, b'', 0),
            'clock_settime': call('clock_settime', 0, now),
            'settimeofday': call('settimeofday', now, 0),
            'adjtimex': call('adjtimex', empty),
            'clock_adjtime': call('clock_adjtime', 0, empty),
            'reboot': call('reboot', 0xfee1dead, 672274793, 0x89abcdef, 0),
            'syslog': call('syslog', 10, 0, 0),
            'acct': call('acct', b'/no/such/file'),
            'swapon': call('swapon', b'/no/such/file', 0),
            'swapoff': call('swapoff', b'/no/such/file'),
            'sethostname': call('sethostname', b'practice', 8),
            'quotactl': call('quotactl', 0x80000700, 0, 0, 0),
            'mbind': call('mbind', 0, 0, 0, 0, 0, 0),
            'set_mempolicy': call('set_mempolicy', 0, 0, 0),
            'get_mempolicy': call('get_mempolicy', 0, 0, 0, 0, 0),
            'move_pages': call('move_pages', 0, 0, 0, 0, 0, 0),
            'migrate_pages': call('migrate_pages', 0, 0, 0, 0),
            'memfd_secret': call('memfd_secret', 0),
        }
        answers |= {name: call(name, 3, 0, 0) for name in ('iopl', 'ioperm', 'modify_ldt') if name in NUMBERS}
    """
    await all_refused(trial, code)


@case("G13")
async def test_nothing_can_be_typed_into_a_terminal(trial: Trial) -> None:
    code = """
        import pty
        PUSH, CONSOLE = 0x5412, 0x541C
        for request in PUSH, CONSOLE, PUSH | 0xdead << 32, CONSOLE | 1 << 63, PUSH - (1 << 32):
            for descriptor in 0, 1, 2:
                answers[f'{request:x} at {descriptor}'] = call('ioctl', descriptor, request, b'x')
    """
    await all_refused(trial, code)


@case("G13")
async def test_there_is_no_terminal(trial: Trial) -> None:
    code = """
        answers['openpty'] = attempt(os.openpty)
        for path in '/dev/tty', '/dev/ptmx', '/dev/pts/ptmx', '/dev/console', '/dev/tty0', '/dev/vcs':
            answers[path] = attempt(os.open, path, os.O_RDWR)
        answers |= {str(n): 'done' for n in (0, 1, 2) if os.isatty(n)}
    """
    assert "done" not in (await answers(trial, code)).values()
