"""
The tables of all services; and of SQLite's databases from before there were revisions, bringing forward what they have.

Those carry the version of the validation service's tables as SQLite's ``user_version``, 1 to 4 (0: it never opened the
database), and have the tables of each service that opened them. From here on it is 5, which is what keeps programs from
before there were revisions from writing to a database that they do not know.
"""

import sqlalchemy as sa
from alembic import op

from host.migrations.revisions import WrongSchema

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Of rows that are numbered in the order in which they are added; SQLite numbers no other type."""

TABLES = (
    "events",
    "jobs",
    "validations",
    "events_counts",
    "events_log",
    "usage",
    "gateway_slots",
    "gateway_calls",
    "api_keys_root",
    "api_keys",
    "system_probe",
)


def upgrade() -> None:
    """Make what is missing."""
    if _on_sqlite():
        _bring_forward()
        op.execute("PRAGMA user_version = 5")
    _validation()
    _events()
    _host()
    _gateway()


def downgrade() -> None:
    """Remove everything."""
    for name in TABLES:
        op.drop_table(name)
    if _on_sqlite():
        op.execute("PRAGMA user_version = 0")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _bring_forward() -> None:
    """Add what the versions before the fourth did not have; of tables that are not there, nothing."""
    found = op.get_bind().exec_driver_sql("PRAGMA user_version").scalar_one()
    if not 0 <= found <= 4:
        raise WrongSchema(f"the database has the version {found}, which no version of Assay wrote; move the file away")
    if found == 1:
        # All of its validations had ended.
        op.execute("ALTER TABLE validations ADD COLUMN state INTEGER NOT NULL DEFAULT 3")
        op.execute("ALTER TABLE validations ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0")
        op.execute("ALTER TABLE validations ADD COLUMN key VARCHAR(64)")
    if found == 2:
        op.execute("ALTER TABLE jobs ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT ''")
    if found in {2, 3}:
        op.execute("ALTER TABLE jobs ADD COLUMN tenant VARCHAR(64) NOT NULL DEFAULT 'local'")
        op.execute("UPDATE jobs SET tenant = (SELECT tenant FROM validations WHERE validations.id = jobs.id)")


def _table(name: str, *columns: sa.schema.SchemaItem, **options: bool) -> None:
    op.create_table(name, *columns, if_not_exists=_on_sqlite(), **options)


def _index(table: str, *columns: str, name: str = "") -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), if_not_exists=_on_sqlite())


def _validation() -> None:
    _table(
        "validations",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=True),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("verdict", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Integer, nullable=False, server_default="3"),
        sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("key", sa.String(64), nullable=True),
        sa.UniqueConstraint("tenant", "request_id"),
        sqlite_autoincrement=True,
    )
    _index("validations", "tenant")
    _index("validations", "tenant", "key", name="ix_validations_key")
    _index("validations", "state", "verdict", "tenant", name="ix_validations_figures")
    _table(
        "jobs",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), sa.ForeignKey("validations.id"), nullable=False, unique=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("expires", sa.Float(53), nullable=False),
        sa.Column("trace", sa.String(64), nullable=False, server_default=sa.text("''")),
        sa.Column("tenant", sa.String(64), nullable=False, server_default="local"),
        sqlite_autoincrement=True,
    )
    _index("jobs", "tenant", "owner", "expires", "size", name="ix_jobs_load")
    _table(
        "events",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("id", "name"),
    )
    _index("events", "created")


def _events() -> None:
    _table(
        "events_log",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(128), nullable=False, unique=True),
        sa.Column("kind", sa.String(128), nullable=False),
        sa.Column("resource", sa.String(256), nullable=False),
        sa.Column("project", sa.String(256), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    _index("events_log", "created")
    _index("events_log", "tenant", "resource", "number", name="ix_events_log_resource")
    _table(
        "events_counts",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )


def _host() -> None:
    _table(
        "usage",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.Float(53), nullable=False),
    )
    _index("usage", "day")
    _table(
        "system_probe",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("at", sa.Float(53), nullable=False),
    )


def _gateway() -> None:
    _table(
        "api_keys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("expires", sa.Float(53), nullable=True),
        sa.Column("revoked", sa.Float(53), nullable=True),
        sa.Column("used", sa.Float(53), nullable=True),
    )
    _index("api_keys", "tenant")
    _table(
        "api_keys_root",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    _table(
        "gateway_calls",
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("tokens", sa.Float(53), nullable=False),
        sa.Column("filled", sa.Float(53), nullable=False),
    )
    _table(
        "gateway_slots",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(128), primary_key=True),
        sa.Column("quota", sa.String(32), primary_key=True),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("expires", sa.Float(53), nullable=False),
    )
    _index("gateway_slots", "tenant", "quota", name="ix_gateway_slots_tenant")
