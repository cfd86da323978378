"""Reads numbers as people write them: with a decimal point or a decimal comma, with separated thousands."""

import re
from math import isfinite
from unicodedata import normalize

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


class NumberReader:
    """Reads the numbers of one file, in which a comma always means the same.

    Parameters
    ----------
    separator : str
        What separates the columns. With semicolons a single comma is a decimal comma; else it is what makes sense.
    """

    def __init__(self, separator: str = ",") -> None:
        self._separator = separator
        # What each sign was seen as: the first text of it.
        self._decimal_comma = self._like_thousands = ""

    def read(self, text: str, low: float, high: float) -> float:
        """Return a number within limits.

        Raises
        ------
        ValueError
            It is none, it lies outside, or it can be read in two ways; the message goes on where the text was named.
        """
        word = normalize("NFKC", text).strip().replace("\u2212", "-")
        number = self._plain(word) if "," not in word else self._with_comma(word, low, high)
        if number is None:
            raise ValueError("is no number; write it like 21.5, without a unit")
        if not isfinite(number) or not low <= number <= high:
            raise ValueError(f"lies outside {low:g} to {high:g}")
        return number

    def contradiction(self) -> str:
        """Return what is wrong if the file has both decimal commas and numbers that may have points between thousands."""
        if self._decimal_comma and self._like_thousands:
            return (
                f"{self._decimal_comma!r} has a decimal comma, so {self._like_thousands!r} may be a number of thousands or a"
                " fraction; write numbers without anything between thousands"
            )
        return ""

    def _plain(self, word: str) -> float | None:
        if _ONE_GROUP.fullmatch(word):
            self._like_thousands = self._like_thousands or word
        try:
            return float(word) if "_" not in word else None
        except ValueError:
            return None

    def _with_comma(self, word: str, low: float, high: float) -> float | None:
        if "." in word:
            decimal = max(",.", key=word.rindex)
            whole, _, fraction = word.rpartition(decimal)
            if not _THOUSANDS.fullmatch(whole) or not fraction.isdigit() or decimal in whole:
                return None
            return self._plain(re.sub(r"[.,]", "", whole) + "." + fraction)
        if word.count(",") > 1:
            return self._plain(word.replace(",", "")) if _THOUSANDS.fullmatch(word) else None
        as_decimal = self._plain(word.replace(",", "."))
        if self._separator != ";" and _ONE_GROUP.fullmatch(word) and as_decimal is not None:
            as_whole = float(word.replace(",", ""))
            possible = [one for one in (as_decimal, as_whole) if low <= one <= high]
            if len(possible) == 2:
                raise ValueError(f"may be {as_decimal:g} or {as_whole:g}; write it without a comma")
            return possible[0] if possible else as_decimal
        self._decimal_comma = self._decimal_comma or word
        return as_decimal
