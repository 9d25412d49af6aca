"""What the desk is told to do with alarms of the gateway itself."""

from enum import StrEnum
from typing import Final

from gateway.model.rule import Guidance
from gateway.model.text import Text


class Trouble(StrEnum):
    """What can be wrong with the gateway."""

    DISK_LOW = "disk_low"
    JOURNAL_SET_ASIDE = "journal_set_aside"
    READINGS_DROPPED = "readings_dropped"
    BACKUP_FAILED = "backup_failed"
    CLOCK_SET = "clock_set"
    HISTORY_REFUSED = "history_refused"
    HISTORY_WAITING = "history_waiting"
    NOTICES = "notices"
    CHANNEL = "channel"
    WEBHOOK = "webhook"
    HEARTBEAT = "heartbeat"
    LINK_SILENT = "link_silent"


GUIDANCE: Final = {
    Trouble.DISK_LOW: Guidance(
        Text("Something fills the disk the stores lie on.", "存储磁盘被占满。"),
        Text(
            "When it is full nothing more is recorded and no alarm is raised.",
            "写满后不再记录，也不再报警。",
        ),
        Text(
            "Call the engineer now. Until then patrol instead of relying on the screen; delete "
            "nothing in the data folder.",
            "立即通知工程师；期间加强巡查，不要只看屏幕；不要删除数据目录中的文件。",
        ),
    ),
    Trouble.JOURNAL_SET_ASIDE: Guidance(
        Text(
            "The journal's file was damaged: a failing disk, or power lost.",
            "日志文件损坏：磁盘故障或断电。",
        ),
        Text(
            "Readings may be missing from before; watching goes on.",
            "此前部分读数可能丢失；监控继续运行。",
        ),
        Text(
            "Tell the engineer within the shift: the damaged file is kept beside the new one, and "
            "the disk wants checking.",
            "本班内通知工程师：损坏文件已保留，需检查磁盘。",
        ),
    ),
    Trouble.READINGS_DROPPED: Guidance(
        Text(
            "A history has not taken readings for so long that the journal is full.",
            "历史库长时间未写入，日志已满。",
        ),
        Text("Trends have a gap for good; alarms go on.", "趋势数据永久缺失；报警不受影响。"),
        Text(
            "Look which history waits, and have the engineer bring it back.",
            "查看哪个历史库在等待，通知工程师恢复。",
        ),
    ),
    Trouble.BACKUP_FAILED: Guidance(
        Text("The backup's disk is full, missing or not writable.", "备份盘已满、未连接或不可写。"),
        Text(
            "If this machine fails now, what was done since the last backup is lost.",
            "此时主机故障，上次备份以来的数据将丢失。",
        ),
        Text(
            "Tell the engineer today; then run gatehouse backup by hand.",
            "当天通知工程师，修复后手动执行 gatehouse backup。",
        ),
    ),
    Trouble.CLOCK_SET: Guidance(
        Text(
            "Somebody or the time server has set this machine's clock.",
            "有人或时间服务器更改了本机时钟。",
        ),
        Text(
            "Times of alarms and recordings differ from the wall clock for a while.",
            "报警和录像时间会与实际时间短暂不一致。",
        ),
        Text(
            "Compare with a watch. Right: nothing to do. Wrong: tell the engineer.",
            "与手表核对：一致则无需处理，不一致通知工程师。",
        ),
    ),
    Trouble.HISTORY_REFUSED: Guidance(
        Text(
            "The database does not let the gateway in: password, token or name changed.",
            "数据库拒绝网关：密码、令牌或库名已更改。",
        ),
        Text(
            "No trends from now on; once the journal is full readings are lost.",
            "趋势停止更新；日志写满后读数会丢失。",
        ),
        Text(
            "Tell the engineer in the day; waiting mends nothing.",
            "工作时间内通知工程师，等待不会自行恢复。",
        ),
    ),
    Trouble.HISTORY_WAITING: Guidance(
        Text("The database does not answer.", "数据库无响应。"),
        Text(
            "Trends stand still; they are filled in when it is back.",
            "趋势暂停，恢复后自动补齐。",
        ),
        Text("Still so after an hour: tell the engineer.", "超过1小时仍未恢复，通知工程师。"),
    ),
    Trouble.NOTICES: Guidance(
        Text(
            "Every channel to the people outside fails: internet, or all their services.",
            "所有对外通知渠道均失败：外网或服务中断。",
        ),
        Text(
            "Nobody outside the control room is told of any alarm.",
            "监控中心以外的人员收不到任何报警。",
        ),
        Text(
            "Until this is over telephone whoever must know, by the duty list; then the engineer.",
            "按值班表电话通知相关人员，直至恢复；并通知工程师。",
        ),
    ),
    Trouble.CHANNEL: Guidance(
        Text(
            "This way of telling people fails; the next one is used.",
            "该通知渠道失败，已改用下一渠道。",
        ),
        Text("Some people may be told late.", "部分人员可能延迟收到通知。"),
        Text(
            "See on the ticket that somebody has taken it, else telephone. Tell the engineer in "
            "the day.",
            "查看工单是否有人受理，无人受理则电话通知；工作时间内通知工程师。",
        ),
    ),
    Trouble.WEBHOOK: Guidance(
        Text("Another system does not take what it is sent.", "对接系统未接收推送。"),
        Text(
            "It does not know of new tickets; they are sent again when it is back.",
            "该系统收不到新工单，恢复后自动补发。",
        ),
        Text("Tell whoever runs that system, in the day.", "工作时间内通知该系统管理员。"),
    ),
    Trouble.HEARTBEAT: Guidance(
        Text(
            "The watcher outside does not hear this gateway: internet, or the watcher.",
            "外部看护收不到心跳：外网或看护端故障。",
        ),
        Text("If the gateway stops, nobody outside notices.", "网关停机时，外部无人察觉。"),
        Text(
            "See that this page is live. Still so after an hour: tell the engineer.",
            "确认本页面实时更新；超过1小时通知工程师。",
        ),
    ),
    Trouble.LINK_SILENT: Guidance(
        Text(
            "The broker is connected but passes nothing on, or all its devices are cut off.",
            "消息服务器已连接但不转发消息，或其下设备全部断开。",
        ),
        Text(
            "Doors, barriers and zones on it are not watched.",
            "其下的门禁、道闸和防区均不受监控。",
        ),
        Text(
            "Patrol them until this is over. Call the engineer now: broker, network, power.",
            "加强巡查直至恢复；立即通知工程师检查消息服务器、网络和电源。",
        ),
    ),
}
