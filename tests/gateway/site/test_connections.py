"""Connection entries: every problem with its place."""

from collections.abc import Callable

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
        "'type' is 'modbus'; did you mean 'modbus-tcp'?",
        "key 'type' is missing; expected one of: modbus-tcp, mqtt, rtsp, gateway",
        "'host' is 'tcp://h'; expected a host name or address alone",
        "'port' is 65536; expected 1 to 65535",
        "unknown key 'timout'; did you mean 'timeout'?",
        "'port' is True; expected a number",
        "'client_id' is 'a b'; expected a word without spaces",
        "'G' cannot be a key here; expected small letters, digits and hyphens, such as door-01",
        "'h' is 'rtsp'; expected a mapping (key: value)",
        "'timeout' is '6s'; expected at most 5s",
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
