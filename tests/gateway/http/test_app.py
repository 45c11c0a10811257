"""The application: its routes, what it refuses, and what every answer says."""

import httpx
import pytest
from assay.v1 import validation_pb2
from google.protobuf import json_format

from gateway.contract import public_methods
from gateway.http.guards import SAFE_HEADERS
from tests.gateway.http.sides import Web, candidate

ROUTES = [(route.method, route.path) for method in public_methods().values() for route in method.routes]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_needs_a_key(web: Web, method: str, path: str) -> None:
    """Every route of the contract is there, and without a key it says so, and no more."""
    async with web.client() as stranger:
        answer = await stranger.request(method, path.replace("{id}", "x"))
    assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_other_method(client: httpx.AsyncClient, method: str, path: str) -> None:
    """A path takes the methods of the contract alone; HEAD is none of them."""
    taken = {each for each, other in ROUTES if other == path}
    for wrong in {"HEAD", "PUT", "PATCH"} - taken:
        answer = await client.request(wrong, path.replace("{id}", "x"))
        assert answer.status_code == 405
        assert {part.strip() for part in answer.headers["allow"].split(",")} <= taken


async def test_a_validation(client: httpx.AsyncClient) -> None:
    """A candidate is validated, stored, found again, and listed: the messages are those of the contract."""
    answer = await client.post("/v1/validations:validate", json={"candidate": candidate()})
    validation = json_format.ParseDict(answer.json(), validation_pb2.Validation())
    assert answer.status_code == 200
    assert validation.verdict == validation_pb2.VERDICT_INAUTHENTIC
    assert int(answer.headers["x-assay-used-calls"]) == 1
    again = await client.get(f"/v1/validations/{validation.id}")
    assert json_format.ParseDict(again.json(), validation_pb2.Validation()) == validation
    listed = await client.get("/v1/validations", params={"pageSize": 1, "verdict": "VERDICT_INAUTHENTIC"})
    assert [each["id"] for each in listed.json()["validations"]] == [validation.id]


async def test_what_is_created_has_a_place(client: httpx.AsyncClient) -> None:
    """What is created is told with 201 and where it is; it can be cancelled there with nothing in the body."""
    made = await client.post("/v1/validations", json={"candidate": candidate(), "request_id": "once"})
    assert made.status_code == 201
    there = await client.get(made.headers["location"])
    assert there.json()["id"] == made.json()["id"]
    assert there.json()["requestId"] == "once"
    cancelled = await client.post(f"{made.headers['location']}:cancel")
    assert cancelled.status_code == 200


async def test_a_refusal_of_a_service_names_the_field_as_json_does(client: httpx.AsyncClient) -> None:
    """A field that a service refuses is named as in the body, and what stands in it is not told."""
    body = {"candidate": candidate(path="../secret"), "policy": {"rejectBelow": 7}}
    answer = await client.post("/v1/validations:validate", json=body)
    assert answer.status_code == 400
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] in {"candidate.files[0].path", "policy.rejectBelow"}
    assert answer.json()["detail"].startswith(wrong["field"])


async def test_scope(web: Web) -> None:
    """A key that does not allow something is told which scope it lacks."""
    async with web.client("reader") as reader:
        answer = await reader.post("/v1/validations", json={"candidate": candidate()})
    assert (answer.status_code, answer.json()["metadata"]) == (403, {"scope": "validations:write"})


async def test_tenants_see_their_own(web: Web, client: httpx.AsyncClient) -> None:
    """What is another tenant's is not there, in the same words as what never was."""
    made = await client.post("/v1/validations:validate", json={"candidate": candidate()})
    async with web.client("other") as other:
        foreign = await other.get(f"/v1/validations/{made.json()['id']}")
        missing = await other.get("/v1/validations/val_none")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()


async def test_a_key_in_the_wrong_place(web: Web) -> None:
    """A key is taken from the authorization header alone, once, and as a bearer's."""
    key = web.keys["acme"]
    async with web.client() as stranger:
        in_query = await stranger.get("/v1/stages", params={"key": key})
        basic = await stranger.get("/v1/stages", headers={"authorization": f"Basic {key}"})
        elsewhere = await stranger.get("/v1/stages", headers={"x-api-key": key, "x-assay-tenant": "acme"})
        twice = await stranger.get("/v1/stages", headers=[("authorization", f"Bearer {key}")] * 2)
        unprintable = await stranger.get("/v1/stages", headers={b"authorization": b"Bearer \xff"})
    assert [answer.status_code for answer in (in_query, basic, elsewhere, twice, unprintable)] == [401] * 5
    assert key not in in_query.text


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/nothing", "/v1/validations/a/b", "/v1/validations/..%2f..%2fetc", "/assay.v1.StageService/Run",
     "/docs/swagger-ui.js", "/docs/../app.py", "/docs/%2e%2e/app.py"],
)  # fmt: skip
async def test_nothing_there(client: httpx.AsyncClient, path: str) -> None:
    """A path that is none of the table's leads nowhere, however it is written."""
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["reason"]) == (404, "UNKNOWN_METHOD")


@pytest.mark.parametrize("said", ["0", "-1", "nan", "soon", ""])
async def test_a_time_that_is_none(client: httpx.AsyncClient, said: str) -> None:
    """How long a client waits is a number of seconds above zero."""
    answer = await client.get("/v1/stages", headers={"x-timeout-seconds": said})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "x-timeout-seconds")


async def test_deadline(client: httpx.AsyncClient) -> None:
    """What takes longer than the client waits ends with 504."""
    answer = await client.post(
        "/v1/validations:validate",
        json={"candidate": candidate(b"x = 1\n" * 2000)},
        headers={"x-timeout-seconds": "0.000001"},
    )
    assert (answer.status_code, answer.json()["reason"]) == (504, "DEADLINE_EXCEEDED")


async def test_probes(web: Web) -> None:
    """Whether the gateway lives and the suite is ready is told without a key; metrics are told to a key for them."""
    async with web.client() as stranger:
        assert (await stranger.get("/healthz")).status_code == 200
        assert (await stranger.get("/readyz")).text == "ready\n"
        assert (await stranger.get("/metrics")).status_code == 401
    async with web.client("reader") as reader:
        assert (await reader.get("/metrics")).status_code == 403
    async with web.client("acme") as acme:
        metrics = await acme.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE" in metrics.text


async def test_every_answer_is_safe_to_show(client: httpx.AsyncClient) -> None:
    """Every answer says that it is kept nowhere, framed nowhere and runs nothing; a problem and a missing page too."""
    for path in ("/v1/stages", "/v1/nothing", "/healthz"):
        answer = await client.get(path)
        assert {name: answer.headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS
        assert "server" not in answer.headers


async def test_pages_of_other_origins(client: httpx.AsyncClient) -> None:
    """A page may call where the settings name its origin, its browser is told so, and others are refused."""
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    known = await client.options("/v1/validations", headers={"origin": "https://pages.example"} | asking)
    assert known.headers["access-control-allow-origin"] == "https://pages.example"
    assert "access-control-allow-credentials" not in known.headers
    called = await client.get("/v1/stages", headers={"origin": "https://pages.example"})
    assert called.status_code == 200
    for origin in ("https://evil.example", "null", "https://pages.example.evil.example"):
        refused = await client.get("/v1/stages", headers={"origin": origin})
        assert (refused.status_code, refused.json()["reason"]) == (403, "PERMISSION_DENIED")
        assert "access-control-allow-origin" not in refused.headers


async def test_own_pages(web: Web, client: httpx.AsyncClient) -> None:
    """The gateway's own pages are of the same origin."""
    answer = await client.get("/v1/stages", headers={"origin": f"http://{web.address}"})
    assert answer.status_code == 200
