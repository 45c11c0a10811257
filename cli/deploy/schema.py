"""What the new version says of the schema that the database has, before anything is changed."""

from cli.deploy.tool import Ran
from cli.diagnosis import Ill


def looked_at(ran: Ran) -> str:
    """
    Return what `assay migrate --check` said.

    :raises Ill: There is no way forward from there.
    """
    if ran.status:
        raise Ill(ran.said, "see docs/database.md")
    return ran.output.strip().splitlines()[-1]
