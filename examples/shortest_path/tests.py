roads = {
    "Aachen": {"Bonn": 92, "Cologne": 71},
    "Cologne": {"Bonn": 28, "Essen": 72},
    "Bonn": {"Essen": 105},
    "Essen": {},
}

assert shortest_path(roads, "Aachen", "Essen") == (143, ["Aachen", "Cologne", "Essen"])
assert shortest_path(roads, "Aachen", "Bonn") == (92, ["Aachen", "Bonn"])
assert shortest_path(roads, "Essen", "Essen") == (0, ["Essen"])

try:
    shortest_path(roads, "Essen", "Aachen")
except NoPath as error:
    assert "Aachen" in str(error)
else:
    raise AssertionError("a path that is not there was found")

try:
    shortest_path({"a": {"b": -1}}, "a", "b")
except ValueError:
    pass
else:
    raise AssertionError("a negative weight was taken")
