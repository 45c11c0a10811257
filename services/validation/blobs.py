"""
What was asked for, by what it is: each request of a tenant once, under its digest, as long as anybody refers to it.

Jobs, and what is said of them elsewhere, have the digest alone. How many refer to a blob is counted in its row: whoever
changes the count holds the row until its transaction ends, so none goes while somebody begins to refer to it.
"""

import hashlib
from typing import TYPE_CHECKING

from host.database import sql

if TYPE_CHECKING:
    from host.database import Connection

KEEP = """
    INSERT INTO blobs (tenant, digest, uses, content) VALUES (:tenant, :digest, 1, :content)
    ON CONFLICT (tenant, digest) DO UPDATE SET uses = blobs.uses + 1
"""
CONTENT = "SELECT content FROM blobs WHERE tenant = :tenant AND digest = :digest"
RELEASE = "UPDATE blobs SET uses = uses - 1 WHERE tenant = :tenant AND digest = :digest"
REMOVE = "DELETE FROM blobs WHERE tenant = :tenant AND digest = :digest AND uses <= 0"


def keep(connection: "Connection", tenant: str, content: bytes) -> str:
    """Keep content for one more that refers to it, and return its digest."""
    digest = hashlib.sha256(content).hexdigest()
    connection.execute(sql(KEEP), {"tenant": tenant, "digest": digest, "content": content})
    return digest


def content(connection: "Connection", tenant: str, digest: str) -> bytes:
    """Return the content that somebody refers to."""
    found: bytes = connection.execute(sql(CONTENT), {"tenant": tenant, "digest": digest}).scalar_one()
    return found


def release(connection: "Connection", tenant: str, digest: str) -> None:
    """Let one refer to it no longer; with the last one it goes."""
    named = {"tenant": tenant, "digest": digest}
    connection.execute(sql(RELEASE), named)
    connection.execute(sql(REMOVE), named)
