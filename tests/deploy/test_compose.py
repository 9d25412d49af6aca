"""compose.yaml and what it mounts. Without a container engine: the file is checked, not run."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli import main
from gateway.site.load import load_site
from tests.deploy.secrets import DEPLOY, make_secrets
from tests.servers import require

COMPOSE = DEPLOY / "compose.yaml"
PASSWORDS = re.compile(r"\$\{([A-Z_]+)")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def configured(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of the file; it needs no engine for that."""
    program = require("docker-compose", "docker-compose")
    return subprocess.run(
        [program, "--file", str(COMPOSE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_docker_compose_finds_it_sound_with_what_make_secrets_makes(tmp_path: Path) -> None:
    done = configured(make_secrets(tmp_path).environment)
    assert done.returncode == 0, done.stderr
    resolved = yaml.safe_load(done.stdout)
    assert set(resolved["services"]) == {"mosquitto", "influxdb", "grafana", "gatehouse"}


def test_without_secrets_it_says_what_to_run(tmp_path: Path) -> None:
    secrets = make_secrets(tmp_path).environment
    asked = set(PASSWORDS.findall(COMPOSE.read_text()))
    assert asked == set(secrets) - {"COMPOSE_PROJECT_NAME"}
    assert all(
        f"${{{name}:?run deploy/make-secrets first}}" in COMPOSE.read_text() for name in asked
    )
    done = configured({})
    assert done.returncode != 0
    assert "run deploy/make-secrets first" in done.stderr


def test_every_container_is_confined_and_looked_after(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == "unless-stopped", name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["pids_limit"] <= 512, name
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "HEALTHCHECK" in dockerfile
    assert {name for name, service in services.items() if "healthcheck" not in service} == {
        "gatehouse"  # its image brings one
    }


def test_only_the_broker_is_reached_from_other_machines(services: dict[str, Any]) -> None:
    published = {name: service.get("ports", []) for name, service in services.items()}
    assert published == {
        "mosquitto": ["8883:8883"],
        "influxdb": [],
        "grafana": ["127.0.0.1:3000:3000"],
        "gatehouse": ["127.0.0.1:8080:8080"],
    }


def test_whatever_is_mounted_from_here_is_there(services: dict[str, Any], tmp_path: Path) -> None:
    make_secrets(tmp_path)
    mounted = [volume for service in services.values() for volume in service["volumes"]]
    sources = [source for source, *_ in (volume.split(":") for volume in mounted)]
    for source in sources:
        if source.startswith("./private/"):
            assert (tmp_path / source).exists(), source
        elif source.startswith("."):
            assert (DEPLOY / source).exists(), source
    assert all(volume.endswith(":ro") for volume in mounted if volume.startswith("."))


def test_the_site_file_passes_check_where_its_authority_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_secrets(tmp_path)
    (tmp_path / "tls").mkdir()
    shutil.copy(tmp_path / "private/ca.pem", tmp_path / "tls")
    site = Path(shutil.copy(DEPLOY / "site.yaml", tmp_path))
    for name in PASSWORDS.findall(site.read_text()):
        monkeypatch.setenv(name, "x")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(site)])
    assert ended.value.code == 0, capsys.readouterr().err


def test_site_file_broker_and_containers_agree(services: dict[str, Any]) -> None:
    asked = set(PASSWORDS.findall((DEPLOY / "site.yaml").read_text()))
    gatehouse = services["gatehouse"]
    assert asked == set(gatehouse["environment"])
    site = load_site(DEPLOY / "site.yaml", dict.fromkeys(asked, "x"))
    (broker,) = site.connections
    assert broker.host in services  # type: ignore[union-attr]
    assert broker.username == "gateway"  # type: ignore[union-attr]
    assert site.influx is not None
    influxdb = services["influxdb"]["environment"]
    assert (site.influx.database, site.influx.username) == (
        influxdb["INFLUXDB_DB"],
        influxdb["INFLUXDB_USER"],
    )
    inside = [volume.split(":")[1] for volume in gatehouse["volumes"]]
    assert site.backup is not None
    assert {str(site.data), str(site.backup.folder)} <= set(inside)
    for device in site.devices:
        assert device.address.topic == f"estate/{device.id}"  # type: ignore[union-attr]


def test_grafana_reads_by_a_user_that_may_only_read(services: dict[str, Any]) -> None:
    mounted = dict(volume.split(":")[1::-1] for volume in services["grafana"]["volumes"])
    provisioned = "/etc/grafana/provisioning"
    source = _entry(DEPLOY / mounted[f"{provisioned}/datasources/gatehouse.yaml"], "datasources")
    provider = _entry(DEPLOY / mounted[f"{provisioned}/dashboards/gatehouse.yaml"], "providers")
    set_ = services["grafana"]["environment"]
    influxdb = services["influxdb"]["environment"]
    asked = {name: set_[name] for name in re.findall(r"\$(\w+)", json.dumps(source))}
    assert asked == {
        "INFLUXDB_URL": "http://influxdb:8086",
        "INFLUXDB_DATABASE": influxdb["INFLUXDB_DB"],
        "INFLUXDB_USER": influxdb["INFLUXDB_READ_USER"],
        "INFLUXDB_PASSWORD": influxdb["INFLUXDB_READ_USER_PASSWORD"],
    }
    boards = list((DEPLOY / mounted[provider["options"]["path"]]).glob("*.json"))
    assert boards
    for board in boards:
        assert f'"uid": "{source["uid"]}"' in board.read_text()


def _entry(file: Path, section: str) -> dict[str, Any]:
    (entry,) = yaml.safe_load(file.read_text())[section]
    return dict(entry)


def test_the_image_is_pinned_by_hashes_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in text
    root = DEPLOY.parent
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (root / source).exists(), source
            ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
            assert f"!{source}" in ignored, source
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["gatehouse"]
    assert text.rindex("USER gatehouse") > text.rindex("RUN ")
