"""What goes in and out of the JSON interface; every model refuses fields it does not know."""
