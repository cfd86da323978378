"""Made-up homes, people and devices whose truth is known; only tests play them."""
