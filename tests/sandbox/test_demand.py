"""What is remembered of the last minute."""

from sandbox.demand import WINDOW_SECONDS, Demand


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_bursts_are_told_from_a_trickle() -> None:
    """Claims at about one time count together, and claims far apart one by one."""
    clock = Clock()
    demand = Demand(clock)
    assert (demand.in_window(), demand.largest_burst()) == (0, 0)
    for _ in range(5):
        demand.claimed()
        clock.now += 3
    assert (demand.in_window(), demand.largest_burst()) == (5, 1)
    clock.now = 1020.9
    demand.claimed()
    demand.claimed()
    clock.now = 1021.1
    demand.claimed()
    assert (demand.in_window(), demand.largest_burst()) == (8, 3)


def test_a_minute_later_nothing_is_left() -> None:
    """What came more than a minute ago is forgotten, and memory is bounded whatever came."""
    clock = Clock()
    demand = Demand(clock)
    for _ in range(100_000):
        demand.claimed()
        clock.now += 0.01
    assert len(demand._seconds) <= WINDOW_SECONDS
    assert 5_900 <= demand.in_window() <= 6_000
    clock.now += WINDOW_SECONDS + 1
    assert (demand.in_window(), demand.largest_burst(), len(demand._seconds)) == (0, 0, 0)
