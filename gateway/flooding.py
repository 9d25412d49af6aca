"""Devices that say more than the gateway takes of them: told as an alarm of the device itself."""

from collections.abc import Iterable
from typing import Final

from gateway.model.point import MESSAGES_DROPPED
from gateway.model.rule import AlarmClass, Guidance, Happened, Priority, Rule
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress

GUIDANCE: Final = Guidance(
    Text(
        "The device is broken, wired wrongly, or somebody else speaks in its name.",
        "设备故障、接线错误，或有人冒用其身份发送消息。",
    ),
    Text(
        "Only its newest states are known: what happened in between, a short opening too, is not.",
        "只知道最新状态；其间发生的情况（包括短暂开门）无法得知。",
    ),
    Text(
        "Go there and look, or watch by camera, until it is quiet; tell the engineer within the "
        "shift.",
        "到现场或通过视频查看，直至恢复正常；本班内通知工程师。",
    ),
)


def rules(devices: Iterable[Device]) -> tuple[Rule, ...]:
    """They stand beside the site's own."""
    return tuple(_rule(device) for device in devices if isinstance(device.address, MqttAddress))


def _rule(device: Device) -> Rule:
    point = f"{device.id}/{MESSAGES_DROPPED}"
    en, zh = "says more than is taken", "消息过多，部分被丢弃"
    return Rule(
        id=point,
        device=device.id,
        when=Happened(point),
        priority=Priority.MEDIUM,
        title=Text(f"{device.name.en}: {en}", f"{device.name.zh}：{zh}"),
        alarm_class=AlarmClass.EQUIPMENT,
        guidance=GUIDANCE,
    )
