"""The made-up residents: persona, routine, activity."""
