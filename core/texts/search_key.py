"""Names as a search compares them: however somebody writes them, the same name has the same key."""

import unicodedata
from functools import lru_cache

# Forms of one character in family names; NFKC does not fold them. The form on the right is the one of most keyboards.
_OLD_FORMS = {
    "\u9ad9": "高", "\ufa11": "崎", "碕": "崎", "嵜": "崎", "邉": "辺", "邊": "辺", "齋": "斎", "齊": "斎", "斉": "斎",
    "澤": "沢", "濱": "浜", "濵": "浜", "嶋": "島", "嶌": "島", "廣": "広", "櫻": "桜", "國": "国", "眞": "真",
    "惠": "恵", "德": "徳", "榮": "栄", "龍": "竜", "瀧": "滝", "澁": "渋", "學": "学", "實": "実", "壽": "寿",
    "豐": "豊", "淸": "清", "靜": "静", "曾": "曽", "圓": "円", "藏": "蔵", "關": "関", "黑": "黒", "驒": "騨",
    "萬": "万", "應": "応", "繩": "縄", "條": "条", "與": "与", "冨": "富", "峯": "峰", "桒": "桑", "籔": "薮",
    "藪": "薮", "舘": "館", "檜": "桧", "凉": "涼", "\U00020bb7": "吉",
}  # fmt: skip
# Katakana lies at a fixed distance from hiragana.
_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_FOLDED = str.maketrans(_OLD_FORMS) | _KATAKANA


@lru_cache(maxsize=65_536)
def search_key(text: str) -> str:
    """Return a text as searches compare it.

    Width, case, spaces, middle dots, hiragana or katakana and old forms of a character make no difference.

    Examples
    --------
    >>> search_key("渡邉　キヨ") == search_key("渡辺きよ") == search_key("渡辺 ｷﾖ")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    return "".join(one for one in folded if not one.isspace() and one not in "・·-‐‑–‒_")
