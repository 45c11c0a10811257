# ruff: noqa: D100 - part of boot.py, see there
# An interpreter of which each case of a batch gets a copy, by fork(2), instead of one that is started anew: the same
# state at a twentieth of the cost. It belongs to process 1's user, so no case can touch it, and never runs a program
# itself. A copy takes on the program's identity before it is told anything. What is imported here is forgotten again.


def serve():  # type: ignore[no-untyped-def]
    """Make copies for ever; return in a copy, with what it was told."""
    import os
    import sys

    modules, finders, paths = set(sys.modules), dict(sys.path_importer_cache), list(sys.path)
    del sys.path[0]
    import _socket
    import ctypes
    import gc

    prctl = ctypes.CDLL(None).prctl
    set_dumpable = 4
    sys.path[:] = paths
    sys.path_importer_cache.clear()
    sys.path_importer_cache.update(finders)
    for name in set(sys.modules) - modules:
        del sys.modules[name]

    _drop_capabilities(prctl, os._exit)  # type: ignore[no-untyped-call]
    # What is there already is not walked by a copy's collector at its end, which would have the kernel copy its pages.
    gc.freeze()
    service = _socket.socket(fileno=3)
    service.send(b"r")
    while True:
        head, ancillary, _, _ = service.recvmsg(4, _socket.CMSG_SPACE(12))
        if not head:
            os._exit(0)
        streams = [int.from_bytes(ancillary[0][2][at : at + 4], sys.byteorder) for at in (0, 4, 8)]
        length, received = int.from_bytes(head, "big"), b""
        while len(received) < length:
            received += service.recv(length - len(received))
        pid = os.fork()
        if pid == 0:
            break
        for descriptor in streams:
            os.close(descriptor)
        del received
        service.send(pid.to_bytes(4, "big"))
        _see_out(pid, service, os.waitpid)  # type: ignore[no-untyped-call]

    # As sandbox.runner.privileges.become_program does it.
    service.detach()
    os.close(3)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    adjustment = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(adjustment, b"1000")
    os.close(adjustment)
    os.setsid()
    os.setgroups([])
    os.setresgid(10001, 10001, 10001)
    os.setresuid(10001, 10001, 10001)
    if os.getresuid() != (10001,) * 3 or os.getresgid() != (10001,) * 3 or os.getgroups():
        os._exit(125)
    # A change of identity closes /proc/self/environ and its like to the process itself; a fresh one has them open.
    prctl(set_dumpable, 1, 0, 0, 0)
    os.chdir("/work")
    return received


def _drop_capabilities(prctl, leave):  # type: ignore[no-untyped-def]
    """Have no copy ever get a capability that it does not have."""
    read_bounding, drop_bounding, capability = 23, 24, 0
    while prctl(read_bounding, capability, 0, 0, 0) >= 0:
        if prctl(drop_bounding, capability, 0, 0, 0) != 0:
            leave(1)
        capability += 1


def _see_out(pid, service, wait):  # type: ignore[no-untyped-def]
    """Tell how a copy ended, and wait for all that it made: a case can make siblings of itself by CLONE_PARENT."""
    while True:
        try:
            child, status = wait(-1, 0)
        except ChildProcessError:
            return
        if child == pid:
            service.send(status.to_bytes(4, "big"))
            # Its number may be used again.
            pid = 0
