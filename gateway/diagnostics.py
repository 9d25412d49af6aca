"""What the gateway says of itself: readings of a device `gateway`, and the alarms they raise.

They go through the journal like any other reading, so they are told, kept and shown in the same
way. (ISA-18.2, 3.1: system diagnostic alarms.)
"""

from enum import StrEnum
from typing import Final

from gateway.model.clock import MINUTE, Micros
from gateway.model.reading import Reading
from gateway.model.rule import AlarmClass, Happened, InState, Priority, Rule, When
from gateway.model.text import Text
from gateway.self_guidance import GUIDANCE, Trouble

DEVICE: Final = "gateway"
KIND: Final = "gateway"
"""Its device kind, for histories that sort by kind."""
PLACE: Final = Text("Gateway", "网关")

DISK: Final = f"{DEVICE}/disk"
"""State: AMPLE or LOW room on the disk the stores lie on."""
AMPLE, LOW = "ample", "low"

JOURNAL_SET_ASIDE: Final = f"{DEVICE}/journal-set-aside"
"""Event: the journal's file was damaged; {"file": its new name, "carried_over": readings}."""

READINGS_DROPPED: Final = f"{DEVICE}/readings-dropped"
"""Event: the journal was over its size, and readings no history had taken yet had to go;
{"telemetry": how many, "evidence": how many}."""

CLOCK: Final = f"{DEVICE}/clock"
"""State: TRUE, or SET while the machine's clock has been set away from the gateway's."""
TRUE, SET = "true", "set"

BACKUP: Final = f"{DEVICE}/backup"
"""State: MADE, or FAILED until the next one succeeds."""
MADE, FAILED = "made", "failed"

RESTORED: Final = f"{DEVICE}/restored"
"""Event: from here on this journal goes on from a backup; {"backup": its name}."""


class Writing(StrEnum):
    """How a history is doing: the states of its point."""

    WRITTEN = "written"
    WAITING = "waiting"
    """It does not answer now; what it lacks waits in the journal."""
    REFUSED = "refused"
    """It does not let the gateway in: waiting mends nothing."""


NOTICES: Final = "notices"
"""The receiver that is all people outside."""


class Telling(StrEnum):
    """How it goes with one that is told outside: the states of its point."""

    TOLD = "told"
    FAILING = "failing"
    """The newest attempt failed; of NOTICES: some are delivered to nobody yet."""


def receiver(name: str) -> str:
    """The point that says how it goes with the receiver of that name."""
    return f"{DEVICE}/{name}"


class Hearing(StrEnum):
    """Whether devices are heard over a connection: the states of its point."""

    HEARD = "heard"
    SILENT = "silent"
    """It stands, or stood last, and brings nothing."""


def link(connection: str) -> str:
    """The point that says whether devices are heard over that connection."""
    return f"{DEVICE}/link-{connection}"


def history(name: str) -> str:
    """The point that says how the history of that name is doing."""
    return f"{DEVICE}/{name}"


def rules(
    histories: tuple[str, ...], receivers: tuple[str, ...] = (), links: tuple[str, ...] = ()
) -> tuple[Rule, ...]:
    """They stand beside the site's own. `links`: connections that may stand and bring nothing."""
    own = (
        _rule(
            "disk-low",
            _in(DISK, LOW),
            Priority.CRITICAL,
            "disk nearly full",
            "磁盘将满",
            Trouble.DISK_LOW,
        ),
        _rule(
            "journal-set-aside",
            Happened(JOURNAL_SET_ASIDE),
            Priority.HIGH,
            "damaged journal set aside",
            "日志文件损坏，已隔离",
            Trouble.JOURNAL_SET_ASIDE,
        ),
        _rule(
            "readings-dropped",
            Happened(READINGS_DROPPED),
            Priority.HIGH,
            "readings dropped: journal full",
            "日志已满，读数被丢弃",
            Trouble.READINGS_DROPPED,
        ),
        _rule(
            "backup-failed",
            _in(BACKUP, FAILED),
            Priority.HIGH,
            "backup failed",
            "备份失败",
            Trouble.BACKUP_FAILED,
        ),
        _rule(
            "clock-set",
            _in(CLOCK, SET),
            Priority.LOW,
            "clock was set",
            "系统时钟被更改",
            Trouble.CLOCK_SET,
        ),
    )
    return (
        *own,
        *(rule for name in histories for rule in _of_history(name)),
        *(_of_receiver(name) for name in receivers),
        *(_of_link(name) for name in links),
    )


def event(point: str, at: Micros, **facts: object) -> Reading:
    """Something that happened to the gateway."""
    return Reading(point, facts, at, at)


def state(point: str, value: str, at: Micros) -> Reading:
    """How something of the gateway is now."""
    return Reading(point, value, at, at)


def _of_history(name: str) -> tuple[Rule, Rule]:
    return (
        _rule(
            f"{name}-refused",
            _in(history(name), Writing.REFUSED),
            Priority.HIGH,
            f"history refused by {name}",
            f"{name} 拒绝写入历史数据",
            Trouble.HISTORY_REFUSED,
        ),
        _rule(
            f"{name}-waiting",
            _in(history(name), Writing.WAITING),
            Priority.LOW,
            f"history waits for {name}",
            f"历史数据等待 {name}",
            Trouble.HISTORY_WAITING,
            raise_after=10 * MINUTE,
        ),
    )


def _of_link(connection: str) -> Rule:
    return _rule(
        f"link-{connection}-silent",
        _in(link(connection), Hearing.SILENT),
        Priority.HIGH,
        f"nothing is heard over {connection}",
        f"连接 {connection} 收不到任何消息",
        Trouble.LINK_SILENT,
    )


def _of_receiver(name: str) -> Rule:
    failing = _in(receiver(name), Telling.FAILING)
    kind, _, id_ = name.partition("-")
    after, priority = 5 * MINUTE, Priority.LOW
    match kind:
        case "notices":
            en, zh, trouble = "notices cannot be delivered", "通知无法送达", Trouble.NOTICES
            after, priority = 0, Priority.HIGH
        case "channel":
            en, zh, trouble = f"notices by {id_} fail", f"{id_} 通知渠道故障", Trouble.CHANNEL
            priority = Priority.HIGH
        case "webhook":
            en, zh, trouble = f"webhook {id_} fails", f"Webhook {id_} 故障", Trouble.WEBHOOK
        case _:
            en, zh, trouble = "heartbeat not received outside", "外部心跳中断", Trouble.HEARTBEAT
    return _rule(f"{name}-failing", failing, priority, en, zh, trouble, after)


def _in(point: str, state: str) -> InState:
    return InState(point, frozenset({state}))


def _rule(
    name: str,
    when: When,
    priority: Priority,
    en: str,
    zh: str,
    trouble: Trouble,
    raise_after: Micros = 0,
) -> Rule:
    return Rule(
        id=f"{DEVICE}/{name}",
        device=DEVICE,
        when=when,
        priority=priority,
        title=Text(f"Gateway: {en}", f"网关：{zh}"),
        raise_after=raise_after,
        alarm_class=AlarmClass.SYSTEM,
        guidance=GUIDANCE[trouble],
    )
