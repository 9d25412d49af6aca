from gateway.security.roles import RIGHTS, Right, Role


def test_every_role_may_at_least_look() -> None:
    assert all(Right.READ in RIGHTS[role] for role in Role)


def test_only_an_administrator_may_manage_accounts() -> None:
    assert [role for role in Role if Right.MANAGE_ACCOUNTS in RIGHTS[role]] == [Role.ADMIN]


def test_testers_look_at_the_gateway_but_do_not_work_tickets() -> None:
    assert RIGHTS[Role.TESTER] == {Right.READ, Right.SEE_HEALTH}


def test_the_desk_hands_over_and_its_leaders_say_who_belongs_to_a_team() -> None:
    signing = [role for role in Role if Right.HAND_OVER in RIGHTS[role]]
    assert signing == [Role.OPERATOR, Role.LEADER, Role.ADMIN]
    managing = [role for role in Role if Right.MANAGE_SHIFTS in RIGHTS[role]]
    assert managing == [Role.LEADER, Role.MANAGER, Role.ADMIN]


def test_only_engineers_and_administrators_take_devices_into_service() -> None:
    taking = [role for role in Role if Right.TAKE_INTO_SERVICE in RIGHTS[role]]
    assert taking == [Role.ENGINEER, Role.ADMIN]
