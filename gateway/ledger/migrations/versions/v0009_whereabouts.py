"""Who is known to be where

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_person",
        sa.Column("machine", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=24), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("machine", "who", name=op.f("pk_access_person")),
    )
