"""Accounts over a real ledger, on each of its databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from gateway.errors import Malformed, Missing, Refused, Unreachable
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import metadata, security
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE, Micros
from gateway.security.accounts import LINK_LIFETIME, SESSION_LIFETIME, Accounts
from gateway.security.audit import CONSOLE
from gateway.security.identity import NotAllowed, NotSignedIn, TooManyAttempts, Via
from gateway.security.roles import RIGHTS, Right, Role
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON

PASSWORD = "correct horse battery"
DESK = "10.0.0.1"
ADMIN = Actor("admin", Role.ADMIN, DESK)
LI = Actor("li", Role.OPERATOR, DESK)


class CountingHasher(PasswordHasher):
    """Real, as cheap as argon2 goes; counts what an attacker could time."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # A002: named by argon2
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
async def accounts(
    ledger: Ledger, clock: HandClock, hasher: CountingHasher
) -> AsyncIterator[Accounts]:
    async with Accounts(ledger, clock, hasher) as opened:
        await opened.add_user("admin", Role.ADMIN, who=CONSOLE)
        await opened.add_user("li", Role.OPERATOR, PASSWORD, who=ADMIN)
        yield opened


async def audit(ledger: Ledger) -> list[tuple[str, str, str]]:
    query = sa.select(security.audit).order_by(security.audit.c.id)
    rows = await ledger.transact(lambda db: db.execute(query).all())
    return [(row.who, row.act, row.subject) for row in rows]


async def test_a_password_opens_a_session_for_twelve_hours(
    accounts: Accounts, clock: HandClock
) -> None:
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    identity = accounts.resolve(session)
    assert identity is not None
    assert (identity.user, identity.role, identity.via) == ("li", Role.OPERATOR, Via.SESSION)
    assert identity.rights == RIGHTS[Role.OPERATOR]
    clock.now += SESSION_LIFETIME - 1
    assert accounts.resolve(session) == identity
    clock.now += 1
    assert accounts.resolve(session) is None


async def test_whatever_is_wrong_the_refusal_is_the_same_and_costs_one_verification(
    accounts: Accounts, hasher: CountingHasher
) -> None:
    await accounts.add_user("gone", Role.OPERATOR, PASSWORD, who=ADMIN)
    await accounts.change_user("gone", disabled=True, who=ADMIN)
    said = set()
    for name, password in [
        ("li", "wrong"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("admin", ""),
        ("no such name, in a sentence \x00", PASSWORD),
    ]:
        before = hasher.verified
        with pytest.raises(NotSignedIn) as refused:
            await accounts.sign_in(name, password, address=DESK)
        said.add(str(refused.value))
        assert hasher.verified == before + 1
    assert len(said) == 1


async def test_guesses_made_at_once_are_counted_like_guesses_one_by_one(
    accounts: Accounts, clock: HandClock
) -> None:
    guesses = [accounts.sign_in("li", f"guess {n}", address=DESK) for n in range(20)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(result) for result in results] == [NotSignedIn] * 5 + [TooManyAttempts] * 15
    with pytest.raises(TooManyAttempts):
        await accounts.sign_in("li", PASSWORD, address=DESK)
    clock.now += 5 * MINUTE
    assert await accounts.sign_in("li", PASSWORD, address=DESK)


async def test_only_digests_and_hashes_are_in_the_ledger(
    accounts: Accounts, ledger: Ledger
) -> None:
    given = [
        await accounts.sign_in("li", PASSWORD, address=DESK),
        await accounts.make_sign_in_link("li", who=ADMIN),
        await accounts.issue_token("li", "Grafana", Role.OPERATOR, who=ADMIN),
        PASSWORD,
    ]

    def everything(db: sa.Connection) -> str:
        return repr([db.execute(sa.select(table)).all() for table in metadata.tables.values()])

    stored = await ledger.transact(everything)
    assert not [secret for secret in given if secret in stored]
    assert given[2].startswith("gh_")


async def test_a_sign_in_link_is_good_once(accounts: Accounts) -> None:
    link = await accounts.make_sign_in_link("admin", who=CONSOLE)
    assert accounts.resolve(link) is None
    session = await accounts.redeem(link, address=DESK)
    identity = accounts.resolve(session)
    assert identity is not None
    assert identity.user == "admin"
    with pytest.raises(NotSignedIn):
        await accounts.redeem(link, address=DESK)
    with pytest.raises(NotSignedIn):
        await accounts.redeem(session, address=DESK)


async def test_a_sign_in_link_used_twice_at_once_opens_one_session(accounts: Accounts) -> None:
    link = await accounts.make_sign_in_link("admin", who=CONSOLE)
    uses = [accounts.redeem(link, address=DESK) for _ in range(8)]
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1


async def test_guessing_links_has_to_wait_too(accounts: Accounts) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await accounts.redeem("guess", address=DESK)
    with pytest.raises(TooManyAttempts):
        await accounts.redeem("guess", address=DESK)


async def test_a_sign_in_link_is_good_for_ten_minutes(accounts: Accounts, clock: HandClock) -> None:
    link = await accounts.make_sign_in_link("admin", who=CONSOLE)
    clock.now += LINK_LIFETIME
    with pytest.raises(NotSignedIn):
        await accounts.redeem(link, address=DESK)


async def test_signing_out_ends_that_session_only(accounts: Accounts) -> None:
    here, there = [await accounts.sign_in("li", PASSWORD, address=DESK) for _ in range(2)]
    await accounts.sign_out(here, address=DESK)
    assert accounts.resolve(here) is None
    assert accounts.resolve(there) is not None
    await accounts.end_sessions("li", who=ADMIN)
    assert accounts.resolve(there) is None


async def test_a_new_password_ends_sessions_and_links_made_before_it(accounts: Accounts) -> None:
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    link = await accounts.make_sign_in_link("li", who=ADMIN)
    await accounts.set_password("li", "another horse battery", who=ADMIN)
    assert accounts.resolve(session) is None
    with pytest.raises(NotSignedIn):
        await accounts.redeem(link, address=DESK)
    with pytest.raises(NotSignedIn):
        await accounts.sign_in("li", PASSWORD, address=DESK)
    assert await accounts.sign_in("li", "another horse battery", address=DESK)


async def test_people_change_their_own_password_by_the_present_one_or_after_a_link(
    accounts: Accounts,
) -> None:
    with pytest.raises(NotAllowed):
        await accounts.change_own_password("guess", "another horse battery", who=LI)
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    await accounts.change_own_password(PASSWORD, "another horse battery", who=LI)
    assert accounts.resolve(session) is None
    assert await accounts.sign_in("li", "another horse battery", address=DESK)
    await accounts.change_own_password("", "the very first password", who=ADMIN)
    assert await accounts.sign_in("admin", "the very first password", address=DESK)


async def test_a_disabled_user_is_out_at_once_and_enabling_brings_nothing_back(
    accounts: Accounts,
) -> None:
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    link = await accounts.make_sign_in_link("li", who=ADMIN)
    token = await accounts.issue_token("li", "Grafana", Role.OPERATOR, who=ADMIN)
    await accounts.change_user("li", disabled=True, who=ADMIN)
    for _ in ("disabled", "enabled again"):
        assert accounts.resolve(session) is None
        assert accounts.resolve(token) is None
        with pytest.raises(NotSignedIn):
            await accounts.redeem(link, address=DESK)
        await accounts.change_user("li", disabled=False, who=ADMIN)
    assert await accounts.sign_in("li", PASSWORD, address=DESK)


async def test_a_disabled_user_is_given_neither_links_nor_tokens(accounts: Accounts) -> None:
    await accounts.change_user("li", disabled=True, who=ADMIN)
    with pytest.raises(Refused, match="disabled"):
        await accounts.make_sign_in_link("li", who=ADMIN)
    with pytest.raises(Refused, match="disabled"):
        await accounts.issue_token("li", "Grafana", Role.OPERATOR, who=ADMIN)


async def test_the_last_administrator_can_be_neither_disabled_nor_demoted(
    accounts: Accounts,
) -> None:
    with pytest.raises(Refused, match="last administrator"):
        await accounts.change_user("admin", disabled=True, who=ADMIN)
    with pytest.raises(Refused, match="last administrator"):
        await accounts.change_user("admin", role=Role.MANAGER, who=ADMIN)
    await accounts.add_user("second", Role.ADMIN, who=ADMIN)
    await accounts.change_user("admin", disabled=True, who=Actor("second"))
    with pytest.raises(Refused, match="last administrator"):
        await accounts.change_user("second", role=Role.MANAGER, disabled=True, who=Actor("second"))
    assert [user.name for user in await accounts.users() if not user.disabled] == ["li", "second"]


async def test_a_token_does_what_its_role_may_and_never_more_than_its_user(
    accounts: Accounts,
) -> None:
    await accounts.add_user("wang", Role.ENGINEER, who=ADMIN)
    token = await accounts.issue_token("wang", "tests", Role.TESTER, who=ADMIN)
    identity = accounts.resolve(token)
    assert identity is not None
    assert (identity.role, identity.via) == (Role.TESTER, Via.TOKEN)
    assert identity.rights == {Right.READ, Right.SEE_HEALTH}
    with pytest.raises(Refused, match="may do more"):
        await accounts.issue_token("wang", "escalation", Role.ADMIN, who=Actor("wang"))
    await accounts.change_user("wang", role=Role.OPERATOR, who=ADMIN)
    identity = accounts.resolve(token)
    assert identity is not None
    assert identity.rights == {Right.READ}


async def test_tokens_are_listed_without_their_secrets_expire_and_are_revoked(
    accounts: Accounts, clock: HandClock
) -> None:
    until: Micros = NOON + HOUR
    short = await accounts.issue_token("li", "short", Role.OPERATOR, expires_at=until, who=ADMIN)
    endless = await accounts.issue_token("li", "endless", Role.OPERATOR, who=ADMIN)
    clock.now = until
    assert accounts.resolve(short) is None
    assert accounts.resolve(endless) is not None
    by_label = {token.label: token for token in await accounts.tokens()}
    assert by_label["short"].expires_at == until
    await accounts.revoke_token(by_label["endless"].id, who=ADMIN)
    assert accounts.resolve(endless) is None
    assert [token.label for token in await accounts.tokens()] == ["short"]
    with pytest.raises(Missing):
        await accounts.revoke_token(by_label["endless"].id, who=ADMIN)
    with pytest.raises(Malformed):
        await accounts.issue_token("li", "late", Role.OPERATOR, expires_at=NOON, who=ADMIN)


async def test_what_cannot_be_a_user_name_is_refused(accounts: Accounts) -> None:
    reserved = ["gateway", "console", "anonymous", "webhook-erp"]
    for name in ["", "Li", "li wei", "../etc", "x" * 65, "li\n", *reserved]:
        with pytest.raises(Malformed):
            await accounts.add_user(name, Role.OPERATOR, who=ADMIN)


async def test_a_name_is_given_once(accounts: Accounts) -> None:
    with pytest.raises(Refused, match="exists already"):
        await accounts.add_user("li", Role.ADMIN, who=ADMIN)
    (li,) = [user for user in await accounts.users() if user.name == "li"]
    assert (li.role, li.has_password, li.disabled) == (Role.OPERATOR, True, False)


async def test_acts_on_users_that_are_not_there_are_refused(accounts: Accounts) -> None:
    for act in (
        accounts.set_password("nobody", PASSWORD, who=ADMIN),
        accounts.change_user("nobody", disabled=True, who=ADMIN),
        accounts.end_sessions("nobody", who=ADMIN),
        accounts.make_sign_in_link("nobody", who=ADMIN),
        accounts.issue_token("nobody", "x", Role.OPERATOR, who=ADMIN),
    ):
        with pytest.raises(Missing):
            await act


async def test_sessions_and_tokens_outlive_a_restart_and_ended_ones_are_dropped(
    ledger: Ledger, accounts: Accounts, clock: HandClock
) -> None:
    ended, session = [await accounts.sign_in("li", PASSWORD, address=DESK) for _ in range(2)]
    token = await accounts.issue_token("li", "Grafana", Role.OPERATOR, who=ADMIN)
    await accounts.sign_out(ended, address=DESK)
    async with Accounts(ledger, clock, CountingHasher()) as again:
        assert again.resolve(session) is not None
        assert again.resolve(token) is not None
        assert again.resolve(ended) is None
    count = sa.select(sa.func.count()).select_from(security.credential)
    assert await ledger.transact(lambda db: db.execute(count).scalar()) == 2


async def test_every_act_is_on_record_with_who_did_it_and_failed_acts_leave_no_trace(
    accounts: Accounts, ledger: Ledger
) -> None:
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    await accounts.sign_out(session, address=DESK)
    with pytest.raises(NotSignedIn):
        await accounts.sign_in("li", "wrong", address=DESK)
    with pytest.raises(Refused):
        await accounts.add_user("li", Role.ADMIN, who=ADMIN)
    await accounts.change_user("li", role=Role.MANAGER, disabled=True, who=ADMIN)
    assert await audit(ledger) == [
        ("console", "user added", "admin"),
        ("admin", "user added", "li"),
        ("li", "signed in", "li"),
        ("li", "signed out", "li"),
        ("anonymous", "sign-in refused", "li"),
        ("admin", "role set", "li"),
        ("admin", "user disabled", "li"),
    ]


async def test_a_caller_who_stops_waiting_does_not_leave_an_ended_session_open(
    accounts: Accounts,
) -> None:
    session = await accounts.sign_in("li", PASSWORD, address=DESK)
    disabling = asyncio.create_task(accounts.change_user("li", disabled=True, who=ADMIN))
    await asyncio.sleep(0)
    disabling.cancel()
    await asyncio.wait([disabling])
    await accounts.users()  # the ledger does one thing after the other
    await asyncio.sleep(0)
    assert accounts.resolve(session) is None


async def test_accounts_that_cannot_be_read_leave_nothing_running(
    ledger: Ledger, clock: HandClock
) -> None:
    await ledger.transact(security.credential.drop)
    with pytest.raises((sa.exc.DBAPIError, Unreachable)):
        async with Accounts(ledger, clock, CountingHasher()):
            pass
