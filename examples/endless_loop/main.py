"""Integer square roots by Newton's method."""


def integer_root(number: int) -> int:
    """Return the largest integer whose square is at most the number."""
    if number < 0:
        raise ValueError("negative numbers have no real root")
    guess = number
    while guess * guess != number:
        guess = (guess + number // guess) // 2
    return guess
