"""The report's page: one HTML file that needs nothing else, with the drawings and the table of scenarios in it."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from simulations.compare import compare_runs, headline_of
from simulations.errors import WriteError
from simulations.report.drawings import draw_costs, draw_curves, draw_heat, draw_waiting, draw_waterfall
from simulations.report.figure import Figure
from simulations.report.site_map import draw_map
from simulations.scenario.scenario_run import ScenarioRun

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2024; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
table { border-collapse: collapse; font-size: .85rem; } .wide { overflow-x: auto; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #d8dce0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
"""

MOST_PLACED = 4  # outcomes that have a map and a heat map of their own; a sweep's report would have no end

_DRAW = """
for (const figure of JSON.parse(document.getElementById("figures").textContent)) {
  const base = { margin: { l: 70, r: 60, t: 20, b: 80 }, paper_bgcolor: "white", plot_bgcolor: "white" };
  const config = { responsive: true, displaylogo: false };
  Plotly.newPlot(figure.id, figure.data, Object.assign(base, figure.layout), config);
}
"""


def write_report(runs: Sequence[ScenarioRun], path: Path) -> None:
    """Write the report of one or more runs; each further one is compared with the first.

    Raises:
        CompareError: a run cannot be compared with the first.
        WriteError: the file cannot be written.
    """
    text = render_report(runs)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from error


def render_report(runs: Sequence[ScenarioRun]) -> str:
    """The report of one or more runs as the text of an HTML file.

    Raises:
        CompareError: a run cannot be compared with the first.
    """
    first = runs[0]
    falls = [draw_waterfall(compare_runs(first, other), number) for number, other in enumerate(runs[1:], 1)]
    figures = [
        *(draw_map(run, number) for number, run in enumerate(runs[:MOST_PLACED])),
        *(draw_heat(run, number) for number, run in enumerate(runs[:MOST_PLACED])),
        draw_costs(first),
        *falls,
        draw_curves(first),
        draw_waiting(runs),
    ]
    plotly = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    specs = [{"id": each.id, "data": each.data, "layout": each.layout} for each in figures]
    sections = "\n".join(map(_section, figures))
    title = html.escape(", ".join(run.name for run in runs))
    # "</" inside JSON or a script would end the element that holds it.
    data = json.dumps(specs, ensure_ascii=False, allow_nan=False).replace("</", "<\\/")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What if: {title}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>What if: {title}</h1>
{_words(runs)}
<h2>Scenarios and policies</h2>
{_table(runs)}
{sections}
</main>
<script>{plotly}</script>
<script type="application/json" id="figures">{data}</script>
<script>{_DRAW}</script>
</body>
</html>
"""


def _words(runs: Sequence[ScenarioRun]) -> str:
    return "\n".join(
        f"<p><strong>{html.escape(run.name)}</strong>: {html.escape(run.scenario.title)}. "
        f"{html.escape(' '.join(run.scenario.about.split()))}</p>"
        for run in runs
    )


def _table(runs: Sequence[ScenarioRun]) -> str:
    """One row for each scenario and policy."""
    rows = [(run, list(headline_of(run).rows())) for run in runs]
    head = "".join(f'<th scope="col">{html.escape(label)}</th>' for label, _ in rows[0][1])
    body = "\n".join(
        f"<tr><td>{html.escape(run.name)}</td><td>{html.escape(run.outcome.policy)}</td>"
        + "".join(f"<td>{html.escape(words)}</td>" for _, words in cells)
        + "</tr>"
        for run, cells in rows
    )
    first = '<th scope="col">scenario</th><th scope="col">policy</th>'
    return (
        f'<div class="wide" tabindex="0"><table id="policies"><thead><tr>{first}{head}</tr></thead>'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _section(figure: Figure) -> str:
    title, words = html.escape(figure.title), html.escape(figure.words)
    return (
        f'<section><h2>{title}</h2><p>{words}</p><div id="{figure.id}" role="img" aria-label="{title}. {words}" '
        f'style="height:{figure.height_px}px"></div></section>'
    )
