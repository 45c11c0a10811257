"""
Requests of jobs go into a table of their own, each once; jobs say whether a permit was issued; dead jobs are kept.

Back again, dead jobs are forgotten: their validations have failed, and stay so.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KEEP = sa.text(
    "INSERT INTO blobs (tenant, digest, uses, content) VALUES (:tenant, :digest, 1, :content) "
    "ON CONFLICT (tenant, digest) DO UPDATE SET uses = blobs.uses + 1"
)


def upgrade() -> None:
    """Move the requests, one after another: together they may be a gigabyte."""
    op.create_table(
        "blobs",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "dead_jobs",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("died", sa.Float(53), nullable=False),
        sa.Column("trace", sa.String(64), nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    # Not by making the table anew, as batches do on SQLite: its numbers would begin again.
    op.execute("ALTER TABLE jobs ADD COLUMN digest VARCHAR(64) NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE jobs ADD COLUMN issued INTEGER NOT NULL DEFAULT 0")
    connection = op.get_bind()
    for number in connection.execute(sa.text("SELECT number FROM jobs ORDER BY number")).scalars().all():
        wanted = {"number": number}
        tenant, request = connection.execute(
            sa.text("SELECT tenant, request FROM jobs WHERE number = :number"), wanted
        ).one()
        digest = hashlib.sha256(request).hexdigest()
        connection.execute(KEEP, {"tenant": tenant, "digest": digest, "content": request})
        connection.execute(
            sa.text("UPDATE jobs SET digest = :digest WHERE number = :number"), {"digest": digest, **wanted}
        )
    op.execute("ALTER TABLE jobs DROP COLUMN request")


def downgrade() -> None:
    """Put the requests back into the jobs."""
    op.execute(f"ALTER TABLE jobs ADD COLUMN request {'BLOB' if _on_sqlite() else 'BYTEA'}")
    op.execute(
        "UPDATE jobs SET request = ("
        "SELECT content FROM blobs WHERE blobs.tenant = jobs.tenant AND blobs.digest = jobs.digest)"
    )
    if _on_sqlite():
        # SQLite adds no column that must have a value and has none; a table made anew would number from 1 again.
        op.execute("UPDATE jobs SET request = x'' WHERE request IS NULL")
    else:
        op.execute("ALTER TABLE jobs ALTER COLUMN request SET NOT NULL")
    op.execute("ALTER TABLE jobs DROP COLUMN digest")
    op.execute("ALTER TABLE jobs DROP COLUMN issued")
    op.drop_table("dead_jobs")
    op.drop_table("blobs")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
