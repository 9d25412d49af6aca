"""Connections to a real PostgreSQL, over a cable that is cut."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gateway.ledger.postgresql import create_engine
from tests.cable import cable

ASK = sa.text("SELECT 1")
LOCK = sa.text("SELECT pg_advisory_lock(7)")


@contextmanager
def engine(url: sa.URL, **patience: float | None) -> Iterator[sa.Engine]:
    made = create_engine(url, "test", **patience)
    try:
        yield made
    finally:
        made.dispose()


def test_a_database_that_says_nothing_is_given_up_and_found_again(postgres_url: str) -> None:
    url = sa.make_url(postgres_url)
    with cable(url.port or 0) as to, engine(url.set(port=to.port), answer_within_s=0.3) as asked:
        with asked.connect() as connection:
            connection.execute(ASK)
            to.cut()
            with pytest.raises(DBAPIError, match=r"no answer within 0\.3 s"):
                connection.execute(ASK)
        to.mend()
        with asked.connect() as connection:
            assert connection.execute(ASK).scalar() == 1


def test_a_database_that_says_no_is_asked_again_on_the_same_connection(postgres_url: str) -> None:
    pid = sa.text("SELECT pg_backend_pid()")
    with engine(sa.make_url(postgres_url)) as asked, asked.connect() as connection:
        before = connection.execute(pid).scalar()
        with pytest.raises(DBAPIError, match="does not exist"):
            connection.execute(sa.text("SELECT * FROM nothing"))
        connection.rollback()
        assert connection.execute(pid).scalar() == before


def test_the_database_takes_its_lock_from_one_that_asks_nothing(postgres_url: str) -> None:
    url = sa.make_url(postgres_url)
    with engine(url, idle_within_s=0.3) as stopped, engine(url) as other, stopped.connect() as lost:
        lost.execute(LOCK)
        lost.commit()  # the lock is the session's
        with other.connect() as next_one:
            next_one.execute(LOCK)  # returns when it is free
        with pytest.raises(DBAPIError, match="idle-session timeout"):
            lost.execute(ASK)


def test_the_database_itself_notices_a_machine_that_is_gone(postgres_url: str) -> None:
    with engine(sa.make_url(postgres_url)) as asked, asked.connect() as connection:
        known = connection.execute(
            sa.text("SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_%'")
        )
        assert {str(name): setting for name, setting in known} == {
            "tcp_keepalives_count": "3",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_user_timeout": "10000",
        }
