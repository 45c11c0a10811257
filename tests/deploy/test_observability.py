"""What watches the suite: every metric that is asked for exists, every alert is tried and explained."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from host.catalog import BUILT_IN
from host.interceptors.metrics import MetricsInterceptor
from tests.deploy.composing import ROOT, composed
from tests.test_operations import documented

FOLDER = ROOT / "deploy" / "observability"
DASHBOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
ROWS = re.compile(r"^\| `(Assay\w+)` \|", re.MULTILINE)

OF_PROMETHEUS = {"up"}
SUFFIXES = ("_bucket", "_count", "_sum", "")
LABELS = {
    "service", "instance", "job", "le", "assay_server", "rpc_method", "rpc_response_status_code", "verdict", "stage",
    "status", "rule", "result", "improved", "kept", "tenant", "kind", "language", "outcome", "reason", "class",
}  # fmt: skip
WORDS = {
    "by", "on", "and", "or", "unless", "sum", "max", "min", "rate", "vector", "increase", "histogram_quantile", "topk",
    "changes", "max_over_time",
}  # fmt: skip


def load(name: str) -> Any:
    """Return a file of settings."""
    return yaml.safe_load((FOLDER / name).read_text())


def alerts() -> list[dict[str, Any]]:
    """Return the alerts."""
    return [rule for group in load("alerts.yaml")["groups"] for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """Yield every expression and what it is of."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def metrics_of(expression: str) -> set[str]:
    """Return the metrics that an expression names: what is neither a label, nor a word of the language, nor a value."""
    plain = re.sub(r'"[^"]*"', "", expression).replace("$__rate_interval", "")
    return set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", plain)) - LABELS - WORDS


def exists(metric: str, known: set[str]) -> bool:
    """Return whether there is a metric, or a histogram of which it is a part."""
    return any(metric.removesuffix(suffix) in known for suffix in SUFFIXES)


@pytest.mark.parametrize(("where", "expression"), [pytest.param(*query, id=query[0]) for query in queries()])
def test_metrics_exist(where: str, expression: str) -> None:
    """Every expression names a metric, and only such as the suite tells."""
    named = metrics_of(expression)
    assert named
    assert {metric for metric in named if not exists(metric, documented() | OF_PROMETHEUS)} == set()


def test_alerts_are_tried_and_explained() -> None:
    """Each alert says what is wrong and how grave it is, fires in a test, and has its row in the document."""
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
    fired = {
        tried["alertname"]
        for test in load("alerts.test.yaml")["tests"]
        for tried in test["alert_rule_test"]
        if tried["exp_alerts"]
    }
    assert fired == set(names)
    assert ROWS.findall((ROOT / "docs" / "observability.md").read_text()) == names


def test_everything_is_scraped() -> None:
    """Prometheus looks for each service of the catalog, at the port at which all of them tell."""
    (job,) = [job for job in load("prometheus.yaml")["scrape_configs"] if job["job_name"] == "assay"]
    (found,) = job["dns_sd_configs"]
    assert sorted(found["names"]) == sorted(entry.name for entry in BUILT_IN)
    services = composed("observability")["services"]
    for name in found["names"]:
        assert services[name]["environment"]["ASSAY_TELEMETRY__METRICS_LISTEN"] == f"0.0.0.0:{found['port']}"
        assert set(services[name]["networks"]) & set(services["prometheus"]["networks"])
        assert set(services[name]["networks"]) & set(services["collector"]["networks"])


def test_what_watches_reaches_no_store() -> None:
    """What watches is on no network of the database or of NATS, and mounts no identity."""
    services = composed("observability")["services"]
    for name in ("collector", "prometheus", "grafana"):
        assert services[name]["profiles"] == ["observability"]
        assert not set(services[name]["networks"]) & {"database", "bus", "front"}
        assert not [mount for mount in services[name]["volumes"] if "identity" in str(mount["source"])]


def test_the_collector() -> None:
    """The collector's pipeline names what is there, and takes what the suite sends where it sends it."""
    settings = load("collector.yaml")
    (pipeline,) = settings["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) == set(settings[kind])
    assert settings["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].endswith(":4317")


def test_labels_exist() -> None:
    """The server that alerts go by is told apart under that name."""
    assert MetricsInterceptor("public")._server == "public"
    for name, expression in queries():
        for label in re.findall(r"(\w+)\s*[=!]~?\s*\"", expression):
            assert label in LABELS, name


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (apt-get install prometheus)")
def test_promtool(folder: Path) -> None:
    """Prometheus itself takes the rules, the settings and every expression, and each alert fires where it should."""
    expressions = [{"record": f"tried:number_{number}", "expr": expression.replace("$__rate_interval", "1m")}
                   for number, (_, expression) in enumerate(queries())]  # fmt: skip
    (folder / "queries.yaml").write_text(json.dumps({"groups": [{"name": "queries", "rules": expressions}]}))
    settings = (FOLDER / "prometheus.yaml").read_text().replace("/etc/prometheus/", f"{FOLDER}/")
    (folder / "prometheus.yaml").write_text(settings)
    for arguments in (
        ("check", "rules", FOLDER / "alerts.yaml"),
        ("check", "rules", folder / "queries.yaml"),
        ("check", "config", folder / "prometheus.yaml"),
        ("test", "rules", FOLDER / "alerts.test.yaml"),
    ):
        done = subprocess.run(["promtool", *arguments], check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_dashboards() -> None:
    """Dashboards are whole: each has a name and a number of its own, and panels that do not lie on each other."""
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert len({board["uid"] for board in boards}) == len(boards) == 3
    for board in boards:
        cells: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & own
            assert at["x"] + at["w"] <= 24
            cells |= own
            assert panel["datasource"]["uid"] == "prometheus"
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
