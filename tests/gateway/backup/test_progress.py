import io

from gateway.backup.progress import BETWEEN_LINES_SECONDS, QUIET_SECONDS, ProgressLines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_soon_done_is_silent_and_what_takes_long_is_told_now_and_then() -> None:
    now, shown = [0.0], io.StringIO()
    lines = ProgressLines(shown, lambda: now[0])
    lines.begin("copying journal.db", 200_000_000)
    for second in range(5 + int(BETWEEN_LINES_SECONDS)):
        now[0] = float(second)
        lines.heard(10_000_000)
    lines.end()
    assert QUIET_SECONDS == 2.0
    assert shown.getvalue().splitlines() == [
        "copying journal.db: 15 % of 200 MB",
        "copying journal.db: 65 % of 200 MB",
    ]


def test_on_a_terminal_it_is_one_line_that_is_left_at_the_end() -> None:
    now, shown = [0.0], Terminal()
    lines = ProgressLines(shown, lambda: now[0])
    lines.begin("copying journal.db", 10)
    now[0] = QUIET_SECONDS
    lines.heard(5)
    lines.end()
    assert shown.getvalue() == "\r\x1b[Kcopying journal.db: 50 % of 0 MB\n"
