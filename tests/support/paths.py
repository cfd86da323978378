"""Where the repository is, and the data that tests read."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Recordings, device messages and cases; NOTICE.md there says where each is from.
TEST_DATA = REPOSITORY / "tests" / "data"
