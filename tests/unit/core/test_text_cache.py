"""What was worked out for texts is kept for those that come again, and cannot fill the memory."""

import sys
import threading
import time
from collections.abc import Callable

from core.text_cache import TextCache


def test_a_text_that_comes_again_is_not_worked_out_again() -> None:
    asked: list[str] = []
    cache = TextCache[str, int](lambda text: asked.append(text) or len(text))

    assert [cache["door"], cache["window"], cache["door"]] == [4, 6, 4]
    assert asked == ["door", "window"]


def test_of_more_texts_than_are_kept_the_one_kept_first_goes() -> None:
    cache = TextCache[str, str](str.upper, most=3)

    for text in ("a", "b", "c", "a", "d"):
        assert cache[text] == text.upper()

    assert sorted(cache) == ["b", "c", "d"]


def test_a_text_longer_than_names_are_is_worked_out_each_time() -> None:
    cache = TextCache[str, int](len, longest=3)

    assert [cache["abc"], cache["abcd"], cache["abcd"]] == [3, 4, 4]
    assert list(cache) == ["abc"]


def test_of_several_names_their_number_counts_too() -> None:
    cache = TextCache[tuple[str, ...], int](len, longest=6)

    assert [cache["ab", "cd"], cache["ab", "cde"], cache[("",) * 6], cache[("",) * 7]] == [2, 2, 6, 7]
    assert list(cache) == [("ab", "cd"), ("",) * 6]


def _plain() -> Callable[[str], object]:
    kept: dict[str, str] = {}
    return lambda text: kept.setdefault(text, text.upper())


def _time_of_keeping(kept: Callable[[str], object], texts: list[str]) -> float:
    began = time.process_time()
    for text in texts:
        kept(text)
    return time.process_time() - began


def test_ever_new_texts_cost_what_they_cost_a_dictionary() -> None:
    texts = [f"sensor {number}" for number in range(200_000)]
    caches = [TextCache[str, str](str.upper) for _ in range(3)]

    # The least of three: another process may take the processor meanwhile.
    in_cache = min(_time_of_keeping(cache.__getitem__, texts) for cache in caches)
    in_plain = min(_time_of_keeping(_plain(), texts) for _ in range(3))

    assert [len(cache) for cache in caches] == [10_000] * 3
    # It is about four times; to look at all that is kept for each new text would be hundreds.
    assert in_cache < 30 * in_plain


def test_two_threads_that_bring_new_texts_do_not_disturb_each_other() -> None:
    cache = TextCache[str, str](str.upper, most=3)
    raised: list[Exception] = []

    def bring(name: str) -> None:
        try:
            for number in range(50_000):
                assert cache[f"{name}{number}"] == f"{name}{number}".upper()
        except Exception as error:  # noqa: BLE001 - the test shows it
            raised.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=bring, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)

    assert raised == []
    assert len(cache) == 3
