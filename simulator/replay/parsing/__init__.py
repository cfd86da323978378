"""How the text of recordings is taken apart: encodings, tables, times, numbers, and the words for columns."""
