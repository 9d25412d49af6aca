"""Bypassed zones

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bypass",
        sa.Column("point", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("unknown_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("point", name=op.f("pk_bypass")),
    )
