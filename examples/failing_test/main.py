"""Summary statistics of a list of numbers."""


def mean(numbers: list[float]) -> float:
    """Return the arithmetic mean."""
    if not numbers:
        raise ValueError("the mean of nothing is not defined")
    return sum(numbers) / len(numbers)


def median(numbers: list[float]) -> float:
    """Return the middle value, or the mean of the two middle values."""
    if not numbers:
        raise ValueError("the median of nothing is not defined")
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return (numbers[middle - 1] + numbers[middle]) / 2
