"""What every call passes through, one file each."""
