"""From findings to people: alerts kept in line with what rules find, who is notified, in which words, and the delivery."""
