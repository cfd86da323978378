"""Repeatable chance: each thing that varies has a generator of its own, named by what it is for."""

from hashlib import blake2b

import numpy as np


def generator(seed: int, *name: str | int) -> np.random.Generator:
    """Return the generator for one purpose, for example `generator(1, "wake", "r001", 738000)`.

    The same seed and name give the same numbers in every process, so any day can be made again by itself.
    """
    text = "/".join(str(part) for part in (seed, *name))
    digest = blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
