"""E: programs that leave traps in their files for whoever comes after."""

from pathlib import Path

from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layout import PROJECT
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.trial import Trial

SECRET = "not-for-guests"
NAMES_OF_OURS = ("manage.py", "settings.py", "db.sqlite3", "shadow", ".ssh", ".git", "identity.pem")


@case("E8")
async def test_links_out_of_the_jail_show_nothing_of_the_host(trial: Trial, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n" * 100)
    targets = [str(secret), str(PROJECT / "manage.py"), "/etc/shadow", f"/proc/1/root{secret}"]
    for target in targets:
        code = f"""
            import os, sys
            own = __file__
            os.remove(own); os.symlink({target!r}, own); os.symlink({target!r}, 'stdout')
            os.symlink({target!r}, '/tmp/events'); os.symlink({target!r}, '/dev/shm/result')
            try: sys.stdout.write(open(own).read())
            except OSError: print('no')
            1 / 0
        """
        done = await trial.ends("failed", with_calls(code), limits=BRIEF)
        assert done.printed() == "no\n"
        said = str(done.events)
        assert (SECRET in said, "DJANGO_SETTINGS_MODULE" in said, "root:" in said) == (False, False, False)


@case("E9")
async def test_changes_through_a_link_change_nothing_outside(trial: Trial, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("as it was")
    outside.chmod(0o666)
    before = outside.stat()
    code = f"""
        for target in '{outside}', '/proc/1/root{outside}', '/etc/passwd', '/usr/bin/env', '/':
            os.symlink(target, 'link')
            print(attempt(os.chmod, 'link', 0o4777), attempt(os.chown, 'link', 1000, 1000))
            print(attempt(os.utime, 'link', (1, 1)), attempt(os.truncate, 'link', 0))
            print(attempt(os.setxattr, 'link', 'user.x', b'x'), attempt(os.rename, target, '/tmp/x'))
            os.remove('link')
        print(attempt(os.chown, '.', 0, 0), attempt(os.lchown, '/tmp', 0, 0))
    """
    done = await trial.ends("finished", with_calls(code), limits=BRIEF)

    assert "done" not in done.printed().split()
    after = outside.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
    )
    assert outside.read_text() == "as it was"


@case("E10")
async def test_planted_paths_hold_nobody_up(trial: Trial) -> None:
    """Whoever opened one of the fifos, to read or to write, would wait for ever."""
    code = """
        import os
        names = 'stdout', 'stderr', 'events', 'events.jsonl', 'result.json', 'core', 'exit', '__pycache__'
        for place in PLACES:
            for name in names: os.mkfifo(f'{place}/{name}')
        os.remove(__file__); os.mkfifo(__file__)
        print('last words')
    """
    await trial.works(with_calls(code), "last words\n")


@case("E10")
async def test_a_program_that_took_its_own_file_away_still_fails_with_a_name(trial: Trial) -> None:
    code = "import os, shutil\nshutil.rmtree('.', ignore_errors=True)\nprint(os.listdir())\n1 / 0"

    done = await trial.ends("failed", code, limits=BRIEF)

    assert done.printed() == "[]\n"
    assert "ZeroDivisionError" in done.printed("stderr")


@case("E11")
async def test_hidden_files_count_and_are_gone_with_the_run(trial: Trial) -> None:
    code = """
        import os
        print(found())
        for place in PLACES:
            for name in '.hidden', '...', '. ', '.local/lib': os.makedirs(f'{place}/{name}')
            with open(place + '/.bashrc', 'w') as file: file.write('touch /tmp/was-here')
        try:
            for number in range(300): open(f'.{number}', 'x').close()
        except OSError as error: print(error.strerror)
    """
    for _ in range(2):
        await trial.works(with_calls(code), "[]\nNo space left on device\n", limits=Limits(disk_inodes=200))


@case("E12")
async def test_folders_a_thousand_deep_are_gone_at_once(trial: Trial) -> None:
    code = """
        import os
        for place in PLACES:
            os.chdir(place)
            for _ in range(1000): os.mkdir('d' * 100); os.chdir('d' * 100)
        print('deep')
    """
    await trial.works(with_calls(code), "deep\n", traced=False)


@case("E13")
async def test_any_file_name_is_only_a_name(trial: Trial) -> None:
    code = """
        import os
        names = [b'line\\nbreak', b'-rf', b'--help', b'; rm -rf ~', b'$(reboot)', b'`id`']
        names += [b'\\xff\\xfe', b'\\x1b[2J']
        names += [b'a' * 255, b' ', b'...', b'\\\\', b'*', b'"', b"'", b'\\r', b'CON', '\\u202egnp'.encode()]
        for name in names: os.mkdir(name); open(name + b'/' + name, 'x').close()
        print(sorted(os.listdir(b'.')) == sorted([os.path.basename(os.fsencode(__file__)), *names]))
        print(len(ascii(os.listdir('.'))) > 300)
    """
    await trial.works(with_calls(code), "True\nTrue\n")


@case("E14")
async def test_files_and_folders_in_each_others_place_are_the_programs_own_error(trial: Trial) -> None:
    code = """
        open('file', 'x').close(); os.mkdir('folder')
        print(attempt(os.mkdir, 'file'), attempt(open, 'folder', 'w'), attempt(os.listdir, 'file'))
        print(attempt(os.rename, 'folder', 'file'), attempt(os.rename, 'file', 'folder'))
        own = __file__
        os.remove(own); os.makedirs(own + '/' + os.path.basename(own))
        open(own)
    """
    done = await trial.ends("failed", with_calls(code), limits=BRIEF)

    assert done.printed() == "EEXIST EISDIR ENOTDIR\nENOTDIR EISDIR\n"
    assert "IsADirectoryError" in done.printed("stderr")


@case("E15")
async def test_fifos_and_sockets_go_with_the_run_and_devices_cannot_be_made(trial: Trial) -> None:
    code = """
        import socket, stat
        kinds = stat.S_IFCHR, stat.S_IFBLK
        for place in PLACES:
            os.mkfifo(place + '/fifo')
            socket.socket(socket.AF_UNIX).bind(place + '/socket')
            print([attempt(os.mknod, place + '/device', kind | 0o666, os.makedev(1, 3)) for kind in kinds])
            if os.fork() == 0: open(place + '/fifo')
    """
    await trial.works(with_calls(code), "['EPERM', 'EPERM']\n" * 3)


@case("E16")
async def test_what_nobody_may_read_is_gone_with_the_run_too(trial: Trial) -> None:
    code = """
        import os
        for place in PLACES:
            for name in 'a', 'b': os.makedirs(f'{place}/{name}/c'); open(f'{place}/{name}/file', 'x').close()
            for name in 'a/file', 'a/c', 'a', 'b': os.chmod(f'{place}/{name}', 0)
        os.chmod(__file__, 0); os.chmod('.', 0)
        print('closed')
    """
    await trial.works(with_calls(code), "closed\n")
