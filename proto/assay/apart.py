"""
Runs one function in this process, which :class:`assay.testing.LocalWorkers` started for it.

Standard input has two pickles: the path to import from, and the function with its arguments. Standard output gets one:
the result, and what stood in its way: None, an error of the suite's own, or the name of another exception's type.
"""

import pickle
import sys

from assay.errors import AssayError


def main() -> None:
    """Run the one function, and write what came of it."""
    out = sys.stdout.buffer
    # What the function prints must not come between the bytes of the answer.
    sys.stdout = sys.stderr
    sys.path[:] = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent wrote it
    try:
        function, args, kwargs = pickle.load(sys.stdin.buffer)  # noqa: S301
        answer = pickle.dumps((function(*args, **kwargs), None))
    except AssayError as error:
        answer = pickle.dumps((None, error))
    except BaseException as error:  # noqa: BLE001  # told by its type's name
        answer = pickle.dumps((None, type(error).__name__))
    out.write(answer)
    out.flush()


if __name__ == "__main__":
    main()
