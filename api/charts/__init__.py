"""Charts as SVG text made on the server: pure functions, no clock, no database, no words of their own."""
