"""Why an image cannot be used: the reason under which it is counted."""

import struct
import zlib

UNREADABLE, TRUNCATED, TOO_LARGE, TOO_SMALL = "unreadable image", "truncated image", "image too large", "image too small"
SIGNS_OF_A_CUT = ("truncated", "unexpected end", "incomplete", "premature", "less than expected")
DECODER_ERRORS = (  # whatever the decoders raised on tens of thousands of damaged files, and their kin
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
    BufferError,
    MemoryError,
    EOFError,
    struct.error,
    zlib.error,
)


class UnusableImage(Exception):
    """The image cannot be shown to the model; the message is the reason under which it is counted."""


def refuse_size(size: tuple[int, int], max_pixels: int) -> None:
    """Raise `UnusableImage` for a width and a height that cannot be used."""
    if size[0] * size[1] > max_pixels:
        raise UnusableImage(TOO_LARGE)
    if min(size) < 2:
        raise UnusableImage(TOO_SMALL)


def reason_of(error: Exception) -> str:
    """Return the reason that a decoder's error stands for; its own words may hold what the file says, and go nowhere."""
    if isinstance(error, MemoryError):
        return TOO_LARGE
    return TRUNCATED if is_truncated(error) else UNREADABLE


def is_truncated(error: Exception) -> bool:
    return isinstance(error, EOFError) or any(sign in str(error).lower() for sign in SIGNS_OF_A_CUT)
