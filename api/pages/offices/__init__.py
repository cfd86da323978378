"""Pages of an office: who is asked, who stands in, and who is on duty."""
