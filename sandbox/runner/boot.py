# ruff: noqa: D100 - a docstring would be the program's __doc__
# What a prestarted interpreter runs: it says that it is up, waits for the program, and then is the program. It imports
# nothing that the interpreter has not imported by itself, and leaves no name behind: the program finds the modules,
# arguments, paths and globals that it would find under "python3 main.py". An uncaught exception leaves by the bare
# "raise", which adds no frame of this file to the traceback.


def _boot():  # type: ignore[no-untyped-def]
    import os
    import sys

    if os.getuid() == 0:
        template: dict[str, object] = {}
        with open("/opt/assay/runner/template.py", "rb") as source:
            exec(compile(source.read(), source.name, "exec"), template)  # noqa: S102 - the runner's own
        received = template["serve"]()  # type: ignore[operator]
    else:
        os.write(3, b"r")
        received = b""
        while piece := os.read(3, 65536):
            received += piece
        os.close(3)
        if not received:
            os._exit(0)
    entry, count, *rest = received.split(b"\0")
    arguments = [os.fsdecode(argument) for argument in rest[: int(count)]]
    variables = [os.fsdecode(part) for part in rest[int(count) :]]
    os.environ.update(zip(variables[::2], variables[1::2], strict=True))

    name = os.fsdecode(entry)
    path = os.path.join(os.getcwd(), name)
    sys.path_importer_cache.pop(sys.argv[0], None)
    sys.path_importer_cache[path] = None
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    sys.argv[:] = [name, *arguments]
    sys.orig_argv[1:] = [name, *arguments]
    namespace = globals()
    namespace["__file__"] = path
    namespace["__loader__"] = type(namespace["__loader__"])("__main__", path)
    del namespace["_boot"]
    with open(path, "rb") as source:
        text = source.read()
    try:
        return compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What is wrong with a text is told in other words where it does not come from a file.
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - no shell is wanted


try:
    exec(_boot())  # type: ignore[no-untyped-call]  # noqa: S102 - it is what this file is for
except BaseException:
    __boot_error__ = __import__("sys").exception()
    while (
        __boot_error__.__traceback__ is not None
        and __boot_error__.__traceback__.tb_frame.f_code.co_filename == "/opt/assay/runner/boot.py"
    ):
        __boot_error__.__traceback__ = __boot_error__.__traceback__.tb_next
    del __boot_error__
    raise
