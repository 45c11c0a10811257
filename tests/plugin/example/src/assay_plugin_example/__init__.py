"""A stage and a validator for Assay that know a team's own rules."""
