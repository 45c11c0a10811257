"""Process 1 of every sandbox. Standard library only; it runs inside the image, and the service shares its frames."""
