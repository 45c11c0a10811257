"""The table of the system service: one row, which is written to see whether it can be."""

from sqlalchemy import Column, Float, MetaData, String, Table

metadata = MetaData()

system_probe = Table(
    "system_probe",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("at", Float(53), nullable=False),
)
"""``at`` is when it was written last, in seconds since 1970."""
