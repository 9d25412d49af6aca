"""The API describes itself, whole."""

from typing import Any

import pytest

from tests.gateway.api.conftest import Wired


@pytest.fixture
def described(wired: Wired) -> dict[str, Any]:
    return wired.app.openapi()


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


async def test_every_operation_says_what_it_does_to_whom_it_belongs_and_how_it_fails(
    described: dict[str, Any],
) -> None:
    tags = {tag["name"] for tag in described["tags"]}
    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        if name != "GET /healthz":
            failures = {code for code in operation["responses"] if code >= "400"}
            assert "422" in failures, name
            assert failures > {"422"}, name
            assert "HTTPValidationError" not in str(operation["responses"]), name


async def test_every_operation_has_an_example_of_what_goes_in_and_what_comes_out(
    described: dict[str, Any],
) -> None:
    for name, operation in operations(described):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media_type, content in (
            pair for each in contents for pair in each.get("content", {}).items()
        ):
            if media_type != "image/jpeg":
                assert _has_example(described, content), (name, media_type)


async def test_every_schema_has_an_example_that_is_valid_against_its_own_required_fields(
    described: dict[str, Any],
) -> None:
    schemas = described["components"]["schemas"]
    assert len(schemas) > 30
    for name, schema in schemas.items():
        if "enum" in schema or "const" in schema:  # lists its values
            continue
        (example,) = schema["examples"]
        assert set(schema.get("required", ())) <= set(example) <= set(schema["properties"]), name


async def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(described)]
    assert len(names) == len(set(names))


async def test_the_reference_page_shows_every_operation_and_loads_nothing(
    wired: Wired, described: dict[str, Any]
) -> None:
    async with wired.client() as client:
        page = (await client.get("/docs")).text
        assert (await client.get("/openapi.json")).json()["info"]["title"] == "Gatehouse"
    for name, _ in operations(described):
        assert f"<code>{name}</code>" in page
    assert "src=" not in page
    assert "://" not in page
    assert "<script" not in page


def _has_example(described: dict[str, Any], content: dict[str, Any]) -> bool:
    if "example" in content:
        return True
    schema = content["schema"]
    schema = schema.get("items", schema)
    resolved = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return bool(resolved["examples"])
