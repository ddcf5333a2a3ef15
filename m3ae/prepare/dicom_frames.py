"""Compressed frames of DICOM files, decompressed in a process of their own: GDCM ends its process at some that are damaged.

Shapes: H, W size in px.
"""

import atexit
import io
import os
import subprocess
import sys
from threading import Lock
from typing import IO

import numpy as np

from m3ae.prepare.dicom_fields import read
from m3ae.prepare.unusable import DECODER_ERRORS, UNREADABLE, UnusableImage, reason_of

COMPRESSED = "DICOM in a compression that is not read; decompress it"
SIZE = 8  # bytes that say how many follow


class Decompressor:
    """The process: started for the first file, and again after one that ended it. It ends with this one, whose end of the pipe closes."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, content: bytes) -> np.ndarray:
        """Return the samples (H, W) or (H, W, 3) of a file's bytes. Raises `UnusableImage`."""
        with self.lock:
            try:
                answer = self.asked(content)
            except (OSError, EOFError, ValueError):  # it is no more
                self.end()
                raise UnusableImage(f"DICOM, {UNREADABLE}") from None
        if not answer.ndim:
            raise UnusableImage(str(answer))
        return answer

    def asked(self, content: bytes) -> np.ndarray:
        if self.process is None:
            command = [sys.executable, "-m", __name__]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdin and self.process.stdout
        send(self.process.stdin, content)
        return np.load(io.BytesIO(receive(self.process.stdout)), allow_pickle=False)

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()  # closes the pipes, whatever is left in them
            self.process = None


decompressed = Decompressor()
atexit.register(decompressed.end)


def send(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(len(content).to_bytes(SIZE) + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """Return what was sent; b"" where the other end has closed."""
    return pipe.read(int.from_bytes(pipe.read(SIZE)))


def answer_all(files: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each file with its samples, or with the reason why there are none, until there are no more."""
    while content := receive(files):
        answer = io.BytesIO()
        np.save(answer, samples_or_reason(content), allow_pickle=False)
        send(answers, answer.getvalue())


def samples_or_reason(content: bytes) -> np.ndarray:
    try:
        return read(content).pixel_array
    except NotImplementedError:
        return np.array(COMPRESSED)
    except DECODER_ERRORS as error:
        return np.array(COMPRESSED if "missing dependencies" in str(error) else f"DICOM, {reason_of(error)}")


if __name__ == "__main__":
    own_output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    answer_all(sys.stdin.buffer, own_output)
