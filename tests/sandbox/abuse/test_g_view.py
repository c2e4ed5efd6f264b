"""G: what a program sees of the machine, and what it is to the machine."""

import ast
import os

from studyapp.sandbox.client import RunHandle
from tests.sandbox.abuse.footprint import processes_in_jail_with
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.trial import Attempt, Trial
from tests.sandbox.helpers import until_printed

WAITING = "print('up', flush=True)\ninput()"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def status_of(pid: int) -> dict[str, str]:
    """What the host says of a process."""
    with open(f"/proc/{pid}/status") as lines:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def start_waiting(attempt: Attempt, owner: str = "") -> RunHandle:
    """A program that is there until it is abandoned."""
    handle = await attempt.start(WAITING, interactive=True, owner=owner)
    await until_printed(handle, "up")
    return handle


def seen_from_outside(filename: str) -> list[dict[str, str]]:
    """The processes of the jail whose program has this file, as the host sees them."""
    return [status_of(pid) for pid in processes_in_jail_with(filename)]


@case("G14")
async def test_no_process_of_a_jail_has_any_right(trial: Trial) -> None:
    async with trial.attempt(BRIEF) as attempt:
        handle = await start_waiting(attempt)
        processes = seen_from_outside(attempt.filenames[-1])
        await handle.aclose()
    assert len(processes) >= 2
    for status in processes:
        assert {name: int(status[name], 16) for name in CAPABILITIES} == dict.fromkeys(CAPABILITIES, 0), (
            status
        )
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status
        assert "0" not in (status["Uid"] + "\t" + status["Gid"]).split(), status
        assert status["Groups"] in ("", "65534"), status


@case("G14")
async def test_no_right_can_be_had_back(trial: Trial) -> None:
    code = """
        import resource
        ways = {
            'setuid': (os.setuid, 0), 'setgid': (os.setgid, 0), 'setgroups': (os.setgroups, [0]),
            'setresuid': (os.setresuid, 0, 0, 0), 'nice': (os.nice, -5),
            'chown': (os.chown, __file__, 0, 0), 'port 81': (bind, 81),
            'other id': (os.setuid, 1001), 'real time': (os.sched_setscheduler, 0, 1, os.sched_param(1)),
        }
        answers = {name: attempt(*words) for name, words in ways.items()}
        PR_SET_NO_NEW_PRIVS, PR_SET_SECUREBITS, PR_SET_SECCOMP, PR_CAP_AMBIENT = 38, 28, 22, 47
        answers['new privileges'] = call('prctl', PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)
        answers['secure bits'] = call('prctl', PR_SET_SECUREBITS, 0, 0, 0, 0)
        answers['no seccomp'] = call('prctl', PR_SET_SECCOMP, 0, 0, 0, 0)
        answers['ambient'] = call('prctl', PR_CAP_AMBIENT, 2, 21, 0, 0)
        for name in 'NPROC', 'NOFILE', 'FSIZE', 'MEMLOCK', 'AS':
            soft, hard = resource.getrlimit(getattr(resource, 'RLIMIT_' + name))
            try: resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (hard, hard + 1))
            except (ValueError, OSError): continue
            answers[name] = 'done'
        print([name for name, answer in answers.items() if answer == 'done'])
    """
    bind = "import socket\ndef bind(port): socket.socket().bind(('127.0.0.1', port))\n"
    await trial.works(with_calls(bind) + with_calls(code), "[]\n")


@case("G15")
async def test_proc_and_sys_give_nothing_away_and_take_nothing(trial: Trial) -> None:
    code = """
        taken = []
        for folder, _, files in os.walk('/proc/sys'):
            for name in files:
                path = os.path.join(folder, name)
                try: before = open(path, 'rb').read()
                except OSError: before = b'0'
                if overwrite(path, before) == 'done': taken.append(path)
        for name in 'sysrq-trigger', 'self/uid_map', 'self/gid_map', 'self/setgroups', 'mtrr':
            if overwrite('/proc/' + name, b'0') == 'done': taken.append(name)
        closed = 'kcore', 'kmsg', '1/environ', '1/mem', 'slabinfo', 'vmallocinfo', 'timer_list', 'keys'
        for name in closed:
            try:
                with open('/proc/' + name, 'rb') as file:
                    if file.read(64): taken.append(name)
            except OSError: pass
        if os.path.exists('/proc/kallsyms'):
            taken += [line for line in open('/proc/kallsyms') if line.split()[0].strip('0')][:3]
        print(taken, os.listdir('/sys') if os.path.exists('/sys') else [])
    """
    await trial.works(with_calls(code), "[] []\n", traced=False)


@case("G15")
async def test_only_the_jails_own_processes_are_in_proc(trial: Trial) -> None:
    code = "import os\nprint(len([name for name in os.listdir('/proc') if name.isdecimal()]) <= 4)"
    async with trial.attempt(BRIEF) as attempt:
        others = [await start_waiting(attempt) for _ in range(3)]
        done = await attempt.follow(await attempt.start(code), "finished")
        for other in others:
            await other.aclose()
    assert done.printed() == "True\n"


@case("G17")
async def test_only_the_streams_and_the_event_pipe_are_open(trial: Trial) -> None:
    code = """
        import subprocess, sys
        links = ['/proc/self/fd/' + name for name in os.listdir('/proc/self/fd')]
        kinds = {link: os.readlink(link).split(':')[0] for link in links if os.path.lexists(link)}
        look = 'import os; print(sorted(os.listdir("/proc/self/fd"))[:-1])'
        print(len(kinds), set(kinds.values()), flush=True)
        subprocess.run([sys.executable, '-c', look], close_fds=False)
    """
    await trial.works(with_calls(code), "4 {'pipe'}\n['0', '1', '2']\n")


@case("G19")
async def test_jails_at_the_same_time_are_different_users_outside(trial: Trial) -> None:
    if os.geteuid() != 0:
        cannot_test("G19", "the runner was not started as root, so all jails are the user who started it")
    async with trial.attempt(BRIEF) as attempt:
        handles = [await start_waiting(attempt, owner=str(number)) for number in range(3)]
        seen = [seen_from_outside(filename) for filename in attempt.filenames]
        for handle in handles:
            await handle.aclose()
    users = [{word for status in processes for word in status["Uid"].split()} for processes in seen]
    assert len(set().union(*users)) == sum(map(len, users)), users
    assert "0" not in set().union(*users)


@case("G22")
async def test_no_set_uid_program_and_no_device_is_in_view(trial: Trial) -> None:
    code = """
        import stat
        found = []
        for folder, folders, files in os.walk('/'):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in ('/proc', '/dev')]
            for name in files:
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                if mode & (stat.S_ISUID | stat.S_ISGID) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                    found.append(path)
                if mode & 0o111 and 'security.capability' in os.listxattr(path, follow_symlinks=False):
                    found.append(path)
        print(found)
    """
    done = await trial.ends("finished", with_calls(code), limits=BRIEF, traced=False)

    assert ast.literal_eval(done.printed()) == []


@case("G22")
async def test_a_set_uid_bit_gives_nothing(trial: Trial) -> None:
    code = """
        import shutil, subprocess, sys
        for place in PLACES:
            shutil.copy('/usr/bin/env', place + '/env'); os.chmod(place + '/env', 0o6755)
            look = 'import os; print(os.getresuid(), os.getresgid())'
            subprocess.run([place + '/env', sys.executable, '-c', look])
    """
    await trial.works(with_calls(code), "(1000, 1000, 1000) (1000, 1000, 1000)\n" * 3)


@case("G23")
async def test_dev_has_five_harmless_devices(trial: Trial) -> None:
    code = """
        import stat
        kinds = {}
        for name in os.listdir('/dev'):
            status = os.lstat('/dev/' + name)
            if stat.S_ISCHR(status.st_mode):
                kinds[name] = os.major(status.st_rdev), os.minor(status.st_rdev)
            elif not stat.S_ISLNK(status.st_mode) and name != 'shm': kinds[name] = oct(status.st_mode)
        print(dict(sorted(kinds.items())))
        print(open('/dev/zero', 'rb').read(2), open('/dev/null', 'rb').read())
        print(len(open('/dev/urandom', 'rb').read(8)))
        print(overwrite('/dev/full', b'x'), attempt(os.open, '/dev/new', os.O_CREAT))
    """
    numbers = {"full": (1, 7), "null": (1, 3), "random": (1, 8), "urandom": (1, 9), "zero": (1, 5)}
    await trial.works(with_calls(code), f"{numbers}\nb'\\x00\\x00' b''\n8\nENOSPC EROFS\n")
