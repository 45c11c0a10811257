"""The scoring stage: one calibrated number for how authentic a candidate is, from all that the other stages told."""
