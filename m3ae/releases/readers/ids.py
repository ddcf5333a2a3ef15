"""Ids as they are compared: one patient is one patient in every row, however a table has written the number."""

import re
import unicodedata

import regex

WHOLE = re.compile(r"(-?\d+)\.0*")
IN_POWERS = re.compile(r"-?\d(?:\.\d{1,20})?e\+\d{1,2}", re.IGNORECASE)  # 1.0000032e+07, as pandas and spreadsheets write large numbers
HEAP = regex.compile(r"\p{M}{31}")  # more marks on one letter than any writing has
NOT_TOLD = {"nan", "none", "null", "nat", "<na>"}


def told(value: str) -> str:
    """Return the value without outer blanks; "" where it is one of the words for none."""
    value = value.strip()
    return "" if value.lower() in NOT_TOLD else value


def row_id(value: str) -> str:
    """Return an id composed (NFC), and a whole number by its digits: 10000032, "10000032.0" and "1.0000032e+07" are one."""
    name = composed(told(value))
    if IN_POWERS.fullmatch(name) and float(name).is_integer():
        return str(int(float(name)))
    return found[1] if (found := WHOLE.fullmatch(name)) else name


def composed(text: str) -> str:
    """Return the text composed (NFC); as it is where a letter has more marks than Unicode's stream-safe format allows.

    They are put in order in the square of their number: of a million, for hours.
    """
    return text if HEAP.search(text) else unicodedata.normalize("NFC", text)


def patient_id(value: str) -> str:
    """Return a patient's id likewise, without zeros before a number: a table that was once read as numbers has lost them."""
    name = row_id(value)
    return name.lstrip("0") or "0" if name.isdecimal() else name
