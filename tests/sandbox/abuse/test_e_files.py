"""E: programs that write and read where they must not, and fill what they may."""

import asyncio
import json
import os
from collections.abc import Iterable
from pathlib import Path

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.limits import MIB
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.trial import Trial
from tests.sandbox.helpers import until_printed

SECRET = "not-for-guests"
NAMES_OF_OURS = ("manage.py", "settings.py", "db.sqlite3", "shadow", ".ssh", ".git", "identity.pem")


def exist(paths: Iterable[str]) -> list[str]:
    """Those of the paths that there are on the host."""
    return [path for path in paths if os.path.lexists(path)]


@case("E1")
async def test_the_root_of_a_jail_can_be_written_nowhere(trial: Trial) -> None:
    """Nothing here harms a host whose jail does not hold: what is there is opened, never changed."""
    code = """
        own, written = (*PLACES, '/proc'), []
        for folder, folders, files in os.walk('/'):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in own]
            if folder.count('/') > 3: folders.clear()
            new = os.path.join(folder, 'new')
            tries = [(os.mkdir, new), (os.mknod, new), (os.symlink, 'x', new)]
            for name in files[:3]:
                old = os.path.join(folder, name)
                tries += [(os.open, old, os.O_WRONLY), (os.chmod, old, 0o755), (os.utime, old)]
            written += [words[1:] for words in tries if attempt(*words) == 'done' and folder != '/dev']
        print(written)
    """
    done = await trial.ends("finished", with_calls(code), limits=BRIEF, traced=False)

    assert done.printed() == "[]\n"


@case("E2")
async def test_folders_for_everybody_are_private_or_not_there(trial: Trial, tmp_path: Path) -> None:
    shared = "/tmp", "/dev/shm", "/var/tmp", "/run/lock", "/run/user", "/var/lock"  # noqa: S108  # in a jail
    code = f"""
        import os
        for folder in {shared}:
            print(folder, os.listdir(folder) if os.path.exists(folder) else 'none')
            if os.path.exists(folder): open(folder + '/mark-{tmp_path.name}', 'x').close()
    """
    expected = "".join(f"{folder} {'[]' if at < 2 else 'none'}\n" for at, folder in enumerate(shared))

    for _ in range(2):
        await trial.works(with_calls(code), expected)

    assert exist(f"{folder}/mark-{tmp_path.name}" for folder in shared) == []


@case("E3")
async def test_home_is_the_programs_own(trial: Trial) -> None:
    code = """
        import os, pathlib, shutil
        home = pathlib.Path.home()
        (home / 'folder').mkdir()
        (home / 'folder' / 'file').write_text('text')
        os.rename('folder', 'moved')
        os.link('moved/file', 'twice'); os.symlink('twice', 'link'); os.chmod('twice', 0o600)
        with open('link', 'a') as file: file.write(' and more')
        print(home, os.getcwd(), (home / 'moved' / 'file').read_text())
        shutil.rmtree('moved'); os.remove('twice'); os.remove('link')
    """
    await trial.works(with_calls(code), "/home/learner /home/learner text and more\n")


@case("E4")
async def test_one_file_too_large_ends_at_the_disk_limit(trial: Trial) -> None:
    limits = Limits(wall_s=10, disk_bytes=2 * MIB)
    for place in ("/home/learner", "/tmp", "/dev/shm"):  # noqa: S108  # in a jail
        code = f"with open('{place}/big', 'wb', 0) as file:\n    while True: file.write(bytes(65536))"
        done = await trial.ends("disk_limit", code, limits=limits)
        assert "No space left on device" in done.printed("stderr")


@case("E4")
async def test_all_files_together_have_one_limit(trial: Trial) -> None:
    code = """
        written = 0
        for place in PLACES:
            try:
                with open(place + '/big', 'wb', 0) as file:
                    while True: written += file.write(bytes(65536))
            except OSError: pass
        print(written)
    """
    done = await trial.ends("finished", with_calls(code), limits=Limits(wall_s=10, disk_bytes=2 * MIB))

    assert MIB < int(done.printed()) <= 2 * MIB


@case("E5")
async def test_many_small_files_end_at_the_disk_limit(trial: Trial) -> None:
    code = """
        from itertools import count, cycle
        for number, place in zip(count(1), cycle(PLACES)):
            open(f'{place}/{number}', 'x').close()
            print(number)
    """
    done = await trial.ends("disk_limit", with_calls(code), limits=Limits(wall_s=10, disk_inodes=300))

    assert 200 < int(done.printed().split()[-1]) <= 300


@case("E6")
async def test_a_sparse_file_takes_nothing_on_the_host(trial: Trial) -> None:
    code = """
        for place in PLACES:
            file = os.open(place + '/sparse', os.O_RDWR | os.O_CREAT)
            for size in 1 << 50, (1 << 63) - 1:
                print(attempt(os.ftruncate, file, size), attempt(os.posix_fallocate, file, 0, size))
                print(attempt(os.pwrite, file, b'x', size - 1))
            print(os.fstat(file).st_size)
    """
    done = await trial.ends("finished", with_calls(code), limits=Limits(wall_s=10, disk_bytes=MIB))

    answers = set(done.printed().split())
    assert answers <= {"EFBIG", "ENOSPC", "EINVAL", "0"}


@case("E7")
async def test_a_farm_of_links_is_counted_and_leads_nowhere(trial: Trial) -> None:
    code = """
        for number in range(100): os.symlink(str((number + 1) % 100), str(number))
        print(attempt(open, '0'), attempt(os.listdir, '50'), attempt(os.stat, '99'))
        os.symlink('.', 'here')
        print(attempt(os.stat, 'here/' * 41), os.path.realpath('here/' * 30))
        try:
            while True: number += 1; os.symlink('x' * 4000, str(number))
        except OSError as error: print(error.strerror, number)
    """
    done = await trial.ends("finished", with_calls(code), limits=Limits(wall_s=10, disk_inodes=500))

    loops, here, full = done.printed().splitlines()
    assert (loops, here) == ("ELOOP ELOOP ELOOP", "ELOOP /home/learner")
    assert full.startswith("No space left on device")
    assert int(full.split()[-1]) <= 500


@case("E17")
async def test_accounts_settings_and_the_site_are_not_in_view(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(SECRET)
    code = f"""
        import os, pwd, stat, sys
        def is_socket(path): return stat.S_ISSOCK(os.lstat(path).st_mode)
        big, found = ('/proc', '/usr', sys.base_prefix), []
        for folder, folders, files in os.walk('/'):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in big]
            paths = [os.path.join(folder, name) for name in folders + files]
            if '/packages' in folder: continue
            found += [path for path in paths if os.path.basename(path) in {NAMES_OF_OURS} or is_socket(path)]
        kept = '/home/learner', sys.base_prefix
        for folder in '{PROJECT}', '{tmp_path}', '/root', '/home', '/var', '/run':
            names = os.listdir(folder) if os.path.exists(folder) else []
            paths = [os.path.join(folder, name) for name in names]
            found += [path for path in paths if not any(place.startswith(path) for place in kept)]
        print(found, [(user.pw_name, user.pw_uid) for user in pwd.getpwall()])
    """
    await trial.works(with_calls(code), "[] [('learner', 1000)]\n", traced=False)


@case("E17")
async def test_what_others_ran_is_not_in_memory(trial: Trial) -> None:
    """The marker that the second program has itself shows that it would find the first one's."""
    first = "kept = 'code-of-another-1234567890'\nprint(input())"
    second = """
        kept = 'code-of-another-' + str(7 * 10 ** 9)
        print(in_memory(rb'(?:code|input)-of-another-[0-9]{10}'))
    """
    await trial.works(first, "input-of-another-1234567890\n", stdin="input-of-another-1234567890")
    for _ in range(2):
        await trial.works(with_calls(second), "{b'code-of-another-7000000000'}\n")


@case("E18")
async def test_another_jail_cannot_be_found(trial: Trial) -> None:
    victim = """
        import os, socket, subprocess, sys
        for place in '.', '/tmp', '/dev/shm': open(place + '/victims', 'x').close()
        abstract = socket.socket(socket.AF_UNIX); abstract.bind('\\0victims'); abstract.listen()
        port = socket.create_server(('127.0.0.1', 44444))
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', 'victims'])
        print('up', flush=True)
        child.wait()
    """
    seeker = """
        import socket
        files = found()
        pids = [pid for pid in range(1, 70_000) if attempt(os.kill, pid, 0) != 'ESRCH']
        words = [open(f'/proc/{pid}/cmdline').read() for pid in os.listdir('/proc') if pid.isdecimal()]
        print(files, [word for word in words if 'victims' in word], max(pids) < 100, len(pids) < 6)
        print('victims' in open('/proc/net/unix').read())
        print(attempt(socket.create_connection, ('127.0.0.1', 44444)))
        print(attempt(socket.socket(socket.AF_UNIX).connect, '\\0victims'))
        print([place for pid in pids for place in ('root', 'cwd')
               if os.path.lexists(f'/proc/{pid}/{place}/victims')])
    """
    async with trial.attempt(BRIEF) as attempt:
        hidden = await attempt.start(with_calls(victim))
        await until_printed(hidden, "up")
        seeking = await attempt.start(with_calls(seeker), traced=False)
        sought = await attempt.follow(seeking, "finished")
        await hidden.aclose()
    assert sought.printed() == "[] [] True True\nFalse\nECONNREFUSED\nECONNREFUSED\n[]\n"


@case("E19")
async def test_a_second_run_finds_nothing_of_the_first(trial: Trial) -> None:
    code = """
        import os, tempfile
        own = os.path.basename(__file__)
        print(found(), os.umask(0o777))
        print(open('/proc/sysvipc/shm').read().count('\\n') if os.path.exists('/proc/sysvipc/shm') else 1)
        for place in PLACES: os.mkdir(place + '/left'); open(place + '/' + own + 'c', 'x').close()
        os.environ['LEFT'] = 'behind'; os.chdir('/tmp')
    """
    for _ in range(3):
        await trial.works(with_calls(code), "[] 18\n1\n", filename="same.py")


@case("E20")
async def test_files_of_the_system_cannot_be_linked(trial: Trial) -> None:
    code = """
        import sys
        files = '/etc/passwd', sys.executable, os.__file__, '/usr/bin/env'
        answers = set()
        for file in files:
            opened = os.open(file, os.O_RDONLY)
            for place in PLACES:
                new = place + '/new'
                answers |= {attempt(os.link, file, new), attempt(os.link, f'/proc/self/fd/{opened}', new)}
                answers.add(call('linkat', opened, b'', -100, new.encode(), 0x1000))
        open('own', 'x').close()
        try:
            for number in range(1000): os.link('own', str(number))
        except OSError as error: print(error.strerror)
        print(sorted(answers))
    """
    done = await trial.ends("finished", with_calls(code), limits=Limits(disk_inodes=300))

    full, answers = done.printed().splitlines()
    assert full == "No space left on device"
    assert set(json.loads(answers.replace("'", '"'))) <= {"EXDEV", "EPERM", "EROFS", "ENOENT"}


@case("E21")
async def test_nothing_can_be_mounted_not_even_in_a_race(trial: Trial) -> None:
    code = """
        from threading import Thread
        answers = set()
        def race():
            for _ in range(50):
                for place in (*PLACES, '/proc', '/'):
                    place = place.encode()
                    answers.add(call('mount', b'tmpfs', place, b'tmpfs', 0, 0))
                    answers.add(call('mount', b'/', place, 0, 4096, 0))
                    answers.add(call('umount2', place, 2))
        before = open('/proc/self/mountinfo').read()
        threads = [Thread(target=race) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(answers, open('/proc/self/mountinfo').read() == before)
    """
    await trial.works(with_calls(code), "{'EPERM'} True\n", traced=False)


@case("E21")
async def test_jails_made_at_the_same_time_have_folders_of_their_own(trial: Trial) -> None:
    code = """
        import os, sys
        for place in PLACES: open(place + '/mine', 'x').close()
        print('made', flush=True)
        input()
        print([len(os.listdir(place)) for place in PLACES])
    """
    async with trial.attempt(BRIEF) as attempt:
        handles = await asyncio.gather(
            *(attempt.start(with_calls(code), interactive=True, owner=str(n)) for n in range(6))
        )
        await asyncio.gather(*(until_printed(handle, "made") for handle in handles))
        for handle in handles:
            await handle.send_input("\n")
        done = await asyncio.gather(*(attempt.follow(handle, "finished") for handle in handles))
    assert [each.printed().strip() for each in done] == ["[2, 1, 1]"] * 6
    assert exist(["/tmp/mine", "/dev/shm/mine"]) == []  # noqa: S108  # on the host
