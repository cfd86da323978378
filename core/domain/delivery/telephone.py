"""Telephone numbers as people write them: one spelling of digits and hyphens."""

import unicodedata

# Hyphens, dashes, the minus sign, a line of a box, and the long-vowel mark, which Japanese keyboards give on the same key. NFKC folds
# the forms of half and full width.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u30fc", "-"))


def written(text: str) -> str:
    """Return a telephone number in digits of normal width with plain hyphens; whatever else is in it stays, to be refused.

    Examples
    --------
    >>> written("０９０ー１２３４―５６７８"), written("03−1234‐5678 ")
    ('090-1234-5678', '03-1234-5678')
    """
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
