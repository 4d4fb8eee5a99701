"""How a number and what it counts are written in a sentence."""

__all__ = ["quantity"]


def quantity(count: int, noun: str) -> str:
    """A count and its noun, which is given for one: of a regular plural. Our own: small data sets are as
    usual as large ones.

    >>> quantity(1, "sample"), quantity(0, "class"), quantity(20, "image")
    ('1 sample', '0 classes', '20 images')
    """
    return f"{count} {noun if count == 1 else noun + ('es' if noun.endswith('s') else 's')}"
