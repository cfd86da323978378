"""The first page: the board of the staff, the page of a family."""
