from main import integer_root


def test_squares():
    assert [integer_root(n * n) for n in range(1, 20)] == list(range(1, 20))


def test_between_squares():
    assert integer_root(10) == 3
