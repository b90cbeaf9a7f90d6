"""Facts about the installation itself."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection, select

from sync.store.rows import insert_new
from sync.store.tables import META

_INSTALLATION = "installation"


def installation(sql: Connection) -> str:
    """Id of this installation, made once. ``setup`` leaves it in the CRM, so that two cannot share an org."""
    insert_new(sql, META, [{"name": _INSTALLATION, "value": uuid4().hex}])
    return str(sql.execute(select(META.c.value).where(META.c.name == _INSTALLATION)).scalar_one())
