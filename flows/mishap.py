"""What stands in the way of a run when it is not the data: a full disk, a missing right, a limit; and what to do."""

import errno

from flows.io.durable import error_number

_DISK_FULL = "The disk is full: free some space"
_NO_RIGHT = "This user may not do that: give it the right to read and write there"
_FILES = "Too many files are open: allow more (ulimit -n 1024)"
_MEMORY = "There is too little memory: give the run more"
_ADVICE = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.EFBIG: "Files may not grow so large here: lift the limit (ulimit -f unlimited)",
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "The disk may only be read: mount it for writing (a failing disk turns so: see its log)",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EIO: "The disk did not do as it was told: see whether it is full, or failing (its log, `verify`); mend that",
    errno.ENOMEM: _MEMORY,
}
_STANDS = "then run again. What was published before stands."


def told(problem: BaseException) -> str:
    """The message of an error; of one of the machine, with what to do."""
    number = (problem.errno or error_number(problem)) if isinstance(problem, OSError) else 0
    advice = _ADVICE.get(number)
    return f"{problem}. {advice}, {_STANDS}" if advice else str(problem)
