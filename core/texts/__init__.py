"""Texts that people read: the one loader of catalogues, and dates, numbers and plurals in a language's form."""
