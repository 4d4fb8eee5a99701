"""The page Information: its sections, the linked figure, and what can be taken from it."""
