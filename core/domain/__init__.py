"""Pure, frozen types of the watch-over domain; `docs/glossary.md` holds the words."""
