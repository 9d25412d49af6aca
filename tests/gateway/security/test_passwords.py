import pytest
from argon2 import PasswordHasher
from argon2.exceptions import HashingError

from gateway.errors import Malformed
from gateway.security.passwords import LONGEST, Passwords, check_new_password

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_is_kept_as_argon2id_and_never_the_same_twice() -> None:
    async with Passwords() as passwords:
        first, second = [await passwords.hash("correct horse") for _ in range(2)]
        assert first.startswith("$argon2id$")
        assert first != second
        assert await passwords.matches(first, "correct horse")
        assert not await passwords.matches(first, "Correct horse")


async def test_accents_match_however_the_keyboard_composes_them() -> None:
    async with Passwords(CHEAP) as passwords:
        composed = await passwords.hash("caf\u00e9 con leche")
        assert await passwords.matches(composed, "cafe\u0301 con leche")


@pytest.mark.parametrize("spoiled", ["", "plain", "$argon2id$v=19$broken"])
async def test_a_spoiled_hash_matches_nothing(spoiled: str) -> None:
    async with Passwords(CHEAP) as passwords:
        assert not await passwords.matches(spoiled, "plain")


@pytest.mark.parametrize(
    "password", ["", "ninechars", "x" * (LONGEST + 1), "administrator", "ADMINISTRATOR"]
)
def test_short_endless_and_obvious_passwords_are_refused(password: str) -> None:
    with pytest.raises(Malformed):
        check_new_password("administrator", password)


def test_ten_characters_of_any_kind_will_do() -> None:
    check_new_password("li", "柳苑物业值班室的门钥匙")


async def test_a_hasher_that_cannot_work_leaves_no_thread() -> None:
    with pytest.raises(HashingError):
        async with Passwords(PasswordHasher(memory_cost=1)):
            pass
