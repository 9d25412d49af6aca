"""Connection entries: every problem with its place."""

from collections.abc import Callable
from pathlib import Path

Told = Callable[..., list[str]]


def test_what_is_wrong_with_connections_is_told_where_it_stands(told: Told) -> None:
    text = """\
    site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
    connections:
      a: {type: modbus-tcp, host: h, port: 1502}
      ¦b: {type: mqtt, host: H, port: 1502, client_id: c}
      c: {type: ¦modbus, host: h}
      d: ¦{host: h}
      e: {type: modbus-tcp, host: ¦"tcp://h", port: ¦65536, ¦timout: 1s}
      f: {type: mqtt, host: h, port: ¦true, client_id: ¦"a b"}
      ¦G: {type: rtsp}
      h: ¦rtsp
      i: {type: rtsp, timeout: ¦6s}
    """
    assert told(text, whole=True) == [
        "'b' goes where 'a' goes: H:1502; expected one connection; put the devices of both on 'a'",
        "'type' is 'modbus'; expected one of: gateway, modbus-serial, modbus-tcp, modbus-udp, mqtt,"
        " rtsp",
        "key 'type' is missing; expected one of: modbus-tcp, modbus-udp, modbus-serial, mqtt, rtsp,"
        " gateway",
        "'host' is 'tcp://h'; expected a host name or address alone; the port is a key",
        "'port' is 65536; expected 1 to 65535",
        "unknown key 'timout'; did you mean 'timeout'?",
        "'port' is true; expected a number",
        "'client_id' is 'a b'; expected a word without spaces",
        "'G' cannot be a key here; expected small letters, digits and hyphens, such as door-01",
        "'h' is 'rtsp'; expected a mapping (key: value)",
        "'timeout' is '6s'; expected at most 5s",
    ]


def test_a_port_behind_a_host_is_told_and_an_ipv6_address_is_none(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          a: {type: modbus-tcp, host: ¦"192.168.1.20:502"}
          b: {type: modbus-udp, host: ¦"h:502"}
          c: {type: modbus-tcp, host: "fe80::1:502"}
          d: {type: modbus-tcp, host: "::1"}
        """
    assert told(text, whole=True) == [
        "'host' is '192.168.1.20:502'; expected a host name or address alone; the port is a key",
        "'host' is 'h:502'; expected a host name or address alone; the port is a key",
    ]


def test_a_certificate_without_its_key_is_told(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          broker: {type: mqtt, host: h, client_id: c, ¦tls: {certificate: own.pem}}
        """
    assert told(text, whole=True) == [
        "certificate and key belong together; expected both or neither"
    ]


def test_an_empty_tls_does_not_turn_encryption_off_unseen(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          plant: {type: modbus-tcp, host: h, tls:¦ }
          broker: {type: mqtt, host: h, client_id: c, tls:¦ }
        """
    problem = "'tls' is empty; expected {} for what the system trusts, or no tls at all"
    assert told(text, whole=True) == [problem] * 2


def test_a_password_is_given_once_and_for_a_user(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          a: {type: mqtt, host: a, client_id: c, username: u, password: p, ¦password_file: f}
          ¦b: {type: mqtt, host: b, client_id: c, password: p}
        """
    assert told(text, whole=True) == [
        "both password and password_file are given; expected one of them",
        "a password without a user; expected username beside it",
    ]


def test_no_answer_holds_a_line_up_for_minutes(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          a: {type: modbus-tcp, host: h, timeout: ¦31s}
        """
    assert told(text, whole=True) == ["'timeout' is '31s'; expected at most 30s"]


def test_two_connections_to_one_line_have_equal_settings(told: Told, tmp_path: Path) -> None:
    port, other_name = tmp_path / "ttyS0", tmp_path / "by-id"
    other_name.symlink_to(port)
    text = f"""\
        site: {{id: court, name: Court, time_zone: Asia/Shanghai, data: data}}
        connections:
          a: {{type: modbus-serial, port: {port}, baud: 9600, parity: none}}
          b: {{type: modbus-serial, port: {other_name}, baud: 9600, parity: none}}
          c: {{type: modbus-serial, port: {other_name}, ¦baud: 19200, ¦parity: even}}
          d: {{type: modbus-tcp, host: h}}
          e: {{type: modbus-tcp, host: H, port: 502}}
          f: {{type: modbus-tcp, host: h, ¦framing: rtu, ¦timeout: 2s}}
          g: {{type: modbus-udp, host: h}}
        """
    serial = f"'c' and 'a' are one line, {other_name}, but differ in"
    server = "'f' and 'd' are one line, h:502, but differ in"
    assert told(text, whole=True) == [
        f"{serial} 'baud'; expected the same 'baud' in both",
        f"{serial} 'parity'; expected the same 'parity' in both",
        f"{server} 'framing'; expected the same 'framing' in both",
        f"{server} 'timeout'; expected the same 'timeout' in both",
    ]


def test_what_a_modbus_line_cannot_be_is_told_where_it_stands(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          a: {type: modbus-serial, port: ¦COM3, baud: ¦110, stop_bits: ¦3, framing: ¦tcp}
          b: {type: modbus-serial, port: /dev/ttyUSB0, data_bits: ¦7}
          c: {type: modbus-tcp, host: h, ¦tls: {certificate: own.pem}}
          d: {type: modbus-udp, host: h, ¦tls: {}, pause_after_connect: ¦11s}
        """
    assert told(text, whole=True) == [
        "'port' is 'COM3'; expected a device file such as /dev/ttyUSB0",
        "'baud' is 110; expected 300 to 4000000",
        "'stop_bits' is 3; expected 1 to 2",
        "'framing' is 'tcp'; expected one of: ascii, rtu",
        "framing rtu with 7 data bits; expected 8 data bits",
        "certificate and key belong together; expected both or neither",
        "unknown key 'tls'; expected one of: close_after_cycle, framing, host, pause_after_connect,"
        " pause_between_requests, port, timeout, type",
        "'pause_after_connect' is '11s'; expected at most 10s",
    ]
