"""What a program cannot do from inside, and what it still can: each tried from a run, as the program's own user."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable

import pytest
from assay.v1 import sandbox_pb2 as pb

# ruff: noqa: E501 - programs read best as they are
pytestmark = pytest.mark.docker

Run = Callable[..., Awaitable[pb.ExecutionResult]]

TRY = textwrap.dedent("""
    import ctypes, errno, os, resource, signal, socket
    libc = ctypes.CDLL(None, use_errno=True)

    def call(function, *arguments):
        "Return the name of the error of a call, or of its success."
        try:
            value = function(*arguments)
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error.errno))
        except ValueError as error:
            return str(error)
        return f"worked: {value!r}"

    def syscall(number, *arguments):
        "Make a system call; raise OSError where it is refused."
        ctypes.set_errno(0)
        value = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
        if value == -1:
            raise OSError(ctypes.get_errno(), "")
        return value
    """)

PROCESS_ONE = {
    "signal": "os.kill(1, signal.SIGTERM)",
    "interrupt": "os.kill(1, signal.SIGINT)",
    "stop": "os.kill(1, signal.SIGSTOP)",
    "kill": "os.kill(1, signal.SIGKILL)",
    "existence by signal": "os.kill(1, 0)",
    "queue a signal": "syscall(129, 1, 15, ctypes.create_string_buffer(128))",
    "signal by descriptor": "signal.pidfd_send_signal(os.pidfd_open(1), signal.SIGTERM)",
    "limits": "resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
    "read limits": "resource.prlimit(1, resource.RLIMIT_NOFILE)",
    "nice": "os.setpriority(os.PRIO_PROCESS, 1, 19)",
    "scheduler": "os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))",
    "affinity": "os.sched_setaffinity(1, {0})",
    "trace": "syscall(101, 16, 1, 0, 0)",
    "read memory by call": "syscall(310, 1, 0, 0, 0, 0, 0)",
    "write memory by call": "syscall(311, 1, 0, 0, 0, 0, 0)",
    "take a descriptor": "syscall(438, os.pidfd_open(1), 1, 0)",
    "group of processes": "os.setpgid(1, 1)",
    "read /proc/1/mem": "open('/proc/1/mem', 'rb')",
    "write /proc/1/mem": "open('/proc/1/mem', 'wb')",
    "read /proc/1/environ": "open('/proc/1/environ').read()",
    "read /proc/1/maps": "open('/proc/1/maps').read()",
    "read /proc/1/stack": "open('/proc/1/stack').read()",
    "read /proc/1/syscall": "open('/proc/1/syscall').read()",
    "read /proc/1/auxv": "open('/proc/1/auxv').read()",
    "list /proc/1/fd": "os.listdir('/proc/1/fd')",
    "write /proc/1/fd/1": "open('/proc/1/fd/1', 'wb')",
    "read /proc/1/fd/0": "open('/proc/1/fd/0', 'rb')",
    "link /proc/1/exe": "os.readlink('/proc/1/exe')",
    "link /proc/1/cwd": "os.readlink('/proc/1/cwd')",
    "link /proc/1/root": "os.readlink('/proc/1/root')",
    "out of memory score": "open('/proc/1/oom_score_adj', 'w').write('1000')",
    "name": "open('/proc/1/comm', 'w').write('x')",
    "core filter": "open('/proc/1/coredump_filter', 'w').write('0')",
    "automatic groups": "open('/proc/1/autogroup', 'w').write('19')",
}


async def test_process_one_cannot_be_touched(run: Run) -> None:
    """No call or file lets the program change, read or write process 1."""
    lines = [f"print({name!r}, call(lambda: {body}), sep=' = ')" for name, body in PROCESS_ONE.items()]
    result = await run(TRY + "\n".join(lines))
    assert result.outcome == pb.OUTCOME_OK, result.stderr.content
    answers = dict(line.split(" = ") for line in result.stdout.content.decode().splitlines())
    assert set(answers) == set(PROCESS_ONE)
    refused = {"EPERM", "EACCES", "ENOSYS", "ESRCH", "ENOENT", "EINVAL"}
    assert {name: answer for name, answer in answers.items() if answer not in refused} == {}


ENOSYS, EPERM, EAFNOSUPPORT = "ENOSYS", "EPERM", "EAFNOSUPPORT"

HOSTILE = {
    "socket vsock": ("socket.socket(40, socket.SOCK_STREAM)", EAFNOSUPPORT),
    "socket netlink route": ("socket.socket(16, socket.SOCK_RAW, 0)", EAFNOSUPPORT),
    "socket netlink netfilter": ("socket.socket(16, socket.SOCK_RAW, 12)", EAFNOSUPPORT),
    "socket packet": ("socket.socket(17, socket.SOCK_RAW)", EAFNOSUPPORT),
    "socket alg": ("socket.socket(38, socket.SOCK_SEQPACKET)", EAFNOSUPPORT),
    "socket bluetooth": ("socket.socket(31, socket.SOCK_RAW)", EAFNOSUPPORT),
    "socket xdp": ("socket.socket(44, socket.SOCK_RAW)", EAFNOSUPPORT),
    "socket ax25": ("socket.socket(3, socket.SOCK_STREAM)", EAFNOSUPPORT),
    "socket raw": ("socket.socket(2, socket.SOCK_RAW, 1)", None),
    "socket sctp": ("socket.socket(2, socket.SOCK_STREAM, 132)", None),
    "io_uring_setup": ("syscall(425, 8, ctypes.create_string_buffer(256))", ENOSYS),
    "io_setup": ("syscall(206, 60_000, ctypes.byref(ctypes.c_ulong(0)))", ENOSYS),
    "userfaultfd": ("syscall(323, 0)", ENOSYS),
    "bpf": ("syscall(321, 0, 0, 0)", EPERM),
    "perf_event_open": ("syscall(298, 0, 0, -1, -1, 0)", EPERM),
    "add_key": ("syscall(248, b'user', b'k', b'v', 1, -4)", EPERM),
    "request_key": ("syscall(249, b'user', b'k', 0, -4)", EPERM),
    "keyctl": ("syscall(250, 0, -4, 1)", EPERM),
    "ptrace traceme": ("syscall(101, 0, 0, 0, 0)", EPERM),
    "process_vm_readv": ("syscall(310, os.getpid(), 0, 0, 0, 0, 0)", EPERM),
    "mount": ("syscall(165, b'none', b'/work', b'tmpfs', 0, 0)", EPERM),
    "umount2": ("syscall(166, b'/tmp', 0)", EPERM),
    "pivot_root": ("syscall(155, b'/work', b'/work')", EPERM),
    "chroot": ("os.chroot('/work')", EPERM),
    "open_tree": ("syscall(428, -100, b'/', 1)", EPERM),
    "fsopen": ("syscall(430, b'tmpfs', 0)", EPERM),
    "unshare user": ("syscall(272, 0x10000000)", EPERM),
    "unshare net": ("syscall(272, 0x40000000)", EPERM),
    "setns": ("syscall(308, 0, 0)", EPERM),
    "clone new user": ("syscall(56, 0x10000000 | 17, 0, 0, 0, 0)", None),
    "clone3": ("syscall(435, 0, 0)", ENOSYS),
    "modify_ldt": ("syscall(154, 0, 0, 0)", EPERM),
    "personality": ("syscall(135, 0x0040000)", None),
    "init_module": ("syscall(175, 0, 0, 0)", EPERM),
    "finit_module": ("syscall(313, 0, 0, 0)", EPERM),
    "kexec_load": ("syscall(246, 0, 0, 0, 0)", EPERM),
    "reboot": ("syscall(169, 0, 0, 0, 0)", EPERM),
    "open_by_handle_at": ("syscall(304, 0, 0, 0)", EPERM),
    "fanotify_init": ("syscall(300, 0, 0)", EPERM),
    "swapon": ("syscall(167, 0, 0)", EPERM),
    "iopl": ("syscall(172, 3)", EPERM),
    "settimeofday": ("syscall(164, 0, 0)", EPERM),
    "sethostname": ("socket.sethostname('x')", EPERM),
    "shmget": ("syscall(29, 0, 1 << 20, 0o1600)", ENOSYS),
    "msgget": ("syscall(68, 0, 0o1600)", ENOSYS),
    "mq_open": ("syscall(240, b'q', 66, 0o600, 0)", ENOSYS),
    "seccomp": ("syscall(317, 1, 0, 0)", ENOSYS),
    "where memory lies": ("syscall(239, 0, 0, 0, 0, 0)", ENOSYS),
    "where memory shall lie": ("syscall(237, 0, 0, 0, 0, 0, 0)", ENOSYS),
    "lend pages": ("syscall(278, 1, 0, 0, 0)", ENOSYS),
    "newer attributes": ("syscall(468, -100, b'.', 0, 0, 0)", ENOSYS),
    "security modules": ("syscall(461, 0, 0, 0)", ENOSYS),
    "a call that is gone": ("syscall(174, b'x', 1)", ENOSYS),
    "no such call": ("syscall(999)", ENOSYS),
    "become root": ("os.setuid(0)", EPERM),
    "write a system file": ("open('/etc/passwd', 'a')", None),
    "write the runner": ("open('/opt/assay/runner/boot.py', 'a')", None),
    "write a control group": ("open('/sys/fs/cgroup/memory/memory.limit_in_bytes', 'w')", None),
    "make a device": ("os.mknod('/work/d', 0o060600, os.makedev(8, 0))", EPERM),
    "write a kernel setting": ("open('/proc/sys/kernel/core_pattern', 'w')", None),
    "read the kernel's memory": ("open('/proc/kcore', 'rb').read(1)", None),
    "real time": ("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", EPERM),
    "more open files": (
        "resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000))",
        "not allowed to raise maximum limit",
    ),
    "connect outside": ("socket.create_connection(('192.0.2.1', 80), timeout=2)", "ENETUNREACH"),
}


async def test_hostile_calls_are_refused(run: Run) -> None:
    """Calls that attack the kernel or leave the sandbox get an error that programs understand, never a kill."""
    lines = [f"print({name!r}, call(lambda: {body}), sep=' = ', flush=True)" for name, (body, _) in HOSTILE.items()]
    result = await run(TRY + "\n".join(lines))
    assert result.outcome == pb.OUTCOME_OK, (result.stdout.content[-200:], result.stderr.content)
    answers = dict(line.split(" = ") for line in result.stdout.content.decode().splitlines())
    wrong = {
        name: answers.get(name)
        for name, (_, wanted) in HOSTILE.items()
        if answers.get(name, "worked").startswith("worked") or (wanted and answers[name] != wanted)
    }
    assert wrong == {}


UNREAD = {
    "filter by prctl": "syscall(157, 22, 2, 0)",
    "filter by prctl with a high bit": "syscall(157, (1 << 32) | 22, 2, 0)",
    "socket dccp by its type": "socket.socket(2, 6, 0)",
    "socket dccp by its type, IPv6": "socket.socket(10, 6, 0)",
    "socket sctp by its type": "socket.socket(2, 5, 0)",
    "socket by a type with flags": "socket.socket(2, 6 | 0o2000000, 0)",
}


async def test_filter_is_not_passed_by_other_spellings(run: Run) -> None:
    """Calls that reach the same place by bits that the kernel does not read, or by its defaults, end at the filter."""
    lines = [f"print({name!r}, call(lambda: {body}), sep=' = ')" for name, body in UNREAD.items()]
    result = await run(TRY + "\n".join(lines))
    answers = dict(line.split(" = ") for line in result.stdout.content.decode().splitlines())
    # The kernel itself would say EFAULT, EINVAL or ESOCKTNOSUPPORT.
    assert set(answers) == set(UNREAD)
    assert {name: answer for name, answer in answers.items() if answer not in {"EPERM", "ENOSYS"}} == {}


async def test_foreign_architectures_are_refused(run: Run) -> None:
    """A system call by the 32-bit door does nothing, in a child: it ends that process."""
    result = await run(
        TRY
        + textwrap.dedent("""
        import mmap
        # mov eax, 20 (getpid on 32 bit); int 0x80; ret
        machine_code = bytes.fromhex("b814000000cd80c3")
        if os.fork() == 0:
            memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            memory.write(machine_code)
            address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            value = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
            os._exit(1 if value == os.getpid() else 0)
        status = os.wait()[1]
        print("refused" if status == 0 or os.WIFSIGNALED(status) else "worked")
        # The x32 table, of 64-bit processes: getpid with the bit of that table.
        if os.fork() == 0:
            os._exit(1 if libc.syscall(0x40000000 | 39) == os.getpid() else 0)
        status = os.wait()[1]
        print("refused" if status == 0 or os.WIFSIGNALED(status) else "worked")
        """)
    )
    assert result.stdout.content == b"refused\nrefused\n", result


BENIGN = {
    "threads": "import threading; ts = [threading.Thread(target=lambda: None) for _ in range(20)]; "
    "[t.start() for t in ts]; [t.join() for t in ts]",
    "subprocess": "import subprocess; assert subprocess.check_output(['echo', 'x']) == b'x\\n'",
    "shell": "import os; assert os.system('true && ls / > /dev/null') == 0",
    "multiprocessing": "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p: "
    "assert p.map(abs, [-1, -2]) == [1, 2]",
    "shared memory": "from multiprocessing import shared_memory as s; x = s.SharedMemory(create=True, size=4096); "
    "x.buf[0] = 7; x.close(); x.unlink()",
    "semaphores": "import multiprocessing as m; q = m.Queue(); q.put(1); assert q.get(timeout=5) == 1; m.Lock().acquire()",
    "process pool": "from concurrent.futures import ProcessPoolExecutor as P\nif __name__ == '__main__':\n"
    " with P(2) as p: assert list(p.map(abs, [-3])) == [3]",
    "asyncio": "import asyncio\nasync def f():\n p = await asyncio.create_subprocess_exec('true'); await p.wait()\n"
    " await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(50)))\nasyncio.run(f())",
    "asyncio server": "import asyncio\nasync def f():\n"
    " s = await asyncio.start_server(lambda r, w: w.close(), '127.0.0.1', 0)\n"
    " r, w = await asyncio.open_connection(*s.sockets[0].getsockname()); assert await r.read() == b''\n"
    " w.close(); s.close()\nasyncio.run(f())",
    "sqlite": "import sqlite3; c = sqlite3.connect('x.db'); c.execute('pragma journal_mode=wal'); "
    "c.execute('create table t(x)'); c.execute('insert into t values (1)'); c.commit(); "
    "assert c.execute('select * from t').fetchall() == [(1,)]",
    "tempfile": "import tempfile\nwith tempfile.TemporaryDirectory() as d, tempfile.NamedTemporaryFile() as f: f.write(b'x')",
    "mmap": "import mmap; m = mmap.mmap(-1, 4096); m[0] = 1; open('f', 'wb').write(b'x' * 4096); "
    "f = open('f', 'r+b'); mmap.mmap(f.fileno(), 0)[0]",
    "signals": "import os, signal; got = []; signal.signal(signal.SIGUSR1, lambda *a: got.append(1)); "
    "os.kill(os.getpid(), signal.SIGUSR1); signal.alarm(0); signal.setitimer(signal.ITIMER_REAL, 0); assert got",
    "udp": "import socket as s; a = s.socket(s.AF_INET, s.SOCK_DGRAM); a.bind(('127.0.0.1', 0)); "
    "b = s.socket(s.AF_INET, s.SOCK_DGRAM); b.sendto(b'x', a.getsockname()); assert a.recv(1) == b'x'",
    "ipv6 and localhost": "import socket as s; assert s.getaddrinfo('localhost', 80); s.socket(s.AF_INET6).close()",
    "unix sockets": "import socket as s; a, b = s.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'; "
    "s.socket(s.AF_UNIX).bind('sock')",
    "http server": "import threading, urllib.request, http.server as h\n"
    "s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler)\n"
    "threading.Thread(target=s.serve_forever, daemon=True).start()\n"
    "assert b'main.py' in urllib.request.urlopen(f'http://127.0.0.1:{s.server_port}/').read()",
    "locale and time": "import locale, time, datetime, zoneinfo; locale.setlocale(locale.LC_ALL, ''); "
    "time.strftime('%c'); datetime.datetime.now().astimezone(); 'ü'.encode()",
    "ctypes": "import ctypes; L = ctypes.CDLL(None); C = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int); "
    "assert C(lambda x: x + 1)(1) == 2; assert L.abs(-3) == 3",
    "select and epoll": "import os, select; r, w = os.pipe(); e = select.epoll(); e.register(r, select.EPOLLIN); "
    "os.write(w, b'x'); assert e.poll(1); assert select.select([r], [], [], 1)[0]; os.eventfd(0); os.memfd_create('m')",
    "files": "import os, shutil; os.makedirs('a/b'); open('a/b/c', 'w').write('x'); shutil.copytree('a', 'd'); "
    "os.symlink('a', 'l'); os.link('a/b/c', 'h'); os.chmod('h', 0o600); os.utime('h'); os.mkfifo('p'); "
    "os.truncate('h', 0); shutil.rmtree('a'); os.replace('h', 'i'); os.sendfile; os.statvfs('.'); os.setxattr",
    "hashes and randomness": "import hashlib, os, random, secrets, ssl, uuid; hashlib.scrypt(b'x', salt=b's', n=2, r=1, p=1); "
    "os.urandom(8); uuid.uuid4(); uuid.uuid1(); ssl.create_default_context()",
    "compression": "import bz2, gzip, lzma, zipfile, zlib; assert lzma.decompress(lzma.compress(b'x')) == b'x'; "
    "zipfile.ZipFile('z.zip', 'w').writestr('a', 'b')",
    "resource": "import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); resource.getrusage(0); "
    "os.nice(1); os.sched_getaffinity(0); os.cpu_count(); os.getloadavg(); os.uname()",
    "pty": "import os, pty; pid, fd = pty.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "fork and exec": "import os\npid = os.fork()\nif pid == 0: os.execv('/bin/true', ['true'])\n"
    "assert os.waitpid(pid, 0)[1] == 0; assert os.posix_spawn('/bin/true', ['true'], {})",
    "unittest and doctest": "import doctest, unittest\nclass T(unittest.TestCase):\n def test(self): self.assertTrue(1)\n"
    "unittest.main(exit=False); doctest.testmod()",
    "faulthandler and tracemalloc": "import faulthandler, gc, tracemalloc; faulthandler.enable(); tracemalloc.start(); gc.collect()",
    "prctl": "import ctypes; p = ctypes.CDLL(None).prctl; "
    "assert p(15, b'name', 0, 0, 0) == 0; assert p(4, 1, 0, 0, 0) == 0; assert p(36, 1, 0, 0, 0) == 0; assert p(39, 0, 0, 0, 0) == 1",
    "run times' calls": "import ctypes, errno, os\nlibc = ctypes.CDLL(None, use_errno=True)\nb = ctypes.create_string_buffer(4096)\n"
    "calls = {'membarrier': (324, 0, 0, 0), 'rseq': (334, 0, 0, 0, 0), 'sched_getattr': (315, 0, b, 56, 0), "
    "'statx': (332, -100, b'.', 0, 0xfff, b), 'faccessat2': (439, -100, b'.', 4, 0), 'close_range': (436, 900, 999, 0), "
    "'epoll_pwait2': (441, -1, b, 1, 0, 0, 8), 'futex_waitv': (449, 0, 0, 0, 0, 0), 'mincore': (27, 0, 0, b), "
    "'preadv2': (327, 0, 0, 0, 0, 0, 0), 'copy_file_range': (326, -1, 0, -1, 0, 1, 0), 'openat2': (437, -100, b'.', b, 24), "
    "'process_mrelease': (448, -1, 0), 'pidfd_open': (434, os.getpid(), 0), 'getcpu': (309, b, 0, 0), 'msync': (26, 0, 0, 0), "
    "'pkey_alloc': (330, 0, 0), 'sysinfo': (99, b), 'execveat': (322, -1, b'', 0, 0, 0), 'fchmodat2': (452, -1, b'x', 0, 0), "
    "'sched_setaffinity': (203, 0, 128, b'\\xff' * 128), 'timerfd': (283, 0, 0), 'name of memory': (157, 0x53564D41, 0, 0, 0, 0)}\n"
    "for name, (number, *a) in calls.items():\n ctypes.set_errno(0)\n"
    " libc.syscall(*(ctypes.c_long(x) if isinstance(x, int) else x for x in (number, *a)))\n"
    " assert ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS), (name, ctypes.get_errno())",
    "getpass and pwd": "import getpass, os, pathlib, pwd; assert getpass.getuser() == 'program'; "
    "assert str(pathlib.Path.home()) == '/work'; pwd.getpwuid(os.getuid())",
    "large numbers": "import decimal, fractions, math; math.factorial(2000); decimal.Decimal(1) / 3; fractions.Fraction(1, 3)",
}


@pytest.mark.parametrize("name", BENIGN)
async def test_benign_programs_run(run: Run, name: str) -> None:
    """What ordinary programs do works under the profile."""
    result = await run(BENIGN[name])
    assert result.outcome == pb.OUTCOME_OK, (
        result.stdout.content[-1000:].decode(),
        result.stderr.content[-2000:].decode(),
    )


async def test_program_has_no_privileges(run: Run) -> None:
    """The program has no capability, not even a way to one, and may not gain any."""
    result = await run(
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith(('Cap', 'NoNewPrivs', 'Seccomp:'))])"
    )
    zero = "0" * 16
    assert result.stdout.content.decode() == f"{[zero] * 5 + ['1', '2']}\n"


async def test_secrets_stay_outside(run: Run) -> None:
    """Nothing of the host shows: no network device but the loopback, no Docker socket, no mount of a host's path."""
    result = await run(
        textwrap.dedent("""
        import os
        print(sorted(os.listdir("/sys/class/net")), os.uname().nodename)
        print([path for path in ("/var/run/docker.sock", "/.dockerenv/x") if os.path.exists(path)])
        print(sorted({line.split()[2] for line in open("/proc/mounts") if line.split()[1].startswith(("/work", "/tmp", "/dev/shm"))}))
        print(len([l for l in open("/proc/mounts") if " / " in l and l.split()[3].startswith("ro")]))
        """)
    )
    assert result.stdout.content == b"['lo'] sandbox\n[]\n['tmpfs']\n1\n"


LEAVE_MARKS = TRY + textwrap.dedent("""
    import subprocess, sys
    for path in ("/work/mark", "/tmp/mark", "/dev/shm/mark"):
        open(path, "w").write("mark")
    name = socket.socket(socket.AF_UNIX)
    name.bind("\\0mark")
    name.listen()
    port = socket.create_server(("0.0.0.0", 41_999))
    from multiprocessing import shared_memory
    shared_memory.SharedMemory("marks", create=True, size=4096)
    call(lambda: syscall(248, b"user", b"mark", b"mark", 4, -4))
    call(lambda: syscall(29, 0x6D61726B, 4096, 0o1666))
    if os.fork() == 0:
        os.setsid()
        libc.prctl(15, b"mark", 0, 0, 0)
        signal.pause()
    open("/work/mark.ready", "w").close()
    """)

FIND_MARKS = TRY + textwrap.dedent("""
    found = [path for folder in ("/work", "/tmp", "/dev/shm") for path in os.listdir(folder) if "mark" in path]
    found += [line for line in open("/proc/net/unix") if "mark" in line]
    found += [open(f"/proc/{pid}/comm").read() for pid in os.listdir("/proc") if pid.isdecimal() and pid not in ("1", str(os.getpid()))]
    for family, address in ((socket.AF_UNIX, "\\0mark"), (socket.AF_INET, ("127.0.0.1", 41_999))):
        with socket.socket(family) as attempt:
            if attempt.connect_ex(address) == 0:
                found.append(address)
    found += [answer for answer in (call(lambda: syscall(249, b"user", b"mark", 0, -4)), call(lambda: syscall(29, 0x6D61726B, 4096, 0)))
              if answer.startswith("worked")]
    print(found)
    """)


async def test_marks_are_not_found_by_others(run: Run) -> None:
    """What a run leaves in files, memory, sockets, ports, keys and processes is seen neither beside it nor after it."""
    hold = "\nimport time; print('marked', flush=True); time.sleep(4); os._exit(0)"
    marking = asyncio.ensure_future(run(LEAVE_MARKS + hold, limits={"wall_time": {"seconds": 30}}))
    looks = []
    while not marking.done():
        looks.append(await run(FIND_MARKS))
    beside = len(looks)
    looks += [await run(FIND_MARKS) for _ in range(2)]
    marked = await marking
    assert (marked.outcome, marked.stdout.content) == (pb.OUTCOME_OK, b"marked\n"), marked.stderr.content
    assert beside > 1
    assert {look.stdout.content for look in looks} == {b"[]\n"}, [look.stderr.content for look in looks]


async def test_process_1_goes_first_and_gave_up_the_right_to(run: Run) -> None:
    """Process 1 comes before every process of the program, and holds four capabilities, none of them for that."""
    result = await run(
        """
import os
status = dict(line.split(":", 1) for line in open("/proc/1/status").read().splitlines())
print(os.getpriority(os.PRIO_PROCESS, 1), os.getpriority(os.PRIO_PROCESS, 0))
print({status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")})
"""
    )
    assert result.stdout.content.decode() == "-20 0\n{'00000000000001e0'}\n"
