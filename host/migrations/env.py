"""What Alembic runs for every command: steps on the connection that :mod:`host.migrations.migrating` gives it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    on_version_apply=context.config.attributes["told"],
    # SQLite changes columns only by making the table anew.
    render_as_batch=True,
)
context.run_migrations()
