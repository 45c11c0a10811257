"""Plain values. Not dataclasses: that module loads ten others, and the start of every sandbox would wait for it."""


class Value:
    """Something that is what its attributes are; they are the parameters of its constructor, and do not change."""

    def to_object(self) -> dict[str, object]:
        """Return the attributes by name."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
