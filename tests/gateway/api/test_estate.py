"""Devices, points, readings, snapshots."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.errors import Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.protocol import Bucket
from gateway.model.clock import SECOND, to_datetime
from gateway.model.reading import Quality
from gateway.model.still import Still
from gateway.security.roles import Role
from gateway.video.stills import Stills
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import NOON, reading

BOUNDS = {"start": "2023-11-14T22:13:20Z", "end": "2023-11-14T22:13:23Z"}
READINGS = "/api/v1/points/tank/level/readings"


async def test_devices_are_listed_in_the_order_of_the_site_file_with_their_worst_quality(
    wired: Wired,
) -> None:
    await wired.hear(
        reading("tank/level", 1.5), reading("door/contact", None, quality=Quality.OFFLINE)
    )
    async with await wired.program(Role.OPERATOR) as client:
        devices = (await client.get("/api/v1/devices")).json()
        assert [(device["id"], device["quality"]) for device in devices] == [
            ("tank", "good"),
            ("door", "offline"),
            ("zone", None),
            ("camera", None),
        ]
        assert devices[0]["place"] == {"en": "Place of tank", "zh": "tank处"}


async def test_a_device_shows_its_points_and_what_they_said_last(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 2.0), reading("tank/level", 1.5, after=SECOND))
    async with await wired.program(Role.OPERATOR) as client:
        device = (await client.get("/api/v1/devices/tank")).json()
        assert device["points"] == [
            {
                "id": "tank/level",
                "kind": "number",
                "name": {"en": "Level", "zh": "液位"},
                "unit": "m",
                "states": [],
                "low": None,
                "high": None,
                "latest": {
                    "point": "tank/level",
                    "value": 1.5,
                    "quality": "good",
                    "taken_at": "2023-11-14T22:13:21Z",
                    "received_at": "2023-11-14T22:13:21Z",
                    "seq": 2,
                },
            }
        ]
        point = (await client.get("/api/v1/points/tank/level")).json()
        assert [point] == device["points"]
        points = (await client.get("/api/v1/points")).json()
        assert [known["id"] for known in points] == [
            "tank/level",
            "door/contact",
            "zone/mode",
            "camera/crossing",
        ]


async def test_what_the_site_file_does_not_know_is_404(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        for path in (
            "/api/v1/devices/nothing",
            "/api/v1/points/tank/nothing",
            "/api/v1/points/nothing/level",
            "/api/v1/points/tank/nothing/readings?start=2023-11-14T22:13:20Z&end=2023-11-14T22:13:23Z",
        ):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert answer.json()["problem"] == "is not in the site file"


async def test_an_event_is_shown_with_its_values(wired: Wired) -> None:
    await wired.hear(reading("camera/crossing", {"direction": "in", "box": [1, 2, 3, 4]}))
    async with await wired.program(Role.OPERATOR) as client:
        point = (await client.get("/api/v1/points/camera/crossing")).json()
        assert point["latest"]["value"] == {"direction": "in", "box": [1, 2, 3, 4]}


async def test_history_comes_in_buckets_with_times_of_any_offset_and_utc_out(wired: Wired) -> None:
    await wired.hear(
        reading("tank/level", 2.0),
        reading("tank/level", 1.0, after=SECOND // 2),
        reading("tank/level", None, after=2 * SECOND, quality=Quality.OFFLINE),
    )
    async with await wired.program(Role.OPERATOR) as client:
        bounds = {"start": "2023-11-15T06:13:20+08:00", "end": "2023-11-14T22:13:23Z"}
        series = (await client.get(READINGS, params={**bounds, "buckets": "3"})).json()
        assert (series["start"], series["unit"]) == ("2023-11-14T22:13:20Z", "m")
        assert series["buckets"][0] == {
            "start": "2023-11-14T22:13:20Z",
            "count": 2,
            "good": 1.0,
            "last": 1.0,
            "minimum": 1.0,
            "maximum": 2.0,
            "mean": 1.5,
        }
        assert [bucket["count"] for bucket in series["buckets"]] == [2, 0, 1]


async def test_several_points_come_in_the_order_asked_for(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 2.0), reading("door/contact", "open"))
    asked = {**BOUNDS, "buckets": "1", "point": ["door/contact", "tank/level"]}
    async with await wired.program(Role.OPERATOR) as client:
        series = (await client.get("/api/v1/readings", params=asked)).json()
        assert [(one["point"], one["buckets"][0]["last"]) for one in series] == [
            ("door/contact", "open"),
            ("tank/level", 2.0),
        ]
        missing = await client.get("/api/v1/readings", params={**asked, "point": "tank/nothing"})
        assert missing.status_code == 404
        many = await client.get("/api/v1/readings", params={**asked, "buckets": "5001"})
        assert many.status_code == 422
        assert "2 points times 5001 are more than 10000" in many.json()["detail"]


async def test_a_curve_comes_as_the_readings_that_draw_it(wired: Wired) -> None:
    await wired.hear(
        *(reading("tank/level", float(n), after=n * 1_000) for n in range(100)),
        reading("tank/level", None, after=SECOND, quality=Quality.OFFLINE),
    )
    async with await wired.program(Role.OPERATOR) as client:
        address = "/api/v1/points/tank/level/picture"
        picture = (await client.get(address, params={**BOUNDS, "most": "10"})).json()
        assert picture["unit"] == "m"
        assert 5 <= len(picture["readings"]) <= 20
        assert picture["readings"][-1] == {
            "taken_at": "2023-11-14T22:13:21Z",
            "value": None,
            "quality": "offline",
        }
        assert (await client.get(address, params={**BOUNDS, "most": "2"})).status_code == 422


async def test_states_come_as_spans_and_how_long_each_lasted(wired: Wired) -> None:
    await wired.hear(
        reading("door/contact", "closed"), reading("door/contact", "open", after=SECOND)
    )
    async with await wired.program(Role.OPERATOR) as client:
        asked = {"start": "2023-11-14T22:13:20Z", "end": "2023-11-14T22:13:24Z"}
        spans = (await client.get("/api/v1/points/door/contact/spans", params=asked)).json()
        assert [(span["start"][-3:], span["state"]) for span in spans["spans"]] == [
            ("20Z", "closed"),
            ("21Z", "open"),
        ]
        assert spans["lasted"] == [
            {"state": "closed", "seconds": 1.0},
            {"state": "open", "seconds": 3.0},
        ]


SENSELESS = [
    {"buckets": "0"},
    {"buckets": "-1"},
    {"buckets": "10001"},
    {"buckets": "many"},
    {"start": "1700000000"},
    {"start": "2023-11-14"},
    {"start": "2023-11-14T22:13:20"},
    {"start": "2023-13-14T22:13:20Z"},
    {"start": "2023-11-14T22:13:20Z\n"},
    {"start": "yesterday"},
    {"start": ""},
    {"start": "1969-12-31T23:59:59Z"},
    {"end": "9999-12-31T23:59:59Z"},
    {"end": "2023-11-14T22:13:20Z"},
    {"end": "2023-11-14T22:13:19Z"},
]


async def test_bounds_that_make_no_sense_are_422_and_say_which(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        for changed in SENSELESS:
            answer = await client.get(READINGS, params={**BOUNDS, **changed})
            assert answer.status_code == 422, changed
            assert next(iter(changed)) in answer.json()["detail"]


async def test_a_store_that_does_not_answer_is_503(wired: Wired) -> None:
    class Gone(DuckDbHistory):
        async def range(self, *_: object) -> Mapping[str, tuple[Bucket, ...]]:
            raise Unreachable("influxdb", "does not answer", "wait")

    wired.app.state.services = replace(wired.services, history=Gone(Path("none")))
    async with await wired.program(Role.OPERATOR) as client:
        answer = await client.get(READINGS, params=BOUNDS)
        assert answer.status_code == 503
        assert answer.json()["subject"] == "influxdb"


async def test_a_snapshot_is_shown_and_kept_by_this_browser_only(wired: Wired) -> None:
    (wired.services.snapshots / "camera-1.jpg").write_bytes(b"\xff\xd8 a picture")
    async with await wired.browser(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/snapshots/camera-1.jpg")
        assert answer.content == b"\xff\xd8 a picture"
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"].startswith("private")
        assert (await client.get("/api/v1/snapshots/camera-2.jpg")).status_code == 404


class Eye:
    """A driver of one camera, which can be blind."""

    name = "cameras"

    async def still(self, camera: str) -> Still:
        if camera == "blind":
            raise Unreachable(camera, "gives no picture")
        return Still(NOON, b"\xff\xd8 now")


async def test_what_a_camera_sees_now_is_shown_and_kept_by_nobody(wired: Wired) -> None:
    stills = Stills({"north": Eye(), "blind": Eye()})
    wired.app.state.services = replace(wired.services, stills=stills)
    async with await wired.browser(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/devices/north/still")
        assert (answer.content, answer.headers["content-type"]) == (b"\xff\xd8 now", "image/jpeg")
        assert answer.headers["cache-control"] == "no-store"
        assert datetime.fromisoformat(answer.headers["taken-at"]) == to_datetime(NOON)
        assert (await client.get("/api/v1/devices/blind/still")).status_code == 503
        assert (await client.get("/api/v1/devices/roof-tank/still")).status_code == 404


HOSTILE = [
    "..%2fledger.db",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2fsecret.jpg",
    "..%5csecret.jpg",
    "%2fetc%2fpasswd",
    "....%2f%2fsecret.jpg",
    "secret.jpg%00.jpg",
    ".hidden.jpg",
    "..jpg",
    "-rf.jpg",
    "ledger.db",
    "a.jpg%0a",
    "a" * 300 + ".jpg",
    "link.jpg",
    "folder.jpg",
]


async def test_no_name_leads_out_of_the_snapshots(wired: Wired) -> None:
    folder = wired.services.snapshots
    (folder.parent / "secret.jpg").write_bytes(b"\xff\xd8")
    (folder / ".hidden.jpg").write_bytes(b"\xff\xd8")
    (folder / "link.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "folder.jpg").mkdir()
    async with await wired.browser(Role.ADMIN) as client:
        for name in HOSTILE:
            answer = await client.get(f"/api/v1/snapshots/{name}")
            assert answer.status_code in (404, 422), name
            assert b"\xff\xd8" not in answer.content
