"""Shortest paths in a weighted graph, by Dijkstra's algorithm."""

import heapq
from collections.abc import Mapping

Graph = Mapping[str, Mapping[str, float]]


class NoPath(Exception):
    """The goal cannot be reached."""


def shortest_path(graph: Graph, start: str, goal: str) -> tuple[float, list[str]]:
    """
    Return the length of the shortest path and the nodes on it.

    >>> shortest_path({"a": {"b": 1, "c": 5}, "b": {"c": 2}}, "a", "c")
    (3, ['a', 'b', 'c'])
    >>> shortest_path({}, "a", "a")
    (0, ['a'])
    """
    queue: list[tuple[float, str]] = [(0, start)]
    came_from: dict[str, str] = {}
    best: dict[str, float] = {start: 0}
    while queue:
        length, node = heapq.heappop(queue)
        if node == goal:
            return length, _walked(came_from, goal)
        if length > best[node]:
            continue
        for neighbour, weight in graph.get(node, {}).items():
            if weight < 0:
                raise ValueError(f"the edge from {node} to {neighbour} has a negative weight")
            candidate = length + weight
            if candidate < best.get(neighbour, float("inf")):
                best[neighbour] = candidate
                came_from[neighbour] = node
                heapq.heappush(queue, (candidate, neighbour))
    raise NoPath(f"{goal} cannot be reached from {start}")


def _walked(came_from: Mapping[str, str], goal: str) -> list[str]:
    path = [goal]
    while path[-1] in came_from:
        path.append(came_from[path[-1]])
    return path[::-1]
